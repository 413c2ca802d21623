// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useMay } from "@/app/session";
import { useSearchValue } from "@/app/useSearchValue";
import { Button } from "@/parts/button/Button";
import { MultiCombobox } from "@/parts/fields/Combobox";
import { Select } from "@/parts/fields/Select";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes, GuestName } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { readProtection, sortByProtection, type CheckedGuest, type Place } from "./model";
import styles from "./storage.module.css";
import { storageWords } from "./words";

interface Checked {
  guests: CheckedGuest[];
  gaps: { vmid: number; name: string; template?: boolean }[];
  jobs: Record<string, unknown>[];
}

const AGES = ["24h", "3d", "1w", "4w", "any"] as const;
type Age = (typeof AGES)[number];

const LOOKS = {
  never: { tone: "bad", icon: "bad" },
  stale: { tone: "warn", icon: "clock" },
  covered: { tone: "ok", icon: "check" },
} as const;

/** Each guest with its latest backup, the worst first; and the way to back up what lacks one. */
export function Protection({ places }: { places: readonly Place[] }): ReactNode {
  const words = useWords();
  const own = usePageWords(storageWords);
  const navigate = useNavigate();
  const mayOperate = useMay("operate");
  const [age, setAge] = useSearchValue<Age>("age", "1w");
  const checked = useReadTool<Checked>("check_backups", age === "any" ? {} : { max_age: age });
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => checked.data && sortByProtection(checked.data.guests), [checked.data]);
  const gaps = checked.data?.gaps.filter((gap) => !gap.template) ?? [];
  const columns = useMemo<Column<CheckedGuest>[]>(
    () => [
      {
        id: "name",
        header: own.guest,
        value: (guest) => guest.name,
        text: (guest) => `${guest.name} ${String(guest.vmid)}`,
        cell: (guest) => <GuestName {...guest} />,
        width: 160,
        grow: 1,
        fixed: true,
      },
      {
        id: "state",
        header: own.protection,
        value: (guest) => own[readProtection(guest)],
        cell: (guest) => {
          const state = readProtection(guest);
          return (
            <Badge {...LOOKS[state]} quiet>
              {own[state]}
            </Badge>
          );
        },
        width: 120,
      },
      {
        id: "latest",
        header: own.latest,
        value: (guest) => guest.latest?.ctime,
        cell: (guest) => guest.latest && <Time value={guest.latest.ctime} />,
        width: 140,
      },
      {
        id: "storage",
        header: words.fields.storage,
        value: (guest) => guest.latest?.storage,
        width: 130,
        grow: 1,
        wide: true,
      },
      {
        id: "size",
        header: own.size,
        value: (guest) => guest.latest?.size,
        cell: (guest) => <Bytes value={guest.latest?.size} />,
        width: 90,
        align: "end",
        wide: true,
      },
      { id: "count", header: own.count, value: (guest) => guest.count, width: 110, align: "end", wide: true },
      {
        id: "job",
        header: own.job,
        value: (guest) => (guest.scheduled ? words.states.yes : words.states.no),
        cell: (guest) =>
          guest.scheduled ? (
            <Badge tone="ok" icon="check" quiet>
              {words.states.yes}
            </Badge>
          ) : (
            <Badge icon="minus" quiet>
              {words.states.no}
            </Badge>
          ),
        width: 110,
        wide: true,
      },
      { id: "node", header: words.fields.node, value: (guest) => guest.node, width: 90, wide: true },
    ],
    [words, own],
  );
  if (checked.isError) return <ProblemNote error={checked.error} onRetry={() => void checked.refetch()} />;
  return (
    <Stack gap="3">
      {checked.data && (
        <div className={styles.notes}>
          {gaps.length ? (
            <Note
              tone="warn"
              icon="backup"
              title={own.gaps(gaps.length)}
              actions={
                mayOperate && (
                  <Button size="s" look="primary" icon="backup" onClick={() => setOpen(true)}>
                    {own.backUp}
                  </Button>
                )
              }
            >
              {own.gapsNext}
            </Note>
          ) : (
            <Note tone="ok" title={own.noGaps} />
          )}
          {!checked.data.jobs.length && (
            <Note tone="info" icon="calendar" title={own.noJobs}>
              {own.noJobsNext}
            </Note>
          )}
        </div>
      )}
      <DataTable
        id="protection"
        label={own.protection}
        rows={rows}
        columns={columns}
        getRowId={(guest) => String(guest.vmid)}
        filters={
          <Select
            label={own.recentAge}
            hideLabel
            value={age}
            onChange={setAge}
            options={AGES.map((value) => ({ value, text: own.ages[value] }))}
          />
        }
        onOpen={(guest) => void navigate({ to: "/guests/$vmid", params: { vmid: String(guest.vmid) } })}
      />
      {isOpen && <BackUp vmids={gaps.map((gap) => gap.vmid)} places={places} onClose={() => setOpen(false)} />}
    </Stack>
  );
}

function BackUp({
  vmids,
  places,
  onClose,
}: {
  vmids: readonly number[];
  places: readonly Place[];
  onClose: () => void;
}): ReactNode {
  const own = usePageWords(storageWords);
  const { options } = useGuestOptions();
  const targets = [
    ...new Set(places.filter((place) => place.content?.includes("backup")).map((place) => place.storage)),
  ];
  const shared = places.find((place) => place.shared && place.content?.includes("backup"))?.storage;
  const [storage, setStorage] = useState<string | null>(shared ?? targets[0] ?? null);
  const [chosen, setChosen] = useState<readonly string[]>(() => vmids.map(String));
  return (
    <PlanDialog
      tool="backup_guest"
      title={own.backUpTitle}
      description={own.backUpText}
      args={storage && chosen.length ? { guests: { vmids: chosen.map(Number) }, storage } : undefined}
      apply={own.backUp}
      onClose={onClose}
    >
      <Stack gap="3">
        <MultiCombobox label={own.guests} value={chosen} onChange={setChosen} options={options} required />
        <Select
          label={own.target}
          value={storage}
          onChange={setStorage}
          options={targets.map((value) => ({ value, text: value }))}
          required
        />
      </Stack>
    </PlanDialog>
  );
}
