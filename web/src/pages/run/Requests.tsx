// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useRunPart } from "@/api/queries";
import { Checkbox } from "@/parts/fields/Choices";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Stack } from "@/parts/layout/Panel";
import { Effect, Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import { judgeRequest, type TraceEntry } from "./model";
import { runWords } from "./words";

interface Grant {
  tool: string;
  guests: number[];
  effects: string[];
  at: string;
}

/** Each request that a run sent to the cluster, and what it was admitted for. */
export function Requests({ id }: { id: string }): ReactNode {
  const own = usePageWords(runWords);
  const [writes, setWrites] = useState(false);
  const trace = useRunPart<{ requests: TraceEntry[]; grant: Grant | null }>(id, "requests");
  const rows = useMemo(
    () => trace.data?.requests.filter((entry) => !writes || entry.method !== "GET"),
    [trace.data, writes],
  );
  const columns = useMemo<Column<TraceEntry>[]>(
    () => [
      { id: "phase", header: own.phase, value: (entry) => own.phases[entry.phase], width: 80, wide: true },
      {
        id: "method",
        header: own.method,
        value: (entry) => entry.method,
        cell: (entry) => <code>{entry.method}</code>,
        width: 80,
      },
      {
        id: "path",
        header: own.path,
        value: (entry) => entry.path,
        cell: (entry) => <code>{entry.path}</code>,
        width: 240,
        grow: 3,
        fixed: true,
      },
      {
        id: "status",
        header: own.status,
        value: (entry) => entry.status,
        cell: (entry) => (
          <Status
            state={judgeRequest(entry)}
            text={`${String(entry.status ?? "–")}${entry.note ? ` ${entry.note}` : ""}`}
            quiet
          />
        ),
        width: 110,
      },
      { id: "ms", header: own.ms, value: (entry) => entry.ms, width: 70, align: "end", wide: true },
      {
        id: "bytes",
        header: own.answer,
        value: (entry) => entry.bytes,
        cell: (entry) => <Bytes value={entry.bytes ?? undefined} />,
        width: 90,
        align: "end",
        wide: true,
      },
      {
        id: "upid",
        header: own.task,
        value: (entry) => entry.upid,
        cell: (entry) => (entry.upid ? <code>{entry.upid}</code> : null),
        width: 200,
        grow: 2,
        wide: true,
      },
      {
        id: "time",
        header: own.when,
        value: (entry) => entry.time,
        cell: (entry) => <Time value={entry.time} style="clock" />,
        width: 100,
        wide: true,
      },
    ],
    [own],
  );
  if (trace.isError) return <ProblemNote error={trace.error} onRetry={() => void trace.refetch()} />;
  const grant = trace.data?.grant;
  return (
    <Stack>
      {trace.data && (
        <Note tone={grant ? "info" : "idle"} icon="lock" title={own.grant}>
          {grant ? own.grantText(grant.guests.length) : own.grantNone}{" "}
          {grant?.effects.map((effect) => (
            <Effect key={effect} effect={effect} quiet />
          ))}
        </Note>
      )}
      <DataTable
        id="run-requests"
        label={own.requests}
        rows={rows}
        columns={columns}
        getRowId={(entry) => `${entry.phase} ${String(entry.nr)} ${entry.time}`}
        filterKey={null}
        filters={<Checkbox label={own.writesOnly} checked={writes} onChange={setWrites} />}
        maxHeight="32rem"
        empty={<Empty icon="network" title={own.noRequests} />}
      />
    </Stack>
  );
}
