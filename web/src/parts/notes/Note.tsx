// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { classes } from "../classes";
import { Icon, type IconName } from "../icon/Icon";
import styles from "./notes.module.css";

export type Tone = "ok" | "warn" | "bad" | "info" | "idle";

export const SIGN_OF_TONE: Record<Tone, IconName> = {
  ok: "ok",
  warn: "warn",
  bad: "bad",
  info: "info",
  idle: "minus",
};

export interface NoteProps {
  tone?: Tone;
  icon?: IconName;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}

/** Something to know, in place. */
export function Note({ tone = "info", icon, title, children, actions }: NoteProps): ReactNode {
  return (
    <div className={classes(styles.note, styles[tone])} role={tone === "bad" || tone === "warn" ? "status" : undefined}>
      <Icon name={icon ?? SIGN_OF_TONE[tone]} size={20} className={styles.sign} />
      <div className={styles.content}>
        {title && <p className={styles.what}>{title}</p>}
        {children && <div className={title ? styles.why : undefined}>{children}</div>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
