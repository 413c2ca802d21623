// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { lazy, Suspense, useState, type ReactNode } from "react";
import { useFormats, useWords } from "@/words";
import { IconButton } from "../button/Button";
import { Skeleton } from "../notes/Skeleton";
import styles from "./chart.module.css";

export interface Series {
  name: string;
  values: readonly (number | null)[];
}

export interface ChartProps {
  label: string;
  /** Seconds since 1970, ascending. */
  times: readonly number[];
  series: readonly Series[];
  /** How figures are written, on the axis and in the legend. */
  format: (value: number) => string;
  /** Sizes: the axis has round figures of 1024. */
  isBinary?: boolean;
  /** The top of the axis, where it is known: 1 for a part of one. */
  max?: number;
  height?: number;
  /** Charts of one group show the same moment under the pointer. */
  group?: string;
}

const Plot = lazy(() => import("./Plot"));
const HEIGHT = 180;
const MOST_ROWS = 200;

/** How figures went over time: as a chart, or as a table for those who read rather than see. */
export function Chart(props: ChartProps): ReactNode {
  const words = useWords();
  const [isTable, setTable] = useState(false);
  const height = props.height ?? HEIGHT;
  const isEmpty =
    props.times.length === 0 || props.series.every(({ values }) => values.every((value) => value === null));
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <span>{props.label}</span>
        <IconButton
          size="s"
          icon={isTable ? "chart" : "table"}
          label={isTable ? words.parts.chartPicture : words.parts.chartTable}
          aria-pressed={isTable}
          onClick={() => setTable(!isTable)}
        />
      </figcaption>
      {isEmpty ? (
        <p className={styles.empty} style={{ height }}>
          {words.parts.chartEmpty}
        </p>
      ) : isTable ? (
        <ChartTable {...props} />
      ) : (
        <Suspense fallback={<Skeleton height={`${String(height + 28)}px`} />}>
          <Plot {...props} height={height} />
        </Suspense>
      )}
    </figure>
  );
}

function ChartTable({ label, times, series, format, height = HEIGHT }: ChartProps): ReactNode {
  const words = useWords();
  const formats = useFormats();
  const step = Math.max(1, Math.ceil(times.length / MOST_ROWS));
  const rows = times.map((time, index) => ({ time, index })).filter(({ index }) => index % step === 0);
  return (
    <div className={styles.tableBox} style={{ height: height + 28 }} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{words.fields.time}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, index }) => (
            <tr key={time}>
              <th scope="row">{formats.time(time * 1000)}</th>
              {series.map(({ name, values }) => {
                const value = values[index];
                return <td key={name}>{value === null || value === undefined ? "–" : format(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
