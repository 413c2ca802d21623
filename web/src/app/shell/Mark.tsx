// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import styles from "./shell.module.css";

/** The sign of Playvisor: layers, of which the plan lies above what is. */
export function Mark({ size = 26 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" className={styles.markGround} />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinejoin="round" strokeLinecap="round">
        <path d="M8 11.5 16 7l8 4.5-8 4.5z" />
        <path d="m8 16.2 8 4.5 8-4.5" />
        <path d="m8 20.8 8 4.5 8-4.5" opacity=".55" />
      </g>
    </svg>
  );
}
