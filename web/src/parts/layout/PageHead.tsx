// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, type ReactNode } from "react";
import { useWords } from "@/words";
import { Icon } from "../icon/Icon";
import { Link, type LinkProps } from "@tanstack/react-router";
import styles from "./layout.module.css";

export interface PageHeadProps {
  title: string;
  /** What stands beside the title, such as a state. */
  aside?: ReactNode;
  /** One line below it. */
  lead?: ReactNode;
  actions?: ReactNode;
  /** The page above. */
  up?: LinkProps & { text: string };
}

/** The head of a page: its title, which is also the tab's, and what can be done. */
export function PageHead({ title, aside, lead, actions, up }: PageHeadProps): ReactNode {
  const words = useWords();
  useEffect(() => {
    document.title = `${title} · ${words.shell.product}`;
  }, [title, words]);
  return (
    <header className={styles.pageHead}>
      <div className={styles.pageTitles}>
        {up && (
          <Link {...up} className={styles.up}>
            <Icon name="left" />
            {up.text}
          </Link>
        )}
        <div className={styles.pageTitle}>
          <h1>{title}</h1>
          {aside}
        </div>
        {lead && <div className={styles.lead}>{lead}</div>}
      </div>
      {actions && (
        <div className={styles.pageActions} data-print="no">
          {actions}
        </div>
      )}
    </header>
  );
}
