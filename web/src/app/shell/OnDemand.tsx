// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { cloneElement, lazy, Suspense, useState, type ReactNode } from "react";
import type { TopMenuProps } from "./TopMenus";

const load = (): Promise<typeof import("./TopMenus")> => import("./TopMenus");
const TopMenu = lazy(load);

/** A button whose menu is loaded when somebody reaches for it: the first page needs none. */
export function OnDemand(props: TopMenuProps): ReactNode {
  const [isWanted, setWanted] = useState(false);
  const button = cloneElement(props.trigger, {
    "aria-haspopup": props.kind === "help" ? "dialog" : "menu",
    "aria-expanded": false,
    onPointerEnter: () => void load(),
    onFocus: () => void load(),
    onClick: () => setWanted(true),
  });
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <TopMenu {...props} />
    </Suspense>
  );
}
