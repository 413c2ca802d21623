// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { classes } from "../classes";
import styles from "./values.module.css";

export interface KeyValue {
  name: ReactNode;
  value: ReactNode;
  key?: string;
}

/** Names with their values. Those without a value are left out. */
export function KeyValues({
  items,
  size = "m",
  columns,
}: {
  items: readonly KeyValue[];
  size?: "m" | "s";
  columns?: boolean;
}): ReactNode {
  return (
    <dl className={classes(styles.list, size === "s" && styles.listSmall, columns && styles.columns)}>
      {items
        .filter(({ value }) => value !== undefined && value !== null && value !== "")
        .map(({ name, value, key }, index) => (
          <div key={key ?? index} className={styles.pair}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
