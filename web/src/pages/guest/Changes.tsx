// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useResource } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { FieldDiff } from "@/parts/diff/Diff";
import { Select } from "@/parts/fields/Select";
import { Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Time } from "@/parts/values/Time";
import { useFormats, usePageWords } from "@/words";
import { parseTime } from "@/words/format";
import styles from "./guest.module.css";
import type { GuestDetail } from "./model";
import { guestWords } from "./words";

interface Change {
  at: string;
  what: string;
  kind: string;
  key: string;
  name?: string | null;
  who?: string | null;
  not_before?: string | null;
  fields?: { path: string; before: unknown; after: unknown; who?: string | null }[];
}

const PERIODS = ["1d", "7d", "30d", "365d"] as const;
type Period = (typeof PERIODS)[number];

/** What changed of a guest, who did it, and how it was before and after. */
export function Changes({ guest }: { guest: GuestDetail }): ReactNode {
  const own = usePageWords(guestWords);
  const formats = useFormats();
  const [period, setPeriod] = useSearchValue<Period>("since", "30d");
  const known = PERIODS.includes(period) ? period : "30d";
  const found = useResource<{ changes: Change[]; warnings?: string[] }>("/history/changes", {
    what: guest.vmid,
    kind: "guest",
    since: known,
    limit: 200,
  });
  if (found.isError) return <ProblemNote error={found.error} onRetry={() => void found.refetch()} />;
  const says: Readonly<Record<string, string>> = own.changed;
  return (
    <Stack>
      <Row>
        <Select
          label={own.period}
          hideLabel
          value={known}
          onChange={setPeriod}
          options={PERIODS.map((value) => ({ value, text: own.periods[value] }))}
        />
      </Row>
      {found.data?.warnings?.map((warning) => (
        <Note key={warning} tone="idle" icon="info">
          {warning}
        </Note>
      ))}
      {!found.data ? (
        <SkeletonLines lines={6} />
      ) : found.data.changes.length === 0 ? (
        <Empty icon="history" title={own.noChanges}>
          {own.noChangesNext}
        </Empty>
      ) : (
        <ol className={styles.changes}>
          {found.data.changes.map((change, index) => {
            const from = parseTime(change.not_before);
            return (
              <li key={`${change.at} ${String(index)}`}>
                <p className={styles.changeHead}>
                  <strong>
                    <Time value={change.at} style="short" />
                  </strong>
                  <span>{says[change.what] ?? change.what}</span>
                  <span className={styles.who}>{change.who}</span>
                  {from !== undefined && (
                    <span className={styles.faint}>{own.notSure(formats.time(from, "clock"))}</span>
                  )}
                </p>
                {change.fields && change.fields.length > 0 && (
                  <FieldDiff
                    changes={change.fields.map(({ path, before, after }) => ({ name: path, before, after }))}
                  />
                )}
              </li>
            );
          })}
        </ol>
      )}
    </Stack>
  );
}
