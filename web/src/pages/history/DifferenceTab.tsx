// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { usePageWords } from "@/words";
import type { MomentsProps } from "./AsOfTab";
import { ChangeList } from "./ChangeList";
import styles from "./history.module.css";
import { MOST_CHANGES, useChanges } from "./queries";
import { TimeSlider } from "./TimeSlider";
import { useMoment } from "./useMoment";
import { historyWords } from "./words";

/** What differs between two moments. */
export function DifferenceTab({ from, until, times }: MomentsProps): ReactNode {
  const own = usePageWords(historyWords);
  const [first, askedFirst, moveFirst] = useMoment("one", from);
  const [second, askedSecond, moveSecond] = useMoment("other", until);
  const [since, end] = askedFirst <= askedSecond ? [askedFirst, askedSecond] : [askedSecond, askedFirst];
  const isOne = since === end;
  const changes = useChanges({ net: true, since, until: end, limit: MOST_CHANGES }, !isOne);
  return (
    <Stack>
      <p className={styles.faint}>{own.differenceLead}</p>
      <div className={styles.sliders}>
        <TimeSlider label={own.first} from={from} until={until} value={first} onChange={moveFirst} times={times} />
        <TimeSlider label={own.second} from={from} until={until} value={second} onChange={moveSecond} times={times} />
      </div>
      {changes.isError && (
        <ProblemNote error={changes.error} what={own.failed} onRetry={() => void changes.refetch()} />
      )}
      {changes.data?.warnings.map((warning) => (
        <Note key={warning} tone="info" icon="clock">
          {warning}
        </Note>
      ))}
      {!isOne && changes.isPending && <SkeletonLines lines={8} />}
      {isOne || changes.data?.changes.length === 0 ? (
        <Empty icon="check" title={own.noDifference} />
      ) : (
        changes.data &&
        !changes.isError && (
          <>
            <p className={styles.faint} role="status">
              {own.number(changes.data.changes.length)}
            </p>
            <ChangeList changes={changes.data.changes} />
          </>
        )
      )}
    </Stack>
  );
}
