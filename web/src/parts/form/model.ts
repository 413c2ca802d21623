// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { JsonSchema } from "@/api/shapes";

/** The model of a form from a JSON Schema: which input each part gets, and what is wrong with a value. Pure. */

export type Kind =
  | "text"
  | "lines"
  | "secret"
  | "choice"
  | "number"
  | "whole"
  | "boolean"
  | "texts"
  | "choices"
  | "objects"
  | "object"
  | "json";

export type Complaint =
  | { kind: "required" | "number" | "whole" | "pattern" | "choice" | "json" }
  | { kind: "minimum" | "maximum"; limit: number };

const SHORT_LIST = 12;

/** Follow a reference within the schema's own definitions, and the one type beside null. */
export function resolveSchema(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let resolved = schema;
  for (let depth = 0; resolved.$ref && depth < 8; depth += 1) {
    const found = /^#\/(\$defs|definitions)\/(.+)$/.exec(resolved.$ref);
    const definitions = found?.[1] === "definitions" ? root.definitions : root.$defs;
    const next = found?.[2] ? definitions?.[found[2]] : undefined;
    if (!next) break;
    const { $ref: _ref, ...rest } = resolved;
    resolved = { ...next, ...rest };
  }
  const choices = (resolved.anyOf ?? resolved.oneOf)?.filter((each) => each.type !== "null");
  if (choices?.length === 1 && choices[0]) {
    const { anyOf: _any, oneOf: _one, ...rest } = resolved;
    return { ...resolveSchema(choices[0], root), ...rest };
  }
  return resolved;
}

function typeOf(schema: JsonSchema): string | undefined {
  if (!Array.isArray(schema.type)) return schema.type;
  const types = schema.type.filter((each) => each !== "null");
  return types.length === 1 ? types[0] : undefined;
}

/** Which input a schema gets. */
export function findKind(schema: JsonSchema): Kind {
  if (schema.enum?.every((each) => typeof each === "string")) return "choice";
  switch (typeOf(schema)) {
    case "string":
      return schema.writeOnly ? (schema["x-lines"] ? "lines" : "secret") : schema["x-lines"] ? "lines" : "text";
    case "integer":
      return "whole";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array": {
      const items = schema.items ?? {};
      if (items.enum?.every((each) => typeof each === "string")) return "choices";
      const type = typeOf(items);
      if (type === "string" || type === "integer" || type === "number") return "texts";
      return type === "object" && items.properties ? "objects" : "json";
    }
    case "object":
      return schema.properties ? "object" : "json";
    default:
      return "json";
  }
}

export interface Entries {
  /** Shown at once: what is required, and, of short forms, all. */
  first: [string, JsonSchema][];
  more: [string, JsonSchema][];
}

/** The properties of an object, those that are required first; of long ones the others only on demand. */
export function listEntries(schema: JsonSchema, first: readonly string[] = []): Entries {
  const required = new Set(schema.required ?? []);
  const entries = Object.entries(schema.properties ?? {});
  const isFirst = (name: string): boolean => required.has(name) || first.includes(name);
  if (entries.length <= SHORT_LIST) {
    return {
      first: [...entries.filter(([name]) => isFirst(name)), ...entries.filter(([name]) => !isFirst(name))],
      more: [],
    };
  }
  const shown = entries.filter(([name]) => isFirst(name));
  const others = entries.filter(([name]) => !isFirst(name));
  const room = Math.max(0, SHORT_LIST - 4 - shown.length);
  return { first: [...shown, ...others.slice(0, room)], more: others.slice(room) };
}

/** Set one field of a value; undefined takes it out. */
export function setField(
  value: Readonly<Record<string, unknown>>,
  name: string,
  field: unknown,
): Record<string, unknown> {
  const { [name]: _before, ...others } = value;
  if (field === undefined) return others;
  return { ...value, [name]: field };
}

/** A text of a list's items as one of them: numbers where the schema wants numbers. */
export function readItem(text: string, items: JsonSchema): unknown {
  const type = typeOf(items);
  if (type !== "integer" && type !== "number") return text;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

/**
 * What is wrong with a value, by the path of the field: `disks[0].size`. Only what the schema says; the server
 * says the rest.
 */
export function checkValue(schema: JsonSchema, value: unknown, root: JsonSchema = schema): Map<string, Complaint> {
  const complaints = new Map<string, Complaint>();
  check(resolveSchema(schema, root), value, "", root, complaints);
  return complaints;
}

function check(
  schema: JsonSchema,
  value: unknown,
  path: string,
  root: JsonSchema,
  complaints: Map<string, Complaint>,
): void {
  const kind = findKind(schema);
  if (kind === "object" && isObject(value)) {
    for (const name of schema.required ?? []) {
      const field = value[name];
      const isClear = field === "" && schema.properties?.[name]?.["x-clears"] === true;
      if (field === undefined || (field === "" && !isClear)) complaints.set(join(path, name), { kind: "required" });
    }
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (value[name] !== undefined)
        check(resolveSchema(property, root), value[name], join(path, name), root, complaints);
    }
  } else if ((kind === "objects" || kind === "texts" || kind === "choices") && Array.isArray(value)) {
    const items = resolveSchema(schema.items ?? {}, root);
    value.forEach((item, index) => check(items, item, `${path}[${String(index)}]`, root, complaints));
  } else {
    const complaint = checkScalar(kind, schema, value);
    if (complaint) complaints.set(path, complaint);
  }
}

function checkScalar(kind: Kind, schema: JsonSchema, value: unknown): Complaint | null {
  if (kind === "json") return value instanceof BrokenJson ? { kind: "json" } : null;
  if (kind === "choice") return schema.enum?.includes(value) ? null : { kind: "choice" };
  if (kind === "number" || kind === "whole") {
    if (typeof value !== "number" || !Number.isFinite(value)) return { kind: "number" };
    if (kind === "whole" && !Number.isInteger(value)) return { kind: "whole" };
    if (schema.minimum !== undefined && value < schema.minimum) return { kind: "minimum", limit: schema.minimum };
    if (schema.maximum !== undefined && value > schema.maximum) return { kind: "maximum", limit: schema.maximum };
    return null;
  }
  if (typeof value === "string" && value !== "" && schema.pattern && !makePattern(schema.pattern)?.test(value))
    return { kind: "pattern" };
  return null;
}

function makePattern(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return null;
  }
}

/** Text that should be JSON and is not, kept in the place of its value. */
export class BrokenJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}
