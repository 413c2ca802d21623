// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Meter } from "@/parts/meter/Meter";
import { Skeleton } from "@/parts/notes/Skeleton";
import { useFormats, usePageWords } from "@/words";
import styles from "./dashboard.module.css";
import { sumLoad, sumStorage, type Overview } from "./model";
import { dashboardWords } from "./words";

/** The four figures of the whole cluster. */
export function Figures({ data }: { data: Overview | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const load = sumLoad(data?.nodes ?? []);
  const storage = sumStorage(data?.storage ?? []);
  const guests = data?.guests;
  const total = (guests?.total ?? 0) - (guests?.templates ?? 0);
  const percent = (part: number | undefined): string => (part === undefined ? "–" : formats.percent(part));
  const memory = load.maxmem ? load.mem / load.maxmem : undefined;
  const space = storage.total ? storage.used / storage.total : undefined;
  return (
    <div className={styles.figures} aria-busy={!data}>
      <Figure
        to="/guests"
        icon="guest"
        title={own.guests}
        figure={data && formats.number(guests?.running ?? 0)}
        unit={own.guestsRunning}
        text={own.ofGuests(total)}
        part={total ? (guests?.running ?? 0) / total : undefined}
        calm
      />
      <Figure
        to="/nodes"
        icon="chart"
        title={own.cpu}
        figure={data && percent(load.cpu)}
        text={own.cores(load.cores)}
        part={load.cpu}
      />
      <Figure
        to="/nodes"
        icon="node"
        title={own.memory}
        figure={data && percent(memory)}
        text={own.ofBytes(formats.bytes(load.mem), formats.bytes(load.maxmem))}
        part={memory}
      />
      <Figure
        to="/storage"
        icon="storage"
        title={own.storage}
        figure={data && percent(space)}
        text={own.ofBytes(formats.bytes(storage.used), formats.bytes(storage.total))}
        part={space}
      />
    </div>
  );
}

interface FigureProps {
  to: "/guests" | "/nodes" | "/storage";
  icon: IconName;
  title: string;
  figure: string | undefined;
  unit?: string;
  text: string;
  part: number | undefined;
  /** Much of it is no warning. */
  calm?: boolean;
}

function Figure({ to, icon, title, figure, unit, text, part, calm }: FigureProps): ReactNode {
  return (
    <section className={styles.figure}>
      <h2>
        <Icon name={icon} />
        <Link to={to} className={styles.cover}>
          {title}
        </Link>
      </h2>
      <p className={styles.number}>
        {figure ?? <Skeleton width="4.5rem" />} {figure && unit && <small>{unit}</small>}
      </p>
      <Meter label={figure === undefined ? " " : text} value={part} text="" {...(calm && { warnAt: 2, badAt: 2 })} />
    </section>
  );
}
