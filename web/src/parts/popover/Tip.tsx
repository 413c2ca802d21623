// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement, ReactNode } from "react";
import styles from "./popover.module.css";

export interface TipProps {
  text: ReactNode;
  /** The keys that do the same, such as "Ctrl K". */
  keys?: string | undefined;
  side?: "top" | "bottom" | "left" | "right";
  children: ReactElement<Record<string, unknown>>;
}

/** A short text beside what the pointer or the keyboard is on. It never holds what stands nowhere else. */
export function Tip({ text, keys, side = "bottom", children }: TipProps): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} delay={450} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} side={side} className={styles.positioner}>
          <Tooltip.Popup className={styles.tip}>
            {text}
            {keys && keys.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
