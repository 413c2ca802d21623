// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { followWithQueries, live } from "@/api/live";
import { classes } from "@/parts/classes";
import { useWords } from "@/words";
import { PagePending } from "../PagePending";
import { Foot, SideNav } from "./SideNav";
import { FreezeBanner, TopBar } from "./TopBar";
import { useShortcuts } from "./useShortcuts";
import { useWasTrue } from "./useWasTrue";
import styles from "./shell.module.css";

const KEY = "playvisor.side";
const Palette = lazy(async () => ({ default: (await import("./Palette")).Palette }));
const Shortcuts = lazy(async () => ({ default: (await import("./Shortcuts")).Shortcuts }));

/** The frame around all pages: navigation, top bar, palette, and the page in the middle. */
export function Shell(): ReactNode {
  const words = useWords();
  const client = useQueryClient();
  const [isNarrow, setNarrow] = useState(readNarrow);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  // Their code is loaded when they are opened first, and they stay for their way out.
  const wasPaletteOpen = useWasTrue(isPaletteOpen);
  const wasHelpOpen = useWasTrue(isHelpOpen);
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const shown = useRef(pathname);

  useEffect(() => {
    live.start();
    const end = followWithQueries(client);
    return () => {
      end();
      live.stop();
    };
  }, [client]);

  // A new page begins at its head, also for those who hear it.
  useEffect(() => {
    if (shown.current !== undefined && shown.current !== pathname) main.current?.focus({ preventScroll: true });
    shown.current = pathname;
  }, [pathname]);

  const toggleSide = (): void =>
    setNarrow((before) => {
      keepNarrow(!before);
      return !before;
    });
  useShortcuts({ openPalette: () => setPaletteOpen(true), openHelp: () => setHelpOpen(true), toggleSide });

  return (
    <div className={classes(styles.shell, isNarrow && styles.narrow)}>
      <a className={styles.skip} href="#main" onClick={() => main.current?.focus()}>
        {words.shell.skip}
      </a>
      <SideNav isNarrow={isNarrow} onToggle={toggleSide} />
      <div className={styles.middle}>
        <TopBar onSearch={() => setPaletteOpen(true)} onHelp={() => setHelpOpen(true)} />
        <FreezeBanner />
        <main id="main" ref={main} tabIndex={-1} className={styles.main}>
          <Suspense fallback={<PagePending />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Foot />
      <Suspense fallback={null}>
        {wasPaletteOpen && (
          <Palette open={isPaletteOpen} onOpenChange={setPaletteOpen} onHelp={() => setHelpOpen(true)} />
        )}
        {wasHelpOpen && <Shortcuts open={isHelpOpen} onOpenChange={setHelpOpen} />}
      </Suspense>
    </div>
  );
}

function readNarrow(): boolean {
  try {
    return localStorage.getItem(KEY) === "narrow";
  } catch {
    return false;
  }
}

function keepNarrow(isNarrow: boolean): void {
  try {
    localStorage.setItem(KEY, isNarrow ? "narrow" : "wide");
  } catch {
    // Storage is off.
  }
}
