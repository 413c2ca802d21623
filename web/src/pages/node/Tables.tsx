// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { CellMeter } from "@/parts/meter/Meter";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge, RunStatus, Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes, Duration, GuestName, Tags } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import type { StoragePlace } from "../dashboard/model";
import { readTask } from "../nodes/model";
import { nodeWords } from "./words";

/** The guests of a node. */
export function NodeGuests({ guests }: { guests: readonly Guest[] | undefined }): ReactNode {
  const words = useWords();
  const own = usePageWords(nodeWords);
  const navigate = useNavigate();
  const columns = useMemo<Column<Guest>[]>(
    () => [
      {
        id: "name",
        header: words.fields.name,
        value: (guest) => guest.name,
        text: (guest) => `${guest.name} ${String(guest.vmid)}`,
        cell: (guest) => <GuestName {...guest} />,
        width: 170,
        grow: 2,
        fixed: true,
      },
      {
        id: "status",
        header: words.fields.state,
        value: (guest) => (guest.template ? "template" : guest.status),
        cell: (guest) => <Status state={guest.template ? "template" : guest.status} quiet />,
        width: 110,
      },
      {
        id: "tags",
        header: words.fields.tags,
        value: (guest) => guest.tags?.join(" "),
        cell: (guest) => <Tags tags={guest.tags} />,
        width: 140,
        grow: 1,
        wide: true,
      },
      {
        id: "mem",
        header: words.fields.memory,
        value: (guest) => (guest.maxmem && guest.status === "running" ? (guest.mem ?? 0) / guest.maxmem : undefined),
        text: () => "",
        cell: (guest) =>
          guest.maxmem && guest.status === "running" ? (
            <CellMeter label={`${words.fields.memory} ${guest.name}`} value={(guest.mem ?? 0) / guest.maxmem} />
          ) : null,
        width: 130,
        grow: 1,
        wide: true,
      },
      {
        id: "maxmem",
        header: own.size,
        value: (guest) => guest.maxmem,
        cell: (guest) => <Bytes value={guest.maxmem} />,
        width: 90,
        align: "end",
      },
      {
        id: "uptime",
        header: words.fields.uptime,
        value: (guest) => guest.uptime || undefined,
        cell: (guest) => (guest.uptime ? <Duration seconds={guest.uptime} /> : null),
        width: 130,
        align: "end",
        wide: true,
      },
    ],
    [words, own],
  );
  return (
    <DataTable
      id="node-guests"
      label={own.guests}
      rows={guests}
      columns={columns}
      getRowId={(guest) => String(guest.vmid)}
      onOpen={(guest) => void navigate({ to: "/guests/$vmid", params: { vmid: String(guest.vmid) } })}
      sort={{ id: "name" }}
      empty={<Empty icon="guest" title={own.noGuests} />}
    />
  );
}

interface Task {
  upid: string;
  node: string;
  type: string;
  id?: string | null;
  user: string;
  status?: string | null;
  exitstatus?: string | null;
  starttime: number;
  endtime?: number | null;
}

/** The tasks that Proxmox VE ran on a node. */
export function NodeTasks({ node }: { node: string }): ReactNode {
  const words = useWords();
  const own = usePageWords(nodeWords);
  const tasks = useReadTool<{ tasks: Task[] }>("list_tasks", { node, limit: 200 });
  const columns = useMemo<Column<Task>[]>(
    () => [
      {
        id: "type",
        header: own.what,
        value: (task) => task.type,
        text: (task) => `${task.type} ${task.upid}`,
        cell: (task) => <code title={task.upid}>{task.type}</code>,
        width: 120,
        grow: 1,
        fixed: true,
      },
      { id: "about", header: own.about, value: (task) => task.id, width: 90 },
      {
        id: "status",
        header: words.fields.state,
        value: (task) => readTask(task),
        text: (task) => `${readTask(task)} ${task.exitstatus ?? ""}`,
        cell: (task) => {
          const state = readTask(task);
          if (state === "running") return <RunStatus outcome="running" />;
          return (
            <span title={task.exitstatus ?? undefined}>
              <Status state={state} quiet {...(state !== "ok" && task.exitstatus ? { text: task.exitstatus } : {})} />
            </span>
          );
        },
        width: 130,
        grow: 2,
      },
      { id: "user", header: own.who, value: (task) => task.user, width: 160, grow: 1, wide: true },
      {
        id: "began",
        header: own.began,
        value: (task) => task.starttime,
        cell: (task) => <Time value={task.starttime} />,
        width: 140,
      },
      {
        id: "took",
        header: own.took,
        value: (task) => (task.endtime ? task.endtime - task.starttime : undefined),
        cell: (task) => (task.endtime ? <Duration seconds={task.endtime - task.starttime} /> : null),
        width: 90,
        align: "end",
        wide: true,
      },
    ],
    [words, own],
  );
  if (tasks.isError) return <ProblemNote error={tasks.error} onRetry={() => void tasks.refetch()} />;
  return (
    <DataTable
      id="node-tasks"
      label={own.tasks}
      rows={tasks.data?.tasks}
      columns={columns}
      getRowId={(task) => task.upid}
      empty={<Empty icon="clock" title={own.noTasks} />}
    />
  );
}

