// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { get } from "@/api/client";
import { keys, useTools } from "@/api/queries";
import type { Run } from "@/api/shapes";
import { useSearchValue } from "@/app/useSearchValue";
import { Button } from "@/parts/button/Button";
import { Checkbox } from "@/parts/fields/Choices";
import { Select } from "@/parts/fields/Select";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Row } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge, RunStatus } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { runsWords } from "./words";

const OUTCOMES = ["running", "ok", "planned", "held", "refused", "failed", "cancelled", "interrupted"] as const;
const PAGE = 100;

interface RunsPageData {
  runs: Run[];
  next?: string | null;
}

/** The newest runs, with filters that the server applies. */
export default function RunsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(runsWords);
  const navigate = useNavigate();
  const tools = useTools();
  const [outcome, setOutcome] = useSearchValue<string>("outcome", "all");
  const [reads, setReads] = useSearchValue<string>("reads", "no");
  const query = { limit: PAGE, ...(outcome !== "all" && { outcome }), reads: reads === "yes" };
  const runs = useInfiniteQuery({
    queryKey: keys.runs(query),
    queryFn: ({ signal, pageParam }) => get<RunsPageData>("/runs", { ...query, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const titles = useMemo(() => new Map(tools.data?.map((tool) => [tool.name, tool.title])), [tools.data]);
  const rows = useMemo(() => runs.data?.pages.flatMap((page) => page.runs), [runs.data]);
  const columns = useMemo<Column<Run>[]>(
    () => [
      {
        id: "tool",
        header: own.tool,
        value: (run) => titles.get(run.tool) ?? run.tool,
        text: (run) => `${titles.get(run.tool) ?? ""} ${run.tool} ${run.run_id}`,
        cell: (run) => <strong>{titles.get(run.tool) ?? run.tool}</strong>,
        width: 180,
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
      { id: "summary", header: own.what, value: (run) => run.summary, width: 260, grow: 4, wide: true },
      {
        id: "changed",
        header: own.changed,
        value: (run) => (run.changed ? 1 : 0),
        cell: (run) =>
          run.changed ? (
            <Badge tone="info" icon="edit" quiet>
              {words.states.yes}
            </Badge>
          ) : null,
        width: 90,
        wide: true,
      },
      { id: "asker", header: own.asker, value: (run) => run.asker, width: 120, wide: true },
      { id: "client", header: own.client, value: (run) => run.client_name, width: 130, hidden: true },
      {
        id: "when",
        header: own.when,
        value: (run) => run.opened_at,
        cell: (run) => <Time value={run.opened_at} />,
        width: 130,
      },
    ],
    [own, titles, words],
  );
  return (
    <>
      <PageHead title={words.nav.runs} lead={own.lead} />
      {runs.isError ? (
        <ProblemNote error={runs.error} what={own.failed} onRetry={() => void runs.refetch()} />
      ) : (
        <Panel flush>
          <DataTable
            id="runs"
            label={words.nav.runs}
            rows={rows}
            columns={columns}
            getRowId={(run) => run.run_id}
            onOpen={(run) => void navigate({ to: "/runs/$id", params: { id: run.run_id } })}
            filters={
              <Row>
                <Select
                  label={own.outcome}
                  hideLabel
                  value={outcome}
                  onChange={(value) => setOutcome(value)}
                  options={[
                    { value: "all", text: own.all },
                    ...OUTCOMES.map((value) => ({ value, text: words.states[value] })),
                  ]}
                />
                <Checkbox
                  label={own.alsoReads}
                  checked={reads === "yes"}
                  onChange={(on) => setReads(on ? "yes" : "no")}
                />
              </Row>
            }
            actions={
              runs.hasNextPage ? (
                <Button size="s" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
                  {own.more}
                </Button>
              ) : undefined
            }
            empty={
              <Empty icon="run" title={own.empty}>
                {own.emptyNext}
              </Empty>
            }
          />
        </Panel>
      )}
    </>
  );
}
