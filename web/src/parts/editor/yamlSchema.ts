// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from "yaml";
import type { JsonSchema } from "@/api/shapes";
import { resolveSchema } from "../form/model";
import type { TextProblem } from "./Editor";

/** What YAML says by a JSON Schema: where the cursor is, what could stand there, what is wrong. Pure. */

export type Place = readonly (string | number)[];

export interface Suggestion {
  label: string;
  kind: "property" | "value";
  detail?: string;
  info?: string;
}

/** The schemas that hold at a place; more than one where the document may choose. */
export function findSchemas(root: JsonSchema, place: Place): JsonSchema[] {
  let found = expand(root, root);
  for (const step of place) {
    found = found.flatMap((schema) => stepInto(schema, step)).flatMap((schema) => expand(schema, root));
  }
  return found;
}

function expand(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema[] {
  const resolved = resolveSchema(schema, root);
  if (depth > 6) return [resolved];
  const choices = [...(resolved.anyOf ?? []), ...(resolved.oneOf ?? []), ...(resolved.allOf ?? [])];
  return [resolved, ...choices.flatMap((each) => expand(each, root, depth + 1))];
}

function stepInto(schema: JsonSchema, step: string | number): JsonSchema[] {
  if (typeof step === "number") return schema.items ? [schema.items] : [];
  const property = schema.properties?.[step];
  if (property) return [property];
  const byPattern = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) => testPattern(pattern, step));
  if (byPattern.length) return byPattern.map(([, each]) => each);
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}

function testPattern(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return false;
  }
}

/**
 * The way to the innermost thing around a position, by the lines' indents, so that it works in text that is not
 * whole.
 */
export function findPlace(
  text: string,
  position: number,
): { place: Place; isValue: boolean; name: string | null; known: string[] } {
  const lineStart = text.lastIndexOf("\n", position - 1) + 1;
  const before = text.slice(lineStart, position);
  const inline = /^(\s*(?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s:#][^:#]*?))\s*:\s+/.exec(before);
  const indent = (/^\s*(?:- +)*/.exec(before)?.[0] ?? "").length;
  const lines = text.slice(0, lineStart).split("\n").slice(0, -1);
  const steps: (string | number)[] = [];
  let limit = indent;
  const dashes = countDashes(before);
  for (let number = lines.length - 1; number >= 0 && limit > 0; number -= 1) {
    const line = lines[number] ?? "";
    if (!line.trim() || line.trimStart().startsWith("#")) continue;
    const found = /^(\s*)((?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s:#][^:#]*?))\s*:(?:\s|$)/.exec(line);
    const lead = (found?.[1] ?? "").length + (found?.[2] ?? "").length;
    if (!found || lead >= limit) continue;
    steps.unshift(found[3] ?? found[4] ?? found[5] ?? "");
    limit = lead;
  }
  const place: (string | number)[] = [...steps];
  if (dashes > 0 || isInListItem(lines, indent)) place.push(0);
  const name = inline ? (inline[2] ?? inline[3] ?? inline[4] ?? "") : null;
  return {
    place: name === null ? place : [...place, name],
    isValue: name !== null,
    name,
    known: listSiblings(text, lineStart, indent),
  };
}

function countDashes(line: string): number {
  return (/^\s*((?:- +)*)/.exec(line)?.[1] ?? "").replace(/[^-]/g, "").length;
}

/** Whether a line with this indent goes on with a list's item that began above. */
function isInListItem(lines: readonly string[], indent: number): boolean {
  for (let number = lines.length - 1; number >= 0; number -= 1) {
    const line = lines[number] ?? "";
    if (!line.trim()) continue;
    const own = (/^\s*/.exec(line)?.[0] ?? "").length;
    const whole = (/^\s*(?:- +)*/.exec(line)?.[0] ?? "").length;
    if (whole === indent && whole > own) return true;
    if (own < indent) return false;
  }
  return false;
}

/** The names that stand beside a line already. */
function listSiblings(text: string, lineStart: number, indent: number): string[] {
  const names: string[] = [];
  const collect = (lines: readonly string[]): void => {
    for (const line of lines) {
      if (!line.trim() || line.trimStart().startsWith("#")) continue;
      const lead = /^\s*(?:- +)*/.exec(line)?.[0] ?? "";
      if (lead.length < indent) return;
      if (lead.length > indent) continue;
      const found = /^(?:"([^"]*)"|'([^']*)'|([^\s:#][^:#]*?))\s*:/.exec(line.slice(lead.length));
      if (found) names.push(found[1] ?? found[2] ?? found[3] ?? "");
      if (lead.includes("-")) return;
    }
  };
  collect(text.slice(0, lineStart).split("\n").slice(0, -1).reverse());
  const lineEnd = text.indexOf("\n", lineStart);
  if (lineEnd >= 0)
    collect(
      text
        .slice(lineEnd + 1)
        .split("\n")
        .filter((line) => !line.trimStart().startsWith("- ")),
    );
  return names;
}

/** What could stand at a position. */
export function suggest(root: JsonSchema, text: string, position: number): Suggestion[] {
  const { place, isValue, known } = findPlace(text, position);
  const schemas = findSchemas(root, place);
  const byLabel = new Map<string, Suggestion>();
  const add = (suggestion: Suggestion): void => {
    if (!byLabel.has(suggestion.label)) byLabel.set(suggestion.label, suggestion);
  };
  for (const schema of schemas) {
    if (isValue) {
      for (const value of schema.enum ?? []) add({ label: String(value), kind: "value" });
      if (schema.const !== undefined) add({ label: String(schema.const), kind: "value" });
      if (schema.type === "boolean") for (const value of ["true", "false"]) add({ label: value, kind: "value" });
      if (schema.default !== undefined && typeof schema.default !== "object")
        add({ label: String(schema.default), kind: "value", detail: "default" });
      continue;
    }
    const items = schema.items?.enum ?? [];
    for (const value of items) add({ label: String(value), kind: "value" });
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (known.includes(name)) continue;
      const resolved = resolveSchema(property, root);
      const type = Array.isArray(resolved.type) ? resolved.type.join(" | ") : resolved.type;
      add({
        label: name,
        kind: "property",
        ...(type && { detail: type }),
        ...(resolved.description && { info: resolved.description }),
      });
    }
  }
  return [...byLabel.values()];
}

/** The way to what is at a position of a whole document. */
export function findNodePlace(text: string, position: number): Place {
  const document = parseDocument(text, { strict: false });
  const place: (string | number)[] = [];
  walk(document.contents as Node | null, position, place);
  return place;
}

function walk(node: Node | null, position: number, place: (string | number)[]): void {
  if (isMap(node)) {
    for (const pair of node.items) {
      const [from, to] = rangeOfPair(pair);
      if (position < from || position > to) continue;
      place.push(String(isScalar(pair.key) ? pair.key.value : pair.key));
      walk(pair.value as Node | null, position, place);
      return;
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      const range = (item as Node).range;
      if (!range || position < range[0] || position > range[2]) return;
      place.push(index);
      walk(item as Node, position, place);
    });
  }
}

function rangeOfPair(pair: Pair): [number, number] {
  const key = (pair.key as Node | null)?.range;
  const value = (pair.value as Node | null)?.range;
  return [key?.[0] ?? 0, value?.[2] ?? key?.[2] ?? 0];
}

/** What is wrong with a text: as YAML, and, by the schema, names that there are not and values of other types. */
export function findProblems(text: string, schema: JsonSchema | undefined): TextProblem[] {
  const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: false, uniqueKeys: true });
  const problems: TextProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    message: error.message,
    severity: error.name === "YAMLWarning" ? "warning" : "error",
    from: error.pos[0],
    to: Math.max(error.pos[0] + 1, error.pos[1]),
  }));
  if (schema && !document.errors.length)
    checkNode(document.contents as Node | null, schema, schema, document, problems);
  return problems;
}

