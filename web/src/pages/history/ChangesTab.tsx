// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { useSearchValue } from "@/app/useSearchValue";
import { Button } from "@/parts/button/Button";
import { Select } from "@/parts/fields/Select";
import { TextInput } from "@/parts/fields/TextInput";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { useFilterValue } from "@/parts/table/useFilterValue";
import { usePageWords } from "@/words";
import { ChangeList } from "./ChangeList";
import styles from "./history.module.css";
import { readLocalTime, type Span } from "./model";
import { MOST_CHANGES, useChanges } from "./queries";
import { historyWords } from "./words";

const PERIODS = ["1h", "1d", "7d", "30d", "all", "custom"] as const;
type Period = (typeof PERIODS)[number];
const FIRST = 100;

/** All changes of a period, with filters that are in the address. */
export function ChangesTab({ span }: { span: Span }): ReactNode {
  const own = usePageWords(historyWords);
  const [period, setPeriod] = useSearchValue<Period>("period", "7d");
  const [from, setFrom] = useSearchValue<string>("from", "");
  const [until, setUntil] = useSearchValue<string>("until", "");
  const [kind, setKind] = useSearchValue<string>("kind", "all");
  const [what, setWhat] = useFilterValue("what");
  const [user, setUser] = useFilterValue("user");
  const [keptWhat] = useSearchValue<string>("what", "");
  const [keptUser] = useSearchValue<string>("user", "");
  const [limit, setLimit] = useState(FIRST);
  const begin = span.begins_at ?? undefined;
  const changes = useChanges({
    since: period === "all" ? begin : period === "custom" ? (readLocalTime(from) ?? begin) : period,
    until: period === "custom" ? readLocalTime(until) : undefined,
    kind: kind === "all" ? undefined : kind,
    what: keptWhat.trim(),
    user: keptUser.trim(),
    limit,
  });
  const rows = changes.isError ? undefined : changes.data?.changes;
  const hasMore = rows !== undefined && rows.length >= limit;
  return (
    <Stack>
      <div className={styles.filters}>
        <Select
          label={own.period}
          value={period}
          onChange={setPeriod}
          options={PERIODS.map((value) => ({ value, text: own.periods[value] }))}
        />
        {period === "custom" && (
          <>
            <TextInput label={own.from} type="datetime-local" value={from} onChange={setFrom} />
            <TextInput label={own.until} type="datetime-local" value={until} onChange={setUntil} />
          </>
        )}
        <Select
          label={own.kind}
          value={kind}
          onChange={setKind}
          options={[
            { value: "all", text: own.allKinds },
            ...Object.entries(own.kinds).map(([value, text]) => ({ value, text })),
          ]}
        />
        <TextInput label={own.what} icon="search" placeholder={own.whatHint} value={what} onChange={setWhat} />
        <TextInput label={own.user} icon="user" placeholder={own.userHint} value={user} onChange={setUser} />
      </div>
      {changes.data?.warnings.map((warning) => (
        <Note key={warning} tone="info" icon="clock">
          {warning}
        </Note>
      ))}
      {changes.isError && (
        <ProblemNote error={changes.error} what={own.failed} onRetry={() => void changes.refetch()} />
      )}
      {changes.isPending && <SkeletonLines lines={10} />}
      {rows && (
        <p className={styles.faint} role="status">
          {hasMore ? own.atLeast(rows.length) : own.number(rows.length)}
        </p>
      )}
      {rows?.length === 0 && (
        <Empty icon="history" title={own.noChanges}>
          {own.noChangesNext}
        </Empty>
      )}
      {rows && <ChangeList changes={rows} />}
      {hasMore && limit < MOST_CHANGES && (
        <div>
          <Button icon="history" busy={changes.isFetching} onClick={() => setLimit(MOST_CHANGES)}>
            {own.more}
          </Button>
        </div>
      )}
    </Stack>
  );
}
