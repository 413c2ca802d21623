// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { Icon, type IconName } from "../icon/Icon";
import styles from "./notes.module.css";

export interface EmptyProps {
  icon?: IconName;
  title: ReactNode;
  /** The next step. */
  children?: ReactNode;
  actions?: ReactNode;
}

/** Says that there is nothing, and the next step. */
export function Empty({ icon = "info", title, children, actions }: EmptyProps): ReactNode {
  return (
    <div className={styles.empty}>
      <span className={styles.disc}>
        <Icon name={icon} size={24} />
      </span>
      <p className={styles.what}>{title}</p>
      {children && <div className={styles.nextStep}>{children}</div>}
      {actions && <div className={styles.emptyActions}>{actions}</div>}
    </div>
  );
}
