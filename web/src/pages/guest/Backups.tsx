// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { useMay } from "@/app/session";
import { Button, IconButton } from "@/parts/button/Button";
import { Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { ToolDialog } from "@/parts/plan/ToolDialog";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { findFreeId, type GuestDetail } from "./model";
import { guestWords } from "./words";

interface Backup {
  volid: string;
  storage: string;
  node: string;
  size?: number;
  ctime?: number;
  notes?: string | null;
  protected?: boolean;
}

interface Meant {
  tool: "restore_guest" | "protect_backup";
  backup: Backup;
}

/** The backups of a guest. A restore makes a guest of its own, by its plan. */
export function Backups({ guest, onBackUp }: { guest: GuestDetail; onBackUp: () => void }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const mayOperate = useMay("operate");
  const backups = useReadTool<{ volumes: Backup[] }>("list_backups", { vmid: guest.vmid });
  const guests = useReadTool<{ guests: Guest[] }>("list_guests");
  const [meant, setMeant] = useState<Meant | null>(null);
  const columns = useMemo<Column<Backup>[]>(
    () => [
      {
        id: "when",
        header: own.when,
        value: (backup) => backup.ctime,
        cell: (backup) => <Time value={backup.ctime} style="short" />,
        width: 170,
        fixed: true,
      },
      { id: "storage", header: words.fields.storage, value: (backup) => backup.storage, width: 120, wide: true },
      {
        id: "size",
        header: own.size,
        value: (backup) => backup.size,
        cell: (backup) => <Bytes value={backup.size} />,
        width: 90,
        align: "end",
      },
      {
        id: "protected",
        header: own.isProtected,
        value: (backup) => (backup.protected ? 1 : 0),
        cell: (backup) =>
          backup.protected ? (
            <Badge icon="lock" tone="ok" quiet>
              {own.isProtected}
            </Badge>
          ) : null,
        width: 120,
        wide: true,
      },
      { id: "notes", header: own.notes, value: (backup) => backup.notes, width: 140, grow: 1, wide: true },
      {
        id: "volid",
        header: own.volume,
        value: (backup) => backup.volid,
        cell: (backup) => <code title={backup.volid}>{backup.volid}</code>,
        width: 140,
        grow: 2,
        wide: true,
      },
      ...(mayOperate
        ? [
            {
              id: "actions",
              header: words.actions.more,
              value: () => "",
              cell: (backup: Backup) => (
                <>
                  <IconButton
                    icon="copy"
                    size="s"
                    label={own.restore}
                    onClick={() => setMeant({ tool: "restore_guest", backup })}
                  />
                  {!backup.protected && (
                    <IconButton
                      icon="lock"
                      size="s"
                      label={own.protect}
                      onClick={() => setMeant({ tool: "protect_backup", backup })}
                    />
                  )}
                </>
              ),
              width: 90,
            },
          ]
        : []),
    ],
    [own, words, mayOperate],
  );
  const act = mayOperate && (
    <Button size="s" icon="backup" onClick={onBackUp}>
      {own.backUpNow}
    </Button>
  );
  if (backups.isError) return <ProblemNote error={backups.error} onRetry={() => void backups.refetch()} />;
  const isRestore = meant?.tool === "restore_guest";
  return (
    <Stack>
      {(backups.data?.volumes.length ?? 0) > 0 && <Row>{act}</Row>}
      <DataTable
        id="guest-backups"
        label={own.backups}
        rows={backups.data?.volumes}
        columns={columns}
        getRowId={(backup) => `${backup.node} ${backup.volid}`}
        sort={{ id: "when", desc: true }}
        simple
        empty={
          <Empty icon="backup" title={own.noBackups} actions={act}>
            {own.noBackupsNext}
          </Empty>
        }
      />
      {meant && (!isRestore || guests.data) && (
        <ToolDialog
          title={isRestore ? own.restore : own.protect}
          {...(isRestore && { description: own.restoreText })}
          tool={meant.tool}
          given={{ volid: meant.backup.volid }}
          {...(isRestore && {
            initial: { vmid: findFreeId(guests.data?.guests ?? []), new_name: `${guest.name}-restored`, unique: true },
            first: ["vmid", "new_name", "unique", "disconnect", "start"],
          })}
          onClose={() => setMeant(null)}
        />
      )}
    </Stack>
  );
}
