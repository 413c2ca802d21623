// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useRuns, useTools } from "@/api/queries";
import type { Run } from "@/api/shapes";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { RunStatus } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import type { GuestDetail } from "./model";
import { guestWords } from "./words";

const MOST_RUNS = 100;

/** The runs that did something with a guest, the newest first. */
export function Runs({ guest }: { guest: GuestDetail }): ReactNode {
  const own = usePageWords(guestWords);
  const navigate = useNavigate();
  const tools = useTools();
  const runs = useRuns({ guest: guest.vmid, limit: MOST_RUNS, reads: false });
  const titles = useMemo(() => new Map(tools.data?.map((tool) => [tool.name, tool.title])), [tools.data]);
  const columns = useMemo<Column<Run>[]>(
    () => [
      {
        id: "tool",
        header: own.tool,
        value: (run) => titles.get(run.tool) ?? run.tool,
        width: 160,
        grow: 1,
        fixed: true,
      },
      {
        id: "outcome",
        header: own.outcome,
        value: (run) => run.outcome,
        cell: (run) => <RunStatus outcome={run.outcome} />,
        width: 185,
      },
      { id: "summary", header: own.what, value: (run) => run.summary, width: 220, grow: 3, wide: true },
      { id: "asker", header: own.asker, value: (run) => run.asker, width: 110, wide: true },
      {
        id: "when",
        header: own.when,
        value: (run) => run.opened_at,
        cell: (run) => <Time value={run.opened_at} />,
        width: 130,
        wide: true,
      },
    ],
    [own, titles],
  );
  if (runs.isError) return <ProblemNote error={runs.error} onRetry={() => void runs.refetch()} />;
  return (
    <DataTable
      id="guest-runs"
      label={own.tabs.runs}
      rows={runs.data?.runs}
      columns={columns}
      getRowId={(run) => run.run_id}
      onOpen={(run) => void navigate({ to: "/runs/$id", params: { id: run.run_id } })}
      simple
      empty={
        <Empty icon="run" title={own.noRuns}>
          {own.noRunsNext}
        </Empty>
      }
    />
  );
}
