// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Meter as Base } from "@base-ui/react/meter";
import type { ReactNode } from "react";
import { useFormats } from "@/words";
import { classes } from "../classes";
import styles from "./meter.module.css";

export interface MeterProps {
  label: ReactNode;
  /** The part of one that is used; undefined where it is not known. */
  value: number | undefined;
  /** What stands at its end instead of the percentage. */
  text?: ReactNode;
  /** From these parts on it is amber, and red. */
  warnAt?: number;
  badAt?: number;
  hideLabel?: boolean;
}

/** How much of something is used. */
export function Meter({ label, value, text, warnAt = 0.85, badAt = 0.95, hideLabel }: MeterProps): ReactNode {
  const formats = useFormats();
  const part = Math.min(1, Math.max(0, value ?? 0));
  const tone = part >= badAt ? styles.bad : part >= warnAt ? styles.warn : undefined;
  const percent = value === undefined ? "–" : formats.percent(part);
  return (
    <Base.Root value={part} max={1} min={0} aria-valuetext={percent} className={classes(styles.meter, tone)}>
      <Base.Label className={hideLabel ? "unseen" : styles.label}>{label}</Base.Label>
      <span className={styles.value}>{text ?? percent}</span>
      <Base.Track className={styles.track}>
        <Base.Indicator className={styles.bar} />
      </Base.Track>
    </Base.Root>
  );
}

/** A meter in a cell of a table: as little as can be, for there are many. */
export function CellMeter({
  label,
  value,
  warnAt = 0.85,
  badAt = 0.95,
}: {
  label: string;
  value: number;
  warnAt?: number;
  badAt?: number;
}): ReactNode {
  const formats = useFormats();
  const part = Math.min(1, Math.max(0, value));
  const tone = part >= badAt ? styles.bad : part >= warnAt ? styles.warn : undefined;
  const percent = formats.percent(part);
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={part}
      aria-valuetext={percent}
      className={classes(styles.meter, styles.compact, tone)}
    >
      <span className={styles.track}>
        <span className={styles.bar} style={{ width: `${String(part * 100)}%` }} />
      </span>
      <span className={styles.value}>{percent}</span>
    </span>
  );
}

/** A line of figures without axes: how something went. The words beside it say the last one. */
export function Sparkline({
  values,
  label,
  max,
  width = 96,
  height = 24,
}: {
  values: readonly (number | null)[];
  label: string;
  max?: number;
  width?: number;
  height?: number;
}): ReactNode {
  const known = values.filter((value): value is number => value !== null);
  const top = max ?? Math.max(...known, 1e-9);
  const point = (value: number, index: number): string =>
    `${((index / Math.max(1, values.length - 1)) * width).toFixed(1)} ${(height - 1.5 - (Math.min(value, top) / top) * (height - 3)).toFixed(1)}`;
  let path = "";
  let isOpen = false;
  values.forEach((value, index) => {
    if (value === null) {
      isOpen = false;
      return;
    }
    path += `${isOpen ? "L" : "M"}${point(value, index)}`;
    isOpen = true;
  });
  return (
    <svg
      className={styles.spark}
      width={width}
      height={height}
      viewBox={`0 0 ${String(width)} ${String(height)}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      {known.length > 1 && !values.includes(null) && (
        <path className={styles.area} d={`${path}L${String(width)} ${String(height)}L0 ${String(height)}Z`} />
      )}
      <path className={styles.line} d={path} />
    </svg>
  );
}
