// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useId, type ReactNode } from "react";
import { Button, IconButton } from "@/parts/button/Button";
import { useFormats, usePageWords } from "@/words";
import styles from "./history.module.css";
import { chooseStep, countByPart, findNeighbour } from "./model";
import { historyWords } from "./words";

const PARTS = 120;

export interface TimeSliderProps {
  label: string;
  /** Milliseconds since 1970. */
  from: number;
  until: number;
  value: number;
  onChange: (value: number) => void;
  /** When something changed. */
  times: readonly number[];
}

/** A moment of a time, with marks of when something changed, and steps from change to change. */
export function TimeSlider({ label, from, until, value, onChange, times }: TimeSliderProps): ReactNode {
  const own = usePageWords(historyWords);
  const formats = useFormats();
  const id = useId();
  const first = Math.floor(from / 1000);
  const last = Math.ceil(until / 1000);
  const step = chooseStep(last - first);
  const before = findNeighbour(times, value, "before");
  const after = findNeighbour(times, value, "after");
  return (
    <div className={styles.slider}>
      <div className={styles.sliderHead}>
        <label htmlFor={id}>{label}</label>
        <output htmlFor={id} className={styles.sliderValue}>
          {formats.time(value, "day")} {formats.time(value, "clock")}
        </output>
        <span className={styles.sliderSteps}>
          <IconButton
            size="s"
            icon="left"
            label={own.earlier}
            disabled={before === undefined}
            onClick={() => before !== undefined && onChange(before)}
          />
          <IconButton
            size="s"
            icon="right"
            label={own.later}
            disabled={after === undefined}
            onClick={() => after !== undefined && onChange(after)}
          />
          <Button size="s" look="quiet" disabled={value >= until} onClick={() => onChange(until)}>
            {own.now}
          </Button>
        </span>
      </div>
      <div className={styles.marks} aria-hidden>
        {countByPart(times, from, until, PARTS).map((share, part) => (
          <span key={part} style={{ height: share ? `${String(20 + share * 80)}%` : 0 }} />
        ))}
      </div>
      <input
        id={id}
        className={styles.range}
        type="range"
        min={first}
        max={last}
        step={step}
        value={Math.round(value / 1000)}
        aria-valuetext={formats.time(value, "full")}
        onChange={(event) => {
          const seconds = Number(event.target.value);
          // The last step may end before the last moment.
          onChange(seconds + step > last ? until : Math.max(from, seconds * 1000));
        }}
      />
      <div className={styles.ends} aria-hidden>
        <span>{formats.time(from, "short")}</span>
        <span>{formats.time(until, "short")}</span>
      </div>
    </div>
  );
}
