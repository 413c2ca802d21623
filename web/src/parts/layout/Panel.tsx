// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useId, type ReactNode } from "react";
import { classes } from "../classes";
import { Icon, type IconName } from "../icon/Icon";
import styles from "./layout.module.css";

export interface PanelProps {
  title?: ReactNode;
  icon?: IconName;
  /** A figure or state beside the title. */
  aside?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Lets its content reach its edges, as tables and lists want. */
  flush?: boolean;
  level?: 2 | 3;
  className?: string;
}

/** A part of a page with a heading of its own. */
export function Panel({ title, icon, aside, actions, children, flush, level = 2, className }: PanelProps): ReactNode {
  const id = useId();
  const Heading = `h${String(level)}` as "h2" | "h3";
  return (
    <section className={classes(styles.panel, className)} aria-labelledby={title ? id : undefined}>
      {title && (
        <header className={styles.panelHead}>
          {icon && <Icon name={icon} className={styles.panelSign} />}
          <Heading id={id} className={styles.panelTitle}>
            {title}
          </Heading>
          {aside && <div className={styles.panelAside}>{aside}</div>}
          {actions && (
            <div className={styles.panelActions} data-print="no">
              {actions}
            </div>
          )}
        </header>
      )}
      <div className={flush ? styles.panelFlush : styles.panelBody}>{children}</div>
    </section>
  );
}

/** Panels beside each other, as many as there is room for. */
export function PanelGrid({ children, least = "20rem" }: { children: ReactNode; least?: string }): ReactNode {
  return (
    <div className={styles.grid} style={{ "--least": least } as Record<string, string>}>
      {children}
    </div>
  );
}

/** Parts of a page below each other. */
export function Stack({ children, gap = "4" }: { children: ReactNode; gap?: "1" | "2" | "3" | "4" | "6" }): ReactNode {
  return (
    <div className={styles.stack} style={{ gap: `var(--s-${gap})` }}>
      {children}
    </div>
  );
}

/** Things in a row that wraps. */
export function Row({
  children,
  gap = "2",
  justify,
}: {
  children: ReactNode;
  gap?: "1" | "2" | "3" | "4" | "6";
  justify?: "between" | "end";
}): ReactNode {
  return (
    <div
      className={styles.row}
      style={{ gap: `var(--s-${gap})`, justifyContent: justify === "between" ? "space-between" : justify }}
    >
      {children}
    </div>
  );
}