function checkNode(
  node: Node | null,
  schema: JsonSchema,
  root: JsonSchema,
  document: Document,
  problems: TextProblem[],
): void {
  if (!node) return;
  const found = expand(schema, root);
  // What may be one of several things is left to the server, which says what is wrong best.
  if (found.some((each) => each.anyOf ?? each.oneOf ?? each.allOf)) return;
  const [own] = found;
  if (!own) return;
  if (isMap(node)) {
    const isClosed = own.additionalProperties === false && own.properties !== undefined;
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      const inner = stepInto(own, name);
      if (!inner.length && isClosed && name !== "<<") {
        problems.push(at(pair.key as Node | null, `${name}?${nearest(name, Object.keys(own.properties ?? {}))}`));
      }
      for (const each of inner) checkNode(pair.value as Node | null, each, root, document, problems);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) if (own.items) checkNode(item as Node, own.items, root, document, problems);
  } else if (isScalar(node)) {
    const value: unknown = node.value;
    // A template may stand for a value of any type.
    if (typeof value === "string" && value.includes("{{")) return;
    if (own.enum && !own.enum.includes(value) && value !== null)
      problems.push(at(node, own.enum.map(String).join(" | ")));
    else if ((own.type === "integer" || own.type === "number") && typeof value === "number") {
      if (own.minimum !== undefined && value < own.minimum) problems.push(at(node, `≥ ${String(own.minimum)}`));
      if (own.maximum !== undefined && value > own.maximum) problems.push(at(node, `≤ ${String(own.maximum)}`));
    }
  }
}

function at(node: Node | null, message: string): TextProblem {
  const range = node?.range ?? [0, 1, 1];
  return { message, severity: "warning", from: range[0], to: Math.max(range[0] + 1, range[1]) };
}

/** The name that was probably meant, as ` → name`. */
function nearest(name: string, names: readonly string[]): string {
  let best = "";
  let least = 3;
  for (const each of names) {
    const distance = measure(name, each);
    if (distance < least) [best, least] = [each, distance];
  }
  return best ? ` → ${best}` : "";
}

/** Edits from one word to another. */
function measure(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(left[i - 1] !== right[j - 1])),
      );
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
