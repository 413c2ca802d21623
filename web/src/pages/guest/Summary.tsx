// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { keys, useReadTool } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { IconButton } from "@/parts/button/Button";
import { Chart, type Series } from "@/parts/chart/Chart";
import { Switch } from "@/parts/fields/Choices";
import { Select } from "@/parts/fields/Select";
import { Meter } from "@/parts/meter/Meter";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Skeleton } from "@/parts/notes/Skeleton";
import { KeyValues } from "@/parts/values/KeyValues";
import { Duration, NodeName, Tags } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { useFormats, usePageWords, useWords } from "@/words";
import styles from "./guest.module.css";
import { pickFigure, type GuestDetail, type Moment } from "./model";
import { guestWords } from "./words";

const FRAMES = ["hour", "day", "week", "month", "year"] as const;
type Frame = (typeof FRAMES)[number];
const MOST_POINTS = 240;
const FOLLOW_MS = 10_000;
const CHART_HEIGHT = 150;

/** How a guest is now, how it was, and what it is. */
export function Summary({ guest, readAt }: { guest: GuestDetail; readAt: number }): ReactNode {
  const own = usePageWords(guestWords);
  const client = useQueryClient();
  const [isFollowed, setFollowed] = useState(false);
  const { vmid } = guest;
  const readAgain = (): void => {
    for (const tool of ["get_guest", "guest_history"]) void client.invalidateQueries({ queryKey: ["tool", tool] });
  };
  useEffect(() => {
    if (!isFollowed) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible")
        void client.invalidateQueries({ queryKey: keys.tool("get_guest", { vmid }) });
    }, FOLLOW_MS);
    return () => clearInterval(timer);
  }, [isFollowed, client, vmid]);
  return (
    <div className={styles.summary}>
      <section className={styles.now} aria-label={own.now}>
        <header className={styles.sectionHead}>
          <h2>{own.now}</h2>
          <span className={styles.faint}>
            {own.asOf} <Time value={readAt} />
          </span>
          <span className={styles.space} />
          <Switch
            label={<span title={own.followHelp}>{own.follow}</span>}
            checked={isFollowed}
            onChange={setFollowed}
          />
          <IconButton icon="reload" size="s" label={own.readAgain} onClick={readAgain} />
        </header>
        <Now guest={guest} />
      </section>
      <History vmid={guest.vmid} />
      <section aria-label={own.facts}>
        <header className={styles.sectionHead}>
          <h2>{own.facts}</h2>
        </header>
        <About guest={guest} />
      </section>
      <section aria-label={own.notes}>
        <header className={styles.sectionHead}>
          <h2>{own.notes}</h2>
        </header>
        {guest.config.description ? (
          <p className={styles.notes}>{String(guest.config.description)}</p>
        ) : (
          <p className={styles.faint}>{own.noNotes}</p>
        )}
      </section>
    </div>
  );
}

function Now({ guest }: { guest: GuestDetail }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const formats = useFormats();
  const current = guest.current ?? {};
  const runs = guest.status === "running";
  const read = (name: string): number | undefined => (typeof current[name] === "number" ? current[name] : undefined);
  const [cpu, mem, disk] = [read("cpu"), read("mem") ?? guest.mem, read("disk")];
  const [maxmem, maxdisk] = [read("maxmem") ?? guest.maxmem, read("maxdisk") ?? guest.maxdisk];
  return (
    <div className={styles.meters}>
      <Meter
        label={words.fields.cpu}
        value={runs ? cpu : 0}
        text={own.ofCpus(runs && cpu !== undefined ? formats.percent(cpu, 1) : "–", formats.number(guest.cpus ?? 0))}
      />
      <Meter
        label={words.fields.memory}
        value={runs && maxmem ? (mem ?? 0) / maxmem : 0}
        text={own.of(runs ? formats.bytes(mem ?? 0) : "–", formats.bytes(maxmem ?? 0))}
      />
      {/* What is used of the disks of a machine only the system inside knows. */}
      <Meter
        label={words.fields.disk}
        value={disk && maxdisk ? disk / maxdisk : 0}
        text={
          guest.type === "lxc" && runs
            ? own.of(formats.bytes(disk ?? 0), formats.bytes(maxdisk ?? 0))
            : `${formats.bytes(maxdisk ?? 0)} ${own.given}`
        }
      />
    </div>
  );
}

