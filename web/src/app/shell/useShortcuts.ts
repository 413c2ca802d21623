// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { PAGES } from "../pages";

interface Actions {
  openPalette: () => void;
  openHelp: () => void;
  toggleSide: () => void;
}

const THEN_MS = 1_200;
const TYPED_INTO = "input, textarea, select, [contenteditable=true], [role=textbox], [data-keys=own]";

/** The shortcuts that work everywhere. Single keys don't where somebody types. */
export function useShortcuts(actions: Actions): void {
  const navigate = useNavigate();
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    let afterG = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.composedPath()[0];
      if (target instanceof Element && (target.closest(TYPED_INTO) || target.closest("[role=dialog], [role=menu]")))
        return;
      if (event.key === "?") {
        event.preventDefault();
        latest.current.openHelp();
      } else if (event.key === "[") {
        latest.current.toggleSide();
      } else if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (filter) {
          event.preventDefault();
          filter.focus();
          filter.select();
        }
      } else if (afterG > Date.now()) {
        const page = PAGES.find(({ key }) => key === event.key);
        if (page) {
          event.preventDefault();
          void navigate({ to: page.path });
        }
      }
      afterG = event.key === "g" && afterG < Date.now() ? Date.now() + THEN_MS : 0;
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate]);
}
