// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { JsonSchema, Tool } from "@/api/shapes";
import { resolveSchema } from "@/parts/form/model";

/** What a page about a tool does with its schema and with what it returned. Pure. */

const RESULT_FIELDS = new Set([
  ...["run_id", "tool", "status", "changed", "summary", "warnings", "plan", "diff", "upids", "failure"],
]);
/** What the page itself sets. */
export const OWN_ARGUMENTS = ["check", "wait"] as const;

export type Row = Readonly<Record<string, unknown>>;

/** How a tool is called from its page: a read at once, a change by its plan, and what has no plan after a question. */
export function findWay(tool: Tool): "read" | "plan" | "call" {
  if (tool.effect === "read") return "read";
  return tool.input_schema.properties?.check ? "plan" : "call";
}

/** What the tool returned beside the fields of every result. */
export function takeReturned(result: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result).filter(([name]) => !RESULT_FIELDS.has(name)));
}

/** The lists of objects in what was returned, each by its name, and the rest. */
export function splitReturned(returned: Readonly<Record<string, unknown>>): {
  lists: [string, Row[]][];
  rest: Record<string, unknown>;
} {
  const lists: [string, Row[]][] = [];
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(returned)) {
    if (isRows(value)) lists.push([name, value]);
    else rest[name] = value;
  }
  return { lists, rest };
}

/** The columns of a list: the keys of its rows, those that most have first. */
export function listColumns(rows: readonly Row[]): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) for (const name of Object.keys(row)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const order = [...counts.keys()];
  return order.sort((left, right) => (counts.get(right) ?? 0) - (counts.get(left) ?? 0));
}

function isRows(value: unknown): value is Row[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => each !== null && typeof each === "object" && !Array.isArray(each))
  );
}

/** Whether a value holds something that the schema says nobody may read. */
export function holdsSecret(schema: JsonSchema, value: unknown, root: JsonSchema = schema): boolean {
  return maskSecrets(schema, value, root) !== value;
}

/** The value with its secrets replaced; the value itself where there are none. */
export function maskSecrets(schema: JsonSchema, value: unknown, root: JsonSchema = schema): unknown {
  const resolved = resolveSchema(schema, root);
  if (resolved.writeOnly) return value === undefined ? value : "…";
  if (Array.isArray(value)) {
    const items = value.map((each) => maskSecrets(resolved.items ?? {}, each, root));
    return items.some((each, index) => each !== value[index]) ? items : value;
  }
  if (value === null || typeof value !== "object") return value;
  const pairs = Object.entries(value).map(([name, each]): [string, unknown] => [
    name,
    maskSecrets(resolved.properties?.[name] ?? {}, each, root),
  ]);
  return pairs.some(([name, each]) => each !== (value as Row)[name]) ? Object.fromEntries(pairs) : value;
}
