// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useSearchValue } from "@/app/useSearchValue";
import { classes } from "@/parts/classes";
import { Status } from "@/parts/status/Status";
import { useFormats, usePageWords } from "@/words";
import styles from "./guests.module.css";
import { hasTerm, toggleTerm, type Sums } from "./model";
import { guestsWords } from "./words";

/** How many guests are in each state, to filter by; and what those that run have. */
export function Summary({ sums }: { sums: Sums | undefined }): ReactNode {
  const own = usePageWords(guestsWords);
  const formats = useFormats();
  const [filter, setFilter] = useSearchValue<string>("q", "");
  const toggle = (term: string): void => setFilter(toggleTerm(filter, term));
  return (
    <div className={styles.summary}>
      <div className={styles.states} role="group" aria-label={own.filterByState}>
        {sums?.states.map(({ state, count }) => (
          <Chip key={state} isOn={hasTerm(filter, `status=${state}`)} onToggle={() => toggle(`status=${state}`)}>
            <Status state={state} quiet /> <b>{formats.number(count)}</b>
          </Chip>
        ))}
        {sums !== undefined && sums.locked > 0 && (
          <Chip isOn={hasTerm(filter, "lock:locked")} onToggle={() => toggle("lock:locked")}>
            {own.locked} <b>{formats.number(sums.locked)}</b>
          </Chip>
        )}
      </div>
      {sums && (
        <p className={styles.given}>
          {own.running} {own.cpus(sums.cpus)}, {own.memory(formats.bytes(sums.mem), formats.bytes(sums.maxmem))}
        </p>
      )}
    </div>
  );
}

function Chip({ isOn, onToggle, children }: { isOn: boolean; onToggle: () => void; children: ReactNode }): ReactNode {
  return (
    <button type="button" aria-pressed={isOn} className={classes(styles.chip, isOn && styles.on)} onClick={onToggle}>
      {children}
    </button>
  );
}