function History({ vmid }: { vmid: number }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const formats = useFormats();
  const [frame, setFrame] = useSearchValue<Frame>("time", "hour");
  const known = FRAMES.includes(frame) ? frame : "hour";
  const query = useReadTool<{ guests: { vmid: number; history: Moment[] }[] }>("guest_history", {
    vmid,
    history: known,
    points: MOST_POINTS,
  });
  const history = query.data?.guests[0]?.history;
  const times = useMemo(() => (history ?? []).map(({ time }) => time), [history]);
  const charts = useMemo(() => {
    const pick = (...figures: ("cpu" | "mem" | "netin" | "netout" | "diskread" | "diskwrite")[]): Series[] =>
      figures.map((figure) => ({
        name: figure === "cpu" ? words.fields.cpu : figure === "mem" ? words.fields.memory : own[figure],
        values: pickFigure(history ?? [], figure),
      }));
    return [
      { label: words.fields.cpu, series: pick("cpu"), format: (value: number) => formats.percent(value, 1) },
      { label: words.fields.memory, series: pick("mem"), format: formats.bytes, isBinary: true },
      { label: words.nav.network, series: pick("netin", "netout"), format: formats.rate, isBinary: true },
      { label: words.fields.disk, series: pick("diskread", "diskwrite"), format: formats.rate, isBinary: true },
    ];
  }, [history, words, own, formats]);
  return (
    <section className={styles.history} aria-label={own.usage}>
      <header className={styles.sectionHead}>
        <h2>{own.usage}</h2>
        <span className={styles.space} />
        <Select
          label={own.timeframe}
          hideLabel
          value={known}
          onChange={setFrame}
          options={FRAMES.map((value) => ({ value, text: own.timeframes[value] }))}
        />
      </header>
      {query.isError ? (
        <ProblemNote error={query.error} what={own.historyFailed} onRetry={() => void query.refetch()} />
      ) : (
        <div className={styles.charts}>
          {charts.map((chart) =>
            history ? (
              <Chart key={chart.label} {...chart} times={times} height={CHART_HEIGHT} group={`guest-${String(vmid)}`} />
            ) : (
              <Skeleton key={chart.label} height={`${String(CHART_HEIGHT + 64)}px`} />
            ),
          )}
        </div>
      )}
    </section>
  );
}

function About({ guest }: { guest: GuestDetail }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const { config } = guest;
  const network = useReadTool<{ guests: { addresses?: string[] }[] }>(
    "guest_network",
    { vmid: guest.vmid },
    guest.status === "running",
  );
  const say = (value: unknown): string => (Number(value ?? 0) === 1 ? words.states.yes : words.states.no);
  const addresses = network.data?.guests[0]?.addresses;
  return (
    <KeyValues
      columns
      items={[
        { name: own.kind, value: own.kinds[guest.type] },
        { name: words.fields.vmid, value: <code>{guest.vmid}</code> },
        { name: words.fields.node, value: <NodeName node={guest.node} /> },
        { name: words.fields.pool, value: guest.pool },
        { name: words.fields.tags, value: guest.tags?.length ? <Tags tags={guest.tags} /> : undefined },
        { name: words.fields.uptime, value: guest.uptime ? <Duration seconds={guest.uptime} /> : undefined },
        { name: own.addresses, value: addresses?.length ? addresses.join(", ") : undefined },
        { name: own.os, value: config.ostype === undefined ? undefined : <code>{String(config.ostype)}</code> },
        { name: own.ha, value: guest.hastate ?? own.haNone },
        { name: own.onboot, value: say(config.onboot) },
        { name: own.protection, value: say(config.protection) },
        {
          name: own.agent,
          value: guest.type === "qemu" ? say(/^(enabled=)?1/.test(String(config.agent)) ? 1 : 0) : undefined,
        },
      ]}
    />
  );
}
