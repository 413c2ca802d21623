// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { Dialog } from "@/parts/dialog/Dialog";
import { useWords } from "@/words";
import { PAGES } from "../pages";
import styles from "./shell.module.css";

/** The dialog that lists the keyboard shortcuts. */
export function Shortcuts({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }): ReactNode {
  const words = useWords();
  return (
    <Dialog title={words.shortcuts.title} open={open} onOpenChange={onOpenChange} size="m">
      <div className={styles.shortcuts}>
        <Keys
          title={words.shortcuts.general}
          rows={[
            [words.shortcuts.palette, "Ctrl K"],
            [words.shortcuts.help, "?"],
            [words.shortcuts.side, "["],
            [words.shortcuts.filter, "/"],
          ]}
        />
        <Keys
          title={words.shortcuts.tables}
          rows={[
            [words.shortcuts.move, "↑ ↓ Home End"],
            [words.shortcuts.select, "Space"],
            [words.shortcuts.openRow, "Enter"],
          ]}
        />
        <Keys
          title={words.shortcuts.pages}
          rows={PAGES.flatMap((page) => (page.key ? [[words.nav[page.name], `g ${page.key}`] as const] : []))}
        />
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <section>
      <h3 className={styles.keysTitle}>{title}</h3>
      <dl>
        {rows.map(([name, keys]) => (
          <div key={name} className={styles.keysRow}>
            <dt>{name}</dt>
            <dd>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
