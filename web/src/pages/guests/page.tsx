// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { useMay } from "@/app/session";
import { ActionDialog } from "@/parts/guest/ActionDialog";
import type { ActionName } from "@/parts/guest/actions";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { CellMeter } from "@/parts/meter/Meter";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes, Duration, GuestName, NodeName, Tags } from "@/parts/values/Names";
import { usePageWords, useWords } from "@/words";
import { BulkActions } from "./BulkActions";
import { listTags, readState, sumGuests } from "./model";
import { Summary } from "./Summary";
import { guestsWords } from "./words";

/** All guests of the cluster. */
export default function GuestsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(guestsWords);
  const navigate = useNavigate();
  const guests = useReadTool<{ guests: Guest[] }>("list_guests");
  const rows = guests.data?.guests;
  const mayOperate = useMay("operate");
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [action, setAction] = useState<ActionName | null>(null);
  const sums = useMemo(() => rows && sumGuests(rows), [rows]);
  const tags = useMemo(() => listTags(rows ?? []), [rows]);
  const columns = useMemo<Column<Guest>[]>(
    () => [
      {
        id: "name",
        header: words.fields.name,
        value: (guest) => guest.name,
        text: (guest) => `${guest.name} ${String(guest.vmid)}`,
        cell: (guest) => <GuestName {...guest} />,
        width: 180,
        grow: 2,
        fixed: true,
      },
      { id: "vmid", header: words.fields.vmid, value: (guest) => guest.vmid, width: 76, align: "end", hidden: true },
      {
        id: "status",
        header: words.fields.state,
        value: readState,
        cell: (guest) => <Status state={readState(guest)} quiet />,
        width: 110,
      },
      {
        id: "type",
        header: words.fields.type,
        value: (guest) => (guest.type === "lxc" ? own.containers : own.vms),
        text: (guest) => `${guest.type} ${guest.type === "lxc" ? own.containers : own.vms}`,
        width: 130,
        hidden: true,
      },
      {
        id: "node",
        header: words.fields.node,
        value: (guest) => guest.node,
        cell: (guest) => <NodeName node={guest.node} />,
        width: 100,
      },
      { id: "pool", header: words.fields.pool, value: (guest) => guest.pool, width: 110, hidden: true },
      {
        id: "tags",
        header: words.fields.tags,
        value: (guest) => (guest.tags ?? []).join(" "),
        cell: (guest) => <Tags tags={guest.tags} />,
        width: 140,
        grow: 1,
        wide: true,
      },
      { id: "cpus", header: words.fields.cpu, value: (guest) => guest.cpus, width: 70, align: "end", wide: true },
      {
        id: "mem",
        header: own.used,
        value: (guest) => (guest.maxmem ? (guest.mem ?? 0) / guest.maxmem : undefined),
        cell: (guest) =>
          guest.status === "running" && guest.maxmem ? (
            <CellMeter label={own.used} value={(guest.mem ?? 0) / guest.maxmem} />
          ) : null,
        width: 130,
        wide: true,
      },
      {
        id: "maxmem",
        header: words.fields.memory,
        value: (guest) => guest.maxmem,
        cell: (guest) => <Bytes value={guest.maxmem} />,
        width: 90,
        align: "end",
        wide: true,
      },
      {
        id: "uptime",
        header: words.fields.uptime,
        value: (guest) => guest.uptime || undefined,
        cell: (guest) => (guest.uptime ? <Duration seconds={guest.uptime} /> : null),
        width: 110,
        align: "end",
        wide: true,
      },
      {
        id: "maxdisk",
        header: words.fields.disk,
        value: (guest) => guest.maxdisk,
        cell: (guest) => <Bytes value={guest.maxdisk} />,
        width: 90,
        align: "end",
        hidden: true,
      },
      {
        id: "lock",
        header: own.lock,
        value: (guest) => guest.lock,
        text: (guest) => (guest.lock ? `locked ${guest.lock}` : ""),
        width: 100,
        hidden: true,
      },
      { id: "ha", header: own.ha, value: (guest) => guest.hastate, width: 100, hidden: true },
    ],
    [words, own],
  );
  return (
    <>
      <PageHead title={words.nav.guests} lead={rows ? words.count.guests(rows.length) : " "} />
      {guests.isError ? (
        <ProblemNote error={guests.error} what={own.failed} onRetry={() => void guests.refetch()} />
      ) : (
        <>
          <Summary sums={sums} />
          <Panel flush>
            <DataTable
              id="guests"
              label={words.nav.guests}
              rows={rows}
              columns={columns}
              getRowId={(guest) => String(guest.vmid)}
              getRowName={(guest) => guest.name}
              onOpen={(guest) => void navigate({ to: "/guests/$vmid", params: { vmid: String(guest.vmid) } })}
              {...(mayOperate && {
                selection,
                onSelectionChange: setSelection,
                bulk: <BulkActions onChoose={setAction} />,
              })}
              sort={{ id: "name" }}
              empty={
                <Empty icon="guest" title={own.noGuests}>
                  {own.noGuestsNext}
                </Empty>
              }
            />
          </Panel>
        </>
      )}
      {action && rows && (
        <ActionDialog
          action={action}
          guests={rows.filter(({ vmid }) => selection.has(String(vmid)))}
          tags={tags}
          onClose={() => setAction(null)}
        />
      )}
    </>
  );
}
