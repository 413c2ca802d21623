// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { ButtonLink } from "@/parts/button/Button";
import { Drawer } from "@/parts/dialog/Dialog";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { Bytes, GuestName, NodeName, Tags } from "@/parts/values/Names";
import { useFormats, usePageWords, useWords } from "@/words";
import styles from "./history.module.css";
import { readGuest, type PastGuest } from "./model";
import { usePastGuests } from "./queries";
import { TimeSlider } from "./TimeSlider";
import { useMoment } from "./useMoment";
import { historyWords } from "./words";

export interface MomentsProps {
  from: number;
  until: number;
  times: readonly number[];
}

/** The guests as they were at a moment. */
export function AsOfTab({ from, until, times }: MomentsProps): ReactNode {
  const words = useWords();
  const own = usePageWords(historyWords);
  const formats = useFormats();
  const [at, asked, move] = useMoment("at", until);
  const past = usePastGuests(asked);
  const [opened, setOpened] = useState<PastGuest | null>(null);
  const rows = useMemo(() => past.data?.objects.map(readGuest), [past.data]);
  const columns = useMemo<Column<PastGuest>[]>(
    () => [
      {
        id: "name",
        header: words.fields.name,
        value: (guest) => guest.name,
        text: (guest) => `${guest.name} ${String(guest.vmid)}`,
        cell: (guest) => (
          <GuestName vmid={guest.vmid} name={guest.name} type={guest.type} template={guest.isTemplate} plain />
        ),
        width: 190,
        grow: 2,
        fixed: true,
      },
      {
        id: "state",
        header: words.fields.state,
        value: (guest) => guest.status,
        cell: (guest) => <Status state={guest.isTemplate ? "template" : guest.status} quiet />,
        width: 110,
      },
      {
        id: "node",
        header: words.fields.node,
        value: (guest) => guest.node,
        cell: (guest) => <NodeName node={guest.node} plain />,
        width: 110,
      },
      { id: "cpus", header: words.fields.cpu, value: (guest) => guest.cpus, width: 80, align: "end", wide: true },
      {
        id: "memory",
        header: words.fields.memory,
        value: (guest) => guest.maxmem,
        cell: (guest) => <Bytes value={guest.maxmem} />,
        width: 100,
        align: "end",
        wide: true,
      },
      {
        id: "disk",
        header: words.fields.disk,
        value: (guest) => guest.maxdisk,
        cell: (guest) => <Bytes value={guest.maxdisk} />,
        width: 100,
        align: "end",
        wide: true,
      },
      { id: "pool", header: words.fields.pool, value: (guest) => guest.pool, width: 110, wide: true },
      {
        id: "tags",
        header: words.fields.tags,
        value: (guest) => guest.tags.join(" "),
        cell: (guest) => <Tags tags={guest.tags} />,
        width: 140,
        grow: 1,
        wide: true,
      },
    ],
    [words],
  );
  return (
    <Stack>
      <TimeSlider label={own.moment} from={from} until={until} value={at} onChange={move} times={times} />
      {past.isError ? (
        <ProblemNote error={past.error} what={own.failed} onRetry={() => void past.refetch()} />
      ) : (
        <>
          {past.data?.next && <Note tone="warn">{own.cut}</Note>}
          <div className={styles.table}>
            <DataTable
              id="history-guests"
              label={own.guestsAt(formats.time(at, "short"))}
              rows={rows}
              columns={columns}
              getRowId={(guest) => String(guest.vmid)}
              getRowName={(guest) => guest.name}
              onOpen={setOpened}
              filterKey={null}
              empty={
                <Empty icon="guest" title={own.noGuests}>
                  {own.noGuestsNext}
                </Empty>
              }
            />
          </div>
        </>
      )}
      {opened && (
        <Drawer
          open
          onOpenChange={(open) => !open && setOpened(null)}
          title={`${opened.name} (${String(opened.vmid)})`}
          size="m"
        >
          <Stack>
            <p className={styles.faint}>{formats.time(Date.parse(asked), "full")}</p>
            <div className={styles.filters}>
              <ButtonLink size="s" icon="guest" to="/guests/$vmid" params={{ vmid: String(opened.vmid) }}>
                {own.openGuest}
              </ButtonLink>
              <ButtonLink size="s" icon="history" to="/history" search={{ what: String(opened.vmid), period: "all" }}>
                {own.changesOf}
              </ButtonLink>
            </div>
            <CodeBlock label={own.document} text={JSON.stringify(opened.document, null, 2)} wrap />
          </Stack>
        </Drawer>
      )}
    </Stack>
  );
}
