// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button } from "@/parts/button/Button";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes, GuestName } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import type { Volume } from "./model";
import { storageWords } from "./words";

/** All backups. */
export function Backups(): ReactNode {
  const words = useWords();
  const own = usePageWords(storageWords);
  const mayOperate = useMay("operate");
  const { byId } = useGuestOptions();
  const backups = useReadTool<{ volumes: Volume[] }>("list_backups");
  const [chosen, setChosen] = useState<Volume | null>(null);
  const columns = useMemo<Column<Volume>[]>(
    () => [
      {
        id: "guest",
        header: own.guest,
        value: (volume) => byId.get(volume.vmid ?? 0)?.name ?? volume.vmid,
        text: (volume) => `${byId.get(volume.vmid ?? 0)?.name ?? ""} ${String(volume.vmid ?? "")} ${volume.volid}`,
        cell: (volume) =>
          volume.vmid ? (
            <GuestName vmid={volume.vmid} name={byId.get(volume.vmid)?.name} type={byId.get(volume.vmid)?.type} />
          ) : null,
        width: 160,
        grow: 1,
        fixed: true,
      },
      {
        id: "made",
        header: own.made,
        value: (volume) => volume.ctime,
        cell: (volume) => <Time value={volume.ctime} />,
        width: 140,
      },
      {
        id: "size",
        header: own.size,
        value: (volume) => volume.size,
        cell: (volume) => <Bytes value={volume.size} />,
        width: 90,
        align: "end",
      },
      { id: "storage", header: words.fields.storage, value: (volume) => volume.storage, width: 130, wide: true },
      { id: "notes", header: own.notes, value: (volume) => volume.notes, width: 160, grow: 2, wide: true },
      {
        id: "protected",
        header: own.protected,
        value: (volume) => (volume.protected ? own.protected : ""),
        cell: (volume) =>
          volume.protected ? (
            <Badge tone="ok" icon="lock" quiet>
              {own.protected}
            </Badge>
          ) : mayOperate ? (
            <Button size="s" look="quiet" icon="lock" onClick={() => setChosen(volume)}>
              {own.protect}
            </Button>
          ) : null,
        width: 130,
      },
      {
        id: "volume",
        header: own.volume,
        value: (volume) => volume.volid,
        cell: (volume) => <code title={volume.volid}>{volume.volid}</code>,
        width: 260,
        hidden: true,
      },
    ],
    [words, own, byId, mayOperate],
  );
  if (backups.isError) return <ProblemNote error={backups.error} onRetry={() => void backups.refetch()} />;
  return (
    <>
      <DataTable
        id="backups"
        label={own.backups}
        rows={backups.data?.volumes}
        columns={columns}
        getRowId={(volume) => volume.volid}
        sort={{ id: "made", desc: true }}
        empty={
          <Empty icon="backup" title={own.noBackups}>
            {own.noBackupsNext}
          </Empty>
        }
      />
      {chosen && (
        <PlanDialog
          tool="protect_backup"
          args={{ volid: chosen.volid }}
          title={own.protectTitle}
          description={own.protectText}
          apply={own.protect}
          onClose={() => setChosen(null)}
        />
      )}
    </>
  );
}
