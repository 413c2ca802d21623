// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Guest } from "@/api/shapes";

/** What the list of guests makes of them. Pure. */

/** The state that a guest is listed under. */
export function readState(guest: Pick<Guest, "status" | "template">): string {
  return guest.template ? "template" : guest.status;
}

export interface Sums {
  /** How many guests are in each state, those that run first. */
  states: readonly { state: string; count: number }[];
  locked: number;
  /** Of those that run: processors, and bytes of memory given and used. */
  cpus: number;
  maxmem: number;
  mem: number;
}

const ORDER = ["running", "paused", "suspended", "stopped", "template"];

/** Sum up guests. */
export function sumGuests(guests: readonly Guest[]): Sums {
  const counts = new Map<string, number>();
  const sums = { locked: 0, cpus: 0, maxmem: 0, mem: 0 };
  for (const guest of guests) {
    const state = readState(guest);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (guest.lock) sums.locked += 1;
    if (guest.status !== "running") continue;
    sums.cpus += guest.cpus ?? 0;
    sums.maxmem += guest.maxmem ?? 0;
    sums.mem += guest.mem ?? 0;
  }
  const place = (state: string): number => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);
  const states = [...counts].map(([state, count]) => ({ state, count }));
  return { ...sums, states: states.sort((left, right) => place(left.state) - place(right.state)) };
}

/** Whether a filter has a term. */
export function hasTerm(filter: string, term: string): boolean {
  return filter.split(/\s+/).includes(term);
}

/** Put a term into a filter instead of those of the same column, or take it out. */
export function toggleTerm(filter: string, term: string): string {
  const column = term.slice(0, term.search(/[:=]/) + 1);
  const others = filter.split(/\s+/).filter((each) => each && !each.startsWith(column));
  return (hasTerm(filter, term) ? others : [...others, term]).join(" ");
}

/** All tags that guests have. */
export function listTags(guests: readonly Guest[]): string[] {
  return [...new Set(guests.flatMap((guest) => guest.tags ?? []))].sort((left, right) => left.localeCompare(right));
}
