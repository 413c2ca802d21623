// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import { Icon, type IconName } from "../icon/Icon";
import styles from "./tabs.module.css";

export interface Tab<T extends string> {
  value: T;
  text: ReactNode;
  icon?: IconName;
  /** A number beside it. */
  count?: number | undefined;
  content: ReactNode;
}

export interface TabsProps<T extends string> {
  label: string;
  tabs: readonly Tab<T>[];
  value: T;
  onChange: (value: T) => void;
}

/** Views of one thing. Keep `value` in the address (useSearchValue), so that a tab can be linked to. */
export function Tabs<T extends string>({ label, tabs, value, onChange }: TabsProps<T>): ReactNode {
  return (
    <Base.Root value={value} onValueChange={(next: T) => onChange(next)} className={styles.root}>
      <div className={styles.scroll} data-print="no">
        <Base.List className={styles.list} aria-label={label} activateOnFocus={false}>
          {tabs.map((tab) => (
            <Base.Tab key={tab.value} value={tab.value} className={styles.tab}>
              {tab.icon && <Icon name={tab.icon} />}
              {tab.text}
              {tab.count !== undefined && <span className={styles.count}>{tab.count}</span>}
            </Base.Tab>
          ))}
          <Base.Indicator className={styles.indicator} />
        </Base.List>
      </div>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className={styles.panel}>
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
