// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useRef, useState, type ReactNode } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "@/app/theme";
import { useFormats, useLocale } from "@/words";
import type { ChartProps } from "./Chart";
import styles from "./chart.module.css";

const MOST_SERIES = 6;
const AXIS_FONT = "11px system-ui, sans-serif";

/** The picture of a chart, by uPlot. */
export default function Plot({
  label,
  times,
  series,
  format,
  isBinary,
  max,
  height,
  group,
}: ChartProps & { height: number }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const locale = useLocale();
  const formats = useFormats();
  const [index, setIndex] = useState<number | null>(null);
  const latestFormat = useRef(format);
  useEffect(() => {
    latestFormat.current = format;
  });
  const names = series.map(({ name }) => name).join("\n");

  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const [line, text] = [token("--line"), token("--text-faint")];
    const axis = { stroke: text, font: AXIS_FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    const made = new uPlot(
      {
        width: box.clientWidth,
        height,
        legend: { show: false },
        padding: [8, 4, 0, 0],
        cursor: { points: { size: 7 }, drag: { x: false, y: false }, ...(group && { sync: { key: group } }) },
        hooks: { setCursor: [(chart) => setIndex(chart.cursor.idx ?? null)] },
        scales: {
          x: { time: true },
          y: { range: (_chart, low, high) => [Math.min(0, low), max ?? (high > 0 ? high * 1.08 : 1)] },
        },
        axes: [
          {
            ...axis,
            space: 70,
            size: 28,
            values: (_chart, splits, _axis, _space, step) => splits.map((split) => formatTick(locale, split, step)),
          },
          {
            ...axis,
            size: 64,
            ...(isBinary && { incrs: POWERS_OF_TWO }),
            values: (_chart, splits) => splits.map((split) => latestFormat.current(split)),
          },
        ],
        series: [
          {},
          ...names.split("\n").map((name, place): uPlot.Series => {
            const colour = token(`--series-${String((place % MOST_SERIES) + 1)}`);
            // Beyond colour: the second and third of a chart are dashed.
            const dash = [undefined, [6, 3], [2, 2]][place % 3];
            return {
              label: name,
              stroke: colour,
              width: 1.5,
              ...(dash && { dash }),
              ...(place === 0 && { fill: `color-mix(in srgb, ${colour} 12%, transparent)` }),
              points: { show: false },
            };
          }),
        ],
      },
      [[], ...names.split("\n").map(() => [])],
      box,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, height, isBinary, max, group, theme, locale]);

  useEffect(() => {
    plot.current?.setData([[...times], ...series.map(({ values }) => [...values])]);
  }, [times, series, names, height, isBinary, max, group, theme, locale]);

  const shown = index ?? times.length - 1;
  const time = times[shown];
  return (
    <>
      <div ref={place} className={styles.plot} style={{ height }} role="img" aria-label={label} />
      <p className={styles.legend}>
        <span className={styles.moment}>{time === undefined ? "" : formats.time(time * 1000)}</span>
        {series.map(({ name, values }, place) => {
          const value = values[shown];
          return (
            <span key={name} className={styles.entry}>
              <svg width="16" height="8" aria-hidden>
                <line
                  x1="0"
                  x2="16"
                  y1="4"
                  y2="4"
                  strokeWidth="2"
                  stroke={`var(--series-${String((place % MOST_SERIES) + 1)})`}
                  strokeDasharray={["", "6 3", "2 2"][place % 3]}
                />
              </svg>
              {name} <b>{value === null || value === undefined ? "–" : format(value)}</b>
            </span>
          );
        })}
      </p>
    </>
  );
}

const DAY = 86_400;
const POWERS_OF_TWO = Array.from({ length: 60 }, (_none, power) => 2 ** power);

/** The text of a tick, as fine as the ticks are apart. */
function formatTick(locale: string, seconds: number, step: number): string {
  const options: Intl.DateTimeFormatOptions =
    step >= DAY
      ? { day: "numeric", month: "short" }
      : { hour: "2-digit", minute: "2-digit", ...(step < 60 && { second: "2-digit" }) };
  return new Intl.DateTimeFormat(locale, { ...options, hourCycle: "h23" }).format(seconds * 1000);
}
