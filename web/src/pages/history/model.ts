// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the pages of the history show, made of what the server answers. Pure. */

export interface HistoryChange {
  at: string;
  what: "appeared" | "changed" | "gone" | "back";
  kind: string;
  key: string;
  name?: string;
  node?: string;
  who: string;
  source: "run" | "task" | "several" | "outside" | "earlier" | "unseen";
  user?: string;
  run_id?: string;
  upids?: string[];
  not_before?: string;
  fields?: { path: string; before: unknown; after: unknown; who?: string }[];
}

export interface Changes {
  since: string | null;
  until: string;
  synced_at: string | null;
  warnings: string[];
  changes: HistoryChange[];
}

export interface Span {
  begins_at: string | null;
  looked_at: string | null;
}

export interface PastObject {
  key: string;
  document: { overview?: Readonly<Record<string, unknown>>; [part: string]: unknown };
}

export interface PastGuest {
  vmid: number;
  name: string;
  type: string;
  status: string;
  node: string;
  pool: string;
  tags: string[];
  cpus: number | undefined;
  maxmem: number | undefined;
  maxdisk: number | undefined;
  isTemplate: boolean;
  document: PastObject["document"];
}

/** Changes by their local day, newest first, as they come. */
export function groupByDay(changes: readonly HistoryChange[]): { day: string; changes: HistoryChange[] }[] {
  const days: { day: string; changes: HistoryChange[] }[] = [];
  for (const change of changes) {
    const day = new Date(change.at).toDateString();
    const last = days.at(-1);
    if (last?.day === day) last.changes.push(change);
    else days.push({ day, changes: [change] });
  }
  return days;
}

/** A guest as the list of all guests had it. */
export function readGuest({ key, document }: PastObject): PastGuest {
  const seen = document.overview ?? {};
  const text = (name: string): string => (typeof seen[name] === "string" ? seen[name] : "");
  const number = (name: string): number | undefined => (typeof seen[name] === "number" ? seen[name] : undefined);
  return {
    vmid: Number(key),
    name: text("name"),
    type: text("type"),
    status: text("status"),
    node: text("node"),
    pool: text("pool"),
    tags: text("tags")
      .split(/[;, ]+/)
      .filter(Boolean),
    cpus: number("cpus"),
    maxmem: number("maxmem"),
    maxdisk: number("maxdisk"),
    isTemplate: Boolean(seen.template),
    document,
  };
}

/** How many changes fall into each of so many equal parts of a time, each as a share of the most. */
export function countByPart(times: readonly number[], from: number, until: number, parts: number): number[] {
  const counts = Array.from({ length: parts }, () => 0);
  const width = Math.max(until - from, 1) / parts;
  for (const time of times) {
    if (time < from || time > until) continue;
    const part = Math.min(parts - 1, Math.floor((time - from) / width));
    counts[part] = (counts[part] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  return counts.map((count) => count / most);
}

const STEPS = [1, 5, 15, 60, 300, 900, 3600, 21_600, 86_400] as const;

/** By how many seconds a slider over so many moves. */
export function chooseStep(seconds: number): number {
  return STEPS.find((step) => seconds / step <= 500) ?? 86_400;
}

/** The change before, or after, a moment; all in milliseconds. Undefined where there is none. */
export function findNeighbour(times: readonly number[], at: number, direction: "before" | "after"): number | undefined {
  const found = direction === "before" ? times.filter((time) => time < at) : times.filter((time) => time > at);
  if (!found.length) return undefined;
  return direction === "before" ? Math.max(...found) : Math.min(...found);
}

/** What a local `datetime-local` input holds as a time for the server; undefined where it holds none. */
export function readLocalTime(text: string): string | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
