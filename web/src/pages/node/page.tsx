// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { getRouteApi } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { useMay } from "@/app/session";
import { useSearchValue } from "@/app/useSearchValue";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Meter } from "@/parts/meter/Meter";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Status } from "@/parts/status/Status";
import { Tabs, type Tab } from "@/parts/tabs/Tabs";
import { KeyValues } from "@/parts/values/KeyValues";
import { Duration } from "@/parts/values/Names";
import { useFormats, usePageWords, useWords } from "@/words";
import { readPart, type NodeFacts } from "../nodes/model";
import { Acts } from "./Acts";
import styles from "./node.module.css";
import { NodeGuests, NodeLog, NodeStorage, NodeTasks } from "./Tables";
import { nodeWords } from "./words";

const route = getRouteApi("/inside/nodes/$node");
type TabName = "guests" | "tasks" | "storage" | "log";

/** One node: how it is, its guests, tasks, storages, and what it logged. */
export default function NodePage(): ReactNode {
  const { node: name } = route.useParams();
  const words = useWords();
  const own = usePageWords(nodeWords);
  const mayOperate = useMay("operate");
  const [tab, setTab] = useSearchValue<TabName>("tab", "guests");
  const nodes = useReadTool<{ nodes: NodeFacts[] }>("list_nodes", { node: name });
  const guests = useReadTool<{ guests: Guest[] }>("list_guests");
  const rows = useMemo(() => guests.data?.guests.filter((guest) => guest.node === name), [guests.data, name]);
  const node = nodes.data?.nodes.find((each) => each.node === name);
  if (nodes.isError) {
    return (
      <>
        <PageHead title={name} up={{ to: "/nodes", text: words.nav.nodes }} />
        <ProblemNote error={nodes.error} what={own.failed} onRetry={() => void nodes.refetch()} />
      </>
    );
  }
  const tabs: Tab<TabName>[] = [
    {
      value: "guests",
      text: own.guests,
      icon: "guest",
      count: rows?.length,
      content: guests.isError ? (
        <ProblemNote error={guests.error} onRetry={() => void guests.refetch()} />
      ) : (
        <NodeGuests guests={rows} />
      ),
    },
    { value: "tasks", text: own.tasks, icon: "clock", content: <NodeTasks node={name} /> },
    { value: "storage", text: own.storage, icon: "storage", content: <NodeStorage node={name} /> },
    { value: "log", text: own.log, icon: "document", content: <NodeLog node={name} /> },
  ];
  return (
    <>
      <PageHead
        title={name}
        aside={node && <Status state={node.status} />}
        lead={node?.version ? `Proxmox VE ${node.version}` : " "}
        up={{ to: "/nodes", text: words.nav.nodes }}
        actions={node && mayOperate && <Acts node={name} isOnline={node.status === "online"} />}
      />
      <Stack>
        {node && node.status !== "online" && (
          <Note tone="bad" icon="node" title={own.offline}>
            {own.offlineNext}
          </Note>
        )}
        <Panel title={own.load} icon="chart">
          {node ? <Facts node={node} /> : <SkeletonLines lines={5} />}
        </Panel>
        <Panel flush>
          <Tabs label={name} tabs={tabs} value={tab} onChange={setTab} />
        </Panel>
      </Stack>
    </>
  );
}

function Facts({ node }: { node: NodeFacts }): ReactNode {
  const words = useWords();
  const own = usePageWords(nodeWords);
  const formats = useFormats();
  const bytes = (used: number | undefined, total: number | undefined): string =>
    total ? own.ofBytes(formats.bytes(used ?? 0), formats.bytes(total)) : "–";
  return (
    <div className={styles.overview}>
      <div className={styles.meters}>
        <Meter label={words.fields.cpu} value={readPart(node, node.cpu, 1)} />
        <Meter
          label={words.fields.memory}
          value={readPart(node, node.mem, node.maxmem)}
          text={bytes(node.mem, node.maxmem)}
        />
        <Meter
          label={words.fields.disk}
          value={readPart(node, node.disk, node.maxdisk)}
          text={bytes(node.disk, node.maxdisk)}
        />
        <Meter
          label={own.swap}
          value={readPart(node, node.swap?.used, node.swap?.total)}
          text={bytes(node.swap?.used, node.swap?.total)}
          warnAt={0.5}
          badAt={0.9}
        />
      </div>
      <KeyValues
        items={[
          { name: words.fields.uptime, value: node.uptime ? <Duration seconds={node.uptime} /> : undefined },
          {
            name: own.loadAverage,
            value: node.loadavg
              ?.map((each) => formats.number(each, { minimumFractionDigits: 2, maximumFractionDigits: 2 }))
              .join("  "),
          },
          {
            name: own.model,
            value: node.maxcpu ? own.cores(node.cpu_model ?? "", formats.number(node.maxcpu)) : undefined,
          },
          { name: own.kernel, value: node.kernel && <code>{node.kernel}</code> },
        ]}
      />
    </div>
  );
}
