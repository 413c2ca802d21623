// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** A plan of a fleet as people read it. Pure. */

import type { Change, PlannedObject } from "./shapes";

export type Sign = "added" | "removed" | "changed" | "failed";

/** What becomes of an object: whether it is made, taken away, changed, or can't be. */
export function getSign(object: PlannedObject): Sign {
  if (object.failure && !object.changed) return "failed";
  if (isAbsent(object.before)) return "added";
  return isAbsent(object.after) ? "removed" : "changed";
}

function isAbsent(aspects: Record<string, unknown> | undefined): boolean {
  return Object.values(aspects ?? {}).some(
    (state) => typeof state === "object" && state !== null && (state as { exists?: unknown }).exists === false,
  );
}

/** How many objects have each sign. */
export function countSigns(objects: readonly PlannedObject[]): Record<Sign, number> {
  const counts: Record<Sign, number> = { added: 0, removed: 0, changed: 0, failed: 0 };
  for (const object of objects) counts[getSign(object)] += 1;
  return counts;
}

/** What changes of an object, apart from that it is there, which its sign says. */
export function listFields(object: PlannedObject): Change[] {
  return (object.changes ?? []).filter(
    ({ path, after }) => !(path.endsWith(".state") && (typeof after === "boolean" || after === null)),
  );
}

/** The path of a field inside of its object. */
export function shortenPath(path: string, object: string): string {
  return path.startsWith(`${object}.`) ? path.slice(object.length + 1) : path;
}

export interface Wave {
  /** Undefined for what does not change. */
  number: number | undefined;
  objects: PlannedObject[];
}

/** Objects in the order in which they are worked on; those that can't be planned first. */
export function groupWaves(objects: readonly PlannedObject[]): Wave[] {
  const waves = new Map<number | undefined, PlannedObject[]>();
  const order = (object: PlannedObject): number => (object.failure && !object.changed ? -1 : (object.wave ?? 99));
  for (const object of [...objects].sort((left, right) => order(left) - order(right))) {
    const number = object.changed ? (object.wave ?? undefined) : undefined;
    waves.set(number, [...(waves.get(number) ?? []), object]);
  }
  return [...waves].map(([number, inside]) => ({ number, objects: inside }));
}

const SEVERE = new Set(["needs_stop", "replaces", "loses_data"]);

export function isSevere(consequence: string | undefined): boolean {
  return consequence !== undefined && SEVERE.has(consequence);
}

/** A value in few words: texts as they are, everything else as JSON. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.map(String).join(", ");
  return JSON.stringify(value);
}
