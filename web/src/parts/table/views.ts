// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useCallback, useSyncExternalStore } from "react";

/** What of a table somebody has set: its sorting, columns and widths. */
export interface Layout {
  sort?: { id: string; desc: boolean } | null;
  /** Columns that are shown or hidden otherwise than at first. */
  shown?: Record<string, boolean>;
  widths?: Record<string, number>;
}

export interface View extends Layout {
  name: string;
  filter: string;
}

interface Kept {
  layout: Layout;
  views: View[];
}

const NOTHING: Kept = { layout: {}, views: [] };
const PREFIX = "playvisor.table.";
const cache = new Map<string, Kept>();
const listeners = new Set<() => void>();

function read(id: string): Kept {
  const cached = cache.get(id);
  if (cached) return cached;
  let kept = NOTHING;
  try {
    const text = localStorage.getItem(PREFIX + id);
    const value = text ? (JSON.parse(text) as Partial<Kept>) : {};
    kept = { layout: value.layout ?? {}, views: Array.isArray(value.views) ? value.views : [] };
  } catch {
    // Storage is off, or holds something else: the table is as at first.
  }
  cache.set(id, kept);
  return kept;
}

function write(id: string, kept: Kept): void {
  cache.set(id, kept);
  try {
    localStorage.setItem(PREFIX + id, JSON.stringify(kept));
  } catch {
    // Storage is off: it holds until the page is left.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface TableViews {
  layout: Layout;
  views: readonly View[];
  setLayout: (change: Partial<Layout>) => void;
  resetLayout: () => void;
  saveView: (name: string, filter: string) => void;
  deleteView: (name: string) => void;
  /** Takes a view's layout over; its filter is the caller's to set. */
  applyView: (view: View) => void;
}

/** The layout and the saved views of a table, kept in this browser. */
export function useTableViews(id: string): TableViews {
  const { layout, views } = useSyncExternalStore(subscribe, () => read(id));
  const setLayout = useCallback(
    (change: Partial<Layout>) => {
      const kept = read(id);
      write(id, { ...kept, layout: { ...kept.layout, ...change } });
    },
    [id],
  );
  return {
    layout,
    views,
    setLayout,
    resetLayout: () => write(id, { ...read(id), layout: {} }),
    saveView: (name, filter) => {
      const kept = read(id);
      const others = kept.views.filter((view) => view.name !== name);
      const view: View = { ...kept.layout, name, filter };
      write(id, { ...kept, views: [...others, view].sort((left, right) => left.name.localeCompare(right.name)) });
    },
    deleteView: (name) => {
      const kept = read(id);
      write(id, { ...kept, views: kept.views.filter((view) => view.name !== name) });
    },
    applyView: ({ name: _name, filter: _filter, ...next }) => write(id, { ...read(id), layout: next }),
  };
}