/** The storages as a node sees them. */
export function NodeStorage({ node }: { node: string }): ReactNode {
  const words = useWords();
  const own = usePageWords(nodeWords);
  const navigate = useNavigate();
  const storage = useReadTool<{ storage: (StoragePlace & { content?: string[] })[] }>("list_storage", { node });
  const columns = useMemo<Column<StoragePlace & { content?: string[] }>[]>(
    () => [
      {
        id: "storage",
        header: words.fields.storage,
        value: (place) => place.storage,
        cell: (place) => <strong>{place.storage}</strong>,
        width: 130,
        grow: 1,
        fixed: true,
      },
      { id: "type", header: words.fields.type, value: (place) => place.type, width: 90 },
      {
        id: "status",
        header: words.fields.state,
        value: (place) => place.status,
        cell: (place) => <Status state={place.status} quiet />,
        width: 120,
        wide: true,
      },
      {
        id: "used",
        header: own.used,
        value: (place) => (place.total ? (place.used ?? 0) / place.total : undefined),
        text: () => "",
        cell: (place) =>
          place.total ? (
            <CellMeter label={`${own.used} ${place.storage}`} value={(place.used ?? 0) / place.total} />
          ) : null,
        width: 130,
        grow: 2,
      },
      {
        id: "total",
        header: own.size,
        value: (place) => place.total,
        cell: (place) => <Bytes value={place.total} />,
        width: 90,
        align: "end",
      },
      {
        id: "content",
        header: own.holds,
        value: (place) => place.content?.join(", "),
        width: 200,
        grow: 1,
        wide: true,
      },
      {
        id: "shared",
        header: own.shared,
        value: (place) => (place.shared ? own.shared : ""),
        cell: (place) => (place.shared ? <Badge quiet>{own.shared}</Badge> : null),
        width: 90,
        wide: true,
      },
    ],
    [words, own],
  );
  if (storage.isError) return <ProblemNote error={storage.error} onRetry={() => void storage.refetch()} />;
  return (
    <DataTable
      id="node-storage"
      label={own.storage}
      rows={storage.data?.storage}
      columns={columns}
      getRowId={(place) => place.storage}
      onOpen={(place) => void navigate({ to: "/storage", search: { tab: "content", storage: place.storage } })}
      sort={{ id: "used", desc: true }}
      empty={<Empty icon="storage" title={own.noStorage} />}
    />
  );
}

interface Message {
  time: number;
  node: string;
  user?: string | null;
  tag?: string | null;
  severity: string;
  message: string;
}

const LOUD = new Set(["panic", "emerg", "alert", "crit", "err", "error"]);

/** What a node wrote to the log of the cluster. */
export function NodeLog({ node }: { node: string }): ReactNode {
  const own = usePageWords(nodeWords);
  const log = useReadTool<{ messages: Message[] }>("cluster_log", { limit: 500 });
  const rows = useMemo(
    () => log.data?.messages.filter((each) => each.node === node).map((each, index) => ({ ...each, index })),
    [log.data, node],
  );
  const columns = useMemo<Column<Message & { index: number }>[]>(
    () => [
      {
        id: "when",
        header: own.when,
        value: (each) => each.time,
        cell: (each) => <Time value={each.time} />,
        width: 140,
        fixed: true,
      },
      {
        id: "severity",
        header: own.severity,
        value: (each) => each.severity,
        cell: (each) => (
          <Badge
            quiet
            tone={LOUD.has(each.severity) ? "bad" : each.severity.startsWith("warn") ? "warn" : "idle"}
            icon={LOUD.has(each.severity) ? "bad" : each.severity.startsWith("warn") ? "warn" : "info"}
          >
            {each.severity}
          </Badge>
        ),
        width: 110,
        wide: true,
      },
      { id: "service", header: own.service, value: (each) => each.tag, width: 120, wide: true },
      { id: "user", header: own.who, value: (each) => each.user, width: 140, wide: true },
      { id: "message", header: own.message, value: (each) => each.message, width: 220, grow: 4 },
    ],
    [own],
  );
  if (log.isError) return <ProblemNote error={log.error} onRetry={() => void log.refetch()} />;
  return (
    <DataTable
      id="node-log"
      label={own.log}
      rows={rows}
      columns={columns}
      getRowId={(each) => String(each.index)}
      empty={<Empty icon="document" title={own.noLog} />}
    />
  );
}
