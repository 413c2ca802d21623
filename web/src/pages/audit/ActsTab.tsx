// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { useResource } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { Select } from "@/parts/fields/Select";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import type { Act } from "./shapes";
import { auditWords } from "./words";

const MOST = 500;

/** The newest acts: what was done with authority besides runs. */
export function ActsTab(): ReactNode {
  const own = usePageWords(auditWords);
  const [kind, setKind] = useSearchValue<string>("kind", "all");
  const acts = useResource<{ acts: Act[] }>("/ledger/acts", { limit: MOST });
  const kinds = useMemo(() => [...new Set(acts.data?.acts.map((act) => act.kind))].sort(), [acts.data]);
  const rows = useMemo(() => acts.data?.acts.filter((act) => kind === "all" || act.kind === kind), [acts.data, kind]);
  const columns = useMemo<Column<Act>[]>(
    () => [
      { id: "number", header: own.number, value: (act) => act.seq, width: 70, align: "end", wide: true },
      {
        id: "act",
        header: own.act,
        value: (act) => act.kind,
        cell: (act) => <code>{act.kind}</code>,
        width: 150,
        fixed: true,
      },
      { id: "who", header: own.who, value: (act) => act.who, width: 100, grow: 1 },
      {
        id: "subject",
        header: own.subject,
        value: (act) => act.subject,
        cell: (act) => <code>{act.subject}</code>,
        width: 180,
        grow: 1,
        wide: true,
      },
      {
        id: "facts",
        header: own.facts,
        value: (act) => JSON.stringify(act.facts),
        cell: (act) => <code title={JSON.stringify(act.facts, null, 2)}>{JSON.stringify(act.facts)}</code>,
        width: 200,
        grow: 3,
        wide: true,
      },
      { id: "when", header: own.when, value: (act) => act.at, cell: (act) => <Time value={act.at} />, width: 125 },
    ],
    [own],
  );
  if (acts.isError) return <ProblemNote error={acts.error} what={own.failed} onRetry={() => void acts.refetch()} />;
  return (
    <DataTable
      id="audit-acts"
      label={own.acts}
      rows={rows}
      columns={columns}
      getRowId={(act) => String(act.seq)}
      filterKey="q"
      filters={
        <Select
          label={own.kind}
          hideLabel
          value={kind}
          onChange={setKind}
          options={[{ value: "all", text: own.allActs }, ...kinds.map((value) => ({ value, text: value }))]}
        />
      }
      empty={<Empty icon="audit" title={own.noActs} />}
    />
  );
}
