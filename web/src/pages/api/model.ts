// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** The OpenAPI document as a page shows it. Pure. */

import type { JsonSchema } from "@/api/shapes";
import { foldText } from "@/parts/table/filter";

interface Media {
  schema?: JsonSchema;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema?: JsonSchema;
}

interface RawOperation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { content?: Record<string, Media> };
  responses?: Record<string, { description?: string; content?: Record<string, Media> }>;
}

export interface OpenApi {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, JsonSchema> };
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  tag: string;
  isOpen: boolean;
  parameters: Parameter[];
  body: JsonSchema | undefined;
  answers: { status: string; description: string; schema: JsonSchema | undefined }[];
}

/** All operations in the document's order. */
export function listOperations(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      id: raw.operationId,
      method: method.toUpperCase(),
      path,
      summary: raw.summary ?? raw.operationId,
      description: raw.description ?? "",
      tag: raw.tags?.[0] ?? "",
      isOpen: !raw.security?.length,
      parameters: raw.parameters ?? [],
      body: takeSchema(raw.requestBody?.content),
      answers: Object.entries(raw.responses ?? {}).map(([status, answer]) => ({
        status,
        description: answer.description ?? "",
        schema: takeSchema(answer.content),
      })),
    })),
  );
}

function takeSchema(content: Record<string, Media> | undefined): JsonSchema | undefined {
  return Object.values(content ?? {})[0]?.schema;
}

/** The operations that have all words in path, name, summary or description, by tag. */
export function groupOperations(
  operations: readonly Operation[],
  query: string,
): { tag: string; operations: Operation[] }[] {
  const words = foldText(query).split(/\s+/).filter(Boolean);
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    const { method, path, id, summary, description, tag } = operation;
    const text = foldText(`${method} ${path} ${id} ${summary} ${description} ${tag}`);
    if (words.every((word) => text.includes(word))) groups.set(tag, [...(groups.get(tag) ?? []), operation]);
  }
  return [...groups].map(([tag, found]) => ({ tag, operations: found }));
}

export interface SchemaRow {
  name: string;
  depth: number;
  type: string;
  required: boolean;
  description: string;
  limits: string[];
}

const DEEPEST = 5;

/** The properties of a schema, those inside of others below them. */
export function listRows(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>, depth = 0): SchemaRow[] {
  const resolved = resolve(schema, schemas);
  const required = new Set(resolved.required ?? []);
  return Object.entries(resolved.properties ?? {}).flatMap(([name, property]) => {
    const own = resolve(property, schemas);
    const items = own.items ? resolve(own.items, schemas) : undefined;
    const row = {
      name,
      depth,
      type: describeType(own, schemas),
      required: required.has(name),
      description: own.description ?? "",
      limits: listLimits(own),
    };
    if (depth >= DEEPEST) return [row];
    return [row, ...listRows(items ?? own, schemas, depth + 1)];
  });
}

/** A schema without references, and as one where it is made of several. */
export function resolve(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const name = schema.$ref?.replace(/^.*\//, "");
  const found = name === undefined ? schema : { ...(schemas[name] ?? {}), ...schema, $ref: undefined };
  if (!found.allOf) return found as JsonSchema;
  const parts = found.allOf.map((part) => resolve(part, schemas));
  return {
    ...(found as JsonSchema),
    type: "object",
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, JsonSchema>,
    required: parts.flatMap((part) => part.required ?? []),
  };
}

/** The type of a schema in a word: `list of text` is `string[]`. */
export function describeType(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): string {
  const { type, items, enum: choices, anyOf, oneOf } = resolve(schema, schemas);
  if (items && (type === "array" || type === undefined)) return `${describeType(items, schemas)}[]`;
  if (type !== undefined) return Array.isArray(type) ? type.join(" | ") : type;
  const several = anyOf ?? oneOf;
  if (several) return [...new Set(several.map((each) => describeType(each, schemas)))].join(" | ");
  return choices ? "enum" : "any";
}

function listLimits(schema: JsonSchema): string[] {
  const limits: string[] = [];
  if (schema.enum) limits.push(schema.enum.map(String).join(" | "));
  if (schema.minimum !== undefined) limits.push(`≥ ${String(schema.minimum)}`);
  if (schema.maximum !== undefined) limits.push(`≤ ${String(schema.maximum)}`);
  if (schema.maxLength !== undefined) limits.push(`≤ ${String(schema.maxLength)} ⌶`);
  if (schema.pattern) limits.push(schema.pattern);
  if (schema.default !== undefined) limits.push(`= ${JSON.stringify(schema.default)}`);
  return limits;
}

/** A body with what has to be in it, to be filled in. */
export function makeExample(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
): Record<string, unknown> {
  const resolved = resolve(schema, schemas);
  return Object.fromEntries(
    (resolved.required ?? []).map((name) => [
      name,
      exampleOf(resolve(resolved.properties?.[name] ?? {}, schemas), name, schemas),
    ]),
  );
}

function exampleOf(schema: JsonSchema, name: string, schemas: Readonly<Record<string, JsonSchema>>): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum?.length) return schema.enum[0];
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return makeExample(schema, schemas);
    default:
      return name.toUpperCase();
  }
}
