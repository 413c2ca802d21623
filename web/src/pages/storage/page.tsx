// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { CellMeter } from "@/parts/meter/Meter";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge, Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Tabs, type Tab } from "@/parts/tabs/Tabs";
import { Bytes, NodeName } from "@/parts/values/Names";
import { useFormats, usePageWords, useWords } from "@/words";
import { listStorages, sumStorage, type StorageRow } from "../dashboard/model";
import type { Place } from "./model";
import { Backups } from "./Backups";
import { Content } from "./Content";
import { Protection } from "./Protection";
import { storageWords } from "./words";

type TabName = "storages" | "content" | "protection" | "backups";

/** The storages, what is on them, and how well guests are backed up. */
export default function StoragePage(): ReactNode {
  const words = useWords();
  const own = usePageWords(storageWords);
  const formats = useFormats();
  const [tab, setTab] = useSearchValue<TabName>("tab", "storages");
  const storage = useReadTool<{ storage: Place[] }>("list_storage");
  const sum = useMemo(() => sumStorage(storage.data?.storage ?? []), [storage.data]);
  if (storage.isError) {
    return (
      <>
        <PageHead title={words.nav.storage} />
        <ProblemNote error={storage.error} what={own.failed} onRetry={() => void storage.refetch()} />
      </>
    );
  }
  const tabs: Tab<TabName>[] = [
    { value: "storages", text: own.storages, icon: "storage", content: <Storages places={storage.data?.storage} /> },
    {
      value: "content",
      text: own.content,
      icon: "document",
      content: <Content places={storage.data?.storage ?? []} />,
    },
    {
      value: "protection",
      text: own.protection,
      icon: "ha",
      content: <Protection places={storage.data?.storage ?? []} />,
    },
    { value: "backups", text: own.backups, icon: "backup", content: <Backups /> },
  ];
  return (
    <>
      <PageHead
        title={words.nav.storage}
        lead={
          sum.total
            ? own.lead(formats.bytes(sum.used), formats.bytes(sum.total), formats.percent(sum.used / sum.total))
            : " "
        }
      />
      <Panel flush>
        <Tabs label={words.nav.storage} tabs={tabs} value={tab} onChange={setTab} />
      </Panel>
    </>
  );
}

function Storages({ places }: { places: readonly Place[] | undefined }): ReactNode {
  const words = useWords();
  const own = usePageWords(storageWords);
  const navigate = useNavigate();
  const rows = useMemo(() => places && listStorages(places), [places]);
  const holds = useMemo(() => new Map(places?.map((place) => [place.storage, place.content ?? []])), [places]);
  const columns = useMemo<Column<StorageRow>[]>(
    () => [
      {
        id: "storage",
        header: words.fields.storage,
        value: (row) => row.storage,
        cell: (row) => <strong>{row.storage}</strong>,
        width: 140,
        grow: 1,
        fixed: true,
      },
      { id: "type", header: words.fields.type, value: (row) => row.type, width: 90 },
      {
        id: "status",
        header: words.fields.state,
        value: (row) => (row.isDown ? "unknown" : "available"),
        cell: (row) => <Status state={row.isDown ? "unknown" : "available"} quiet />,
        width: 120,
        wide: true,
      },
      {
        id: "where",
        header: own.where,
        value: (row) => (row.shared ? own.shared : row.nodes > 1 ? own.onNodes(row.nodes) : row.fullest.node),
        cell: (row) =>
          row.shared ? (
            <Badge tone="info" icon="link" quiet>
              {own.shared}
            </Badge>
          ) : row.nodes > 1 ? (
            own.onNodes(row.nodes)
          ) : (
            <NodeName node={row.fullest.node} />
          ),
        width: 110,
        wide: true,
      },
      {
        id: "used",
        header: own.used,
        value: (row) => row.fullest.part,
        text: () => "",
        cell: (row) =>
          row.fullest.part !== undefined && <CellMeter label={`${own.used} ${row.storage}`} value={row.fullest.part} />,
        width: 130,
        grow: 2,
      },
      {
        id: "fullest",
        header: own.fullest,
        value: (row) => (row.shared || row.nodes < 2 ? "" : row.fullest.node),
        width: 110,
        hidden: true,
      },
      {
        id: "free",
        header: own.free,
        value: (row) => row.total - row.used,
        cell: (row) => (row.total ? <Bytes value={row.total - row.used} /> : null),
        width: 90,
        align: "end",
      },
      {
        id: "total",
        header: own.size,
        value: (row) => row.total,
        cell: (row) => (row.total ? <Bytes value={row.total} /> : null),
        width: 90,
        align: "end",
        wide: true,
      },
      {
        id: "content",
        header: own.holds,
        value: (row) => holds.get(row.storage)?.join(", "),
        width: 150,
        grow: 2,
        wide: true,
      },
    ],
    [words, own, holds],
  );
  return (
    <DataTable
      id="storages"
      label={own.storages}
      rows={rows}
      columns={columns}
      getRowId={(row) => row.storage}
      onOpen={(row) => void navigate({ to: "/storage", search: { tab: "content", storage: row.storage } })}
      sort={{ id: "used", desc: true }}
      empty={
        <Empty icon="storage" title={own.none}>
          {own.noneNext}
        </Empty>
      }
    />
  );
}
