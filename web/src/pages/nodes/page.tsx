// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { CellMeter } from "@/parts/meter/Meter";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Duration, NodeName } from "@/parts/values/Names";
import { useFormats, usePageWords, useWords } from "@/words";
import { countByNode } from "../dashboard/model";
import { readPart, type NodeFacts } from "./model";
import { nodesWords } from "./words";

/** All nodes of the cluster. */
export default function NodesPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(nodesWords);
  const formats = useFormats();
  const navigate = useNavigate();
  const nodes = useReadTool<{ nodes: NodeFacts[] }>("list_nodes");
  const guests = useReadTool<{ guests: Guest[] }>("list_guests");
  const counts = useMemo(() => countByNode(guests.data?.guests ?? []), [guests.data]);
  const online = nodes.data?.nodes.filter(({ status }) => status === "online").length ?? 0;
  const columns = useMemo<Column<NodeFacts>[]>(() => {
    const meter = (id: string, header: string, part: (node: NodeFacts) => number | undefined): Column<NodeFacts> => ({
      id,
      header,
      value: part,
      text: () => "",
      cell: (node) => {
        const value = part(node);
        return value === undefined ? null : <CellMeter label={`${header} ${node.node}`} value={value} />;
      },
      width: 116,
      grow: 1,
    });
    return [
      {
        id: "node",
        header: words.fields.node,
        value: (node) => node.node,
        cell: (node) => <NodeName node={node.node} />,
        width: 110,
        grow: 1,
        fixed: true,
      },
      {
        id: "status",
        header: words.fields.state,
        value: (node) => node.status,
        cell: (node) => <Status state={node.status} quiet />,
        width: 100,
      },
      meter("cpu", words.fields.cpu, (node) => readPart(node, node.cpu, 1)),
      meter("mem", words.fields.memory, (node) => readPart(node, node.mem, node.maxmem)),
      { ...meter("disk", words.fields.disk, (node) => readPart(node, node.disk, node.maxdisk)), wide: true },
      {
        id: "load",
        header: own.load,
        value: (node) => node.loadavg?.[0],
        cell: (node) =>
          node.loadavg && formats.number(node.loadavg[0] ?? 0, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
        width: 72,
        align: "end",
        wide: true,
      },
      { id: "cores", header: own.cores, value: (node) => node.maxcpu, width: 72, align: "end", wide: true },
      { id: "guests", header: own.guests, value: (node) => counts.get(node.node) ?? 0, width: 78, align: "end" },
      {
        id: "uptime",
        header: words.fields.uptime,
        value: (node) => node.uptime || undefined,
        cell: (node) => (node.uptime ? <Duration seconds={node.uptime} /> : null),
        width: 116,
        align: "end",
        wide: true,
      },
      { id: "version", header: own.version, value: (node) => node.version, width: 84, wide: true },
      { id: "kernel", header: own.kernel, value: (node) => node.kernel, width: 140, hidden: true },
      { id: "model", header: own.model, value: (node) => node.cpu_model, width: 220, hidden: true },
    ];
  }, [words, own, formats, counts]);
  return (
    <>
      <PageHead title={words.nav.nodes} lead={nodes.data ? own.lead(online, nodes.data.nodes.length) : " "} />
      {nodes.isError ? (
        <ProblemNote error={nodes.error} what={own.failed} onRetry={() => void nodes.refetch()} />
      ) : (
        <Panel flush>
          <DataTable
            id="nodes"
            label={words.nav.nodes}
            rows={nodes.data?.nodes}
            columns={columns}
            getRowId={(node) => node.node}
            onOpen={(node) => void navigate({ to: "/nodes/$node", params: { node: node.node } })}
            sort={{ id: "node" }}
            empty={
              <Empty icon="node" title={own.none}>
                {own.noneNext}
              </Empty>
            }
          />
        </Panel>
      )}
    </>
  );
}
