// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { Select } from "@/parts/fields/Select";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { Row } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes, GuestName } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { listOnce, type Place, type Volume } from "./model";
import { storageWords } from "./words";

const KINDS = ["images", "rootdir", "iso", "vztmpl", "backup", "snippets", "import"] as const;

/** What is on the storages: disks, images, templates, backups, and what belongs to no guest. */
export function Content({ places }: { places: readonly Place[] }): ReactNode {
  const words = useWords();
  const own = usePageWords(storageWords);
  const [storage, setStorage] = useSearchValue<string>("storage", "all");
  const [kind, setKind] = useSearchValue<string>("kind", "all");
  const { byId } = useGuestOptions();
  const content = useReadTool<{ volumes: Volume[] }>("list_storage_content", {
    ...(storage !== "all" && { storage }),
    ...(kind !== "all" && { content: kind }),
  });
  const rows = useMemo(() => content.data && listOnce(content.data.volumes, places), [content.data, places]);
  const names = useMemo(() => [...new Set(places.map((place) => place.storage))].sort(), [places]);
  const columns = useMemo<Column<Volume>[]>(
    () => [
      {
        id: "volume",
        header: own.volume,
        value: (volume) => volume.volid,
        cell: (volume) => <code title={volume.volid}>{volume.volid}</code>,
        width: 230,
        grow: 3,
        fixed: true,
      },
      {
        id: "kind",
        header: own.kind,
        value: (volume) => (own.kinds as Readonly<Record<string, string>>)[volume.content] ?? volume.content,
        width: 140,
        wide: true,
      },
      {
        id: "size",
        header: own.size,
        value: (volume) => volume.size,
        cell: (volume) => <Bytes value={volume.size} />,
        width: 90,
        align: "end",
      },
      {
        id: "guest",
        header: own.guest,
        value: (volume) => (volume.vmid ? (byId.get(volume.vmid)?.name ?? volume.vmid) : undefined),
        text: (volume) =>
          `${volume.vmid ? String(volume.vmid) : ""} ${byId.get(volume.vmid ?? 0)?.name ?? ""} ${volume.orphan ? own.orphan : ""}`,
        cell: (volume) =>
          volume.orphan ? (
            <Badge tone="warn" icon="warn" quiet title={own.orphanHelp}>
              {own.orphan}
            </Badge>
          ) : volume.vmid ? (
            <GuestName vmid={volume.vmid} name={byId.get(volume.vmid)?.name} type={byId.get(volume.vmid)?.type} />
          ) : null,
        width: 150,
        grow: 1,
      },
      { id: "node", header: words.fields.node, value: (volume) => volume.node, width: 90, wide: true },
      { id: "format", header: own.format, value: (volume) => volume.format, width: 90, hidden: true },
      {
        id: "made",
        header: own.made,
        value: (volume) => volume.ctime,
        cell: (volume) => <Time value={volume.ctime} />,
        width: 130,
        wide: true,
      },
    ],
    [words, own, byId],
  );
  if (content.isError) return <ProblemNote error={content.error} onRetry={() => void content.refetch()} />;
  return (
    <DataTable
      id="storage-content"
      label={own.content}
      rows={rows}
      columns={columns}
      getRowId={(volume) => `${volume.node} ${volume.volid}`}
      sort={{ id: "size", desc: true }}
      filters={
        <Row>
          <Select
            label={words.fields.storage}
            hideLabel
            value={storage}
            onChange={setStorage}
            options={[{ value: "all", text: own.allStorages }, ...names.map((name) => ({ value: name, text: name }))]}
          />
          <Select
            label={own.kind}
            hideLabel
            value={kind}
            onChange={setKind}
            options={[
              { value: "all", text: own.allKinds },
              ...KINDS.map((value) => ({ value, text: own.kinds[value] })),
            ]}
          />
        </Row>
      }
      empty={
        <Empty icon="storage" title={own.noContent}>
          {own.noContentNext}
        </Empty>
      }
    />
  );
}
