// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { describeType, groupOperations, listOperations, listRows, makeExample, type OpenApi } from "./model";

const DOCUMENT: OpenApi = {
  info: { title: "Playvisor", version: "1" },
  paths: {
    "/api/v1/health": {
      get: { operationId: "get_health", tags: ["server"], responses: { 200: { description: "OK" } } },
    },
    "/api/v1/runs/{id}": {
      get: {
        operationId: "get_run",
        summary: "Show a run",
        tags: ["runs"],
        security: [{ token: [] }],
        responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Run" } } } } },
      },
      delete: { operationId: "cancel_run", summary: "Cancel it", tags: ["runs"], security: [{ token: [] }] },
    },
  },
  components: {
    schemas: {
      Run: {
        type: "object",
        required: ["id"],
        properties: {
          id: { type: "string" },
          tasks: { type: "array", items: { type: "object", properties: { ms: { type: "integer", minimum: 0 } } } },
        },
      },
    },
  },
};
const SCHEMAS = DOCUMENT.components?.schemas ?? {};

describe("the operations", () => {
  it("are listed with who may call them", () => {
    expect(listOperations(DOCUMENT).map(({ method, id, isOpen }) => [method, id, isOpen])).toEqual([
      ["GET", "get_health", true],
      ["GET", "get_run", false],
      ["DELETE", "cancel_run", false],
    ]);
  });

  it("are searched by words, and stand below their tag", () => {
    const found = groupOperations(listOperations(DOCUMENT), "RUN show");
    expect(found.map(({ tag, operations }) => [tag, operations.map(({ id }) => id)])).toEqual([["runs", ["get_run"]]]);
  });
});

describe("a schema", () => {
  it("has its properties as rows, through references and lists", () => {
    expect(listRows({ $ref: "#/components/schemas/Run" }, SCHEMAS)).toEqual([
      { name: "id", depth: 0, type: "string", required: true, description: "", limits: [] },
      { name: "tasks", depth: 0, type: "object[]", required: false, description: "", limits: [] },
      { name: "ms", depth: 1, type: "integer", required: false, description: "", limits: ["≥ 0"] },
    ]);
  });

  it("made of several has the properties of all", () => {
    const schema = {
      allOf: [
        { $ref: "#/components/schemas/Run" },
        { type: "object", properties: { more: { type: ["string", "null"] } } },
      ],
    };
    expect(listRows(schema, SCHEMAS).map(({ name, type }) => `${name}: ${type}`)).toContain("more: string | null");
  });

  it("has a type in a word", () => {
    expect(describeType({ anyOf: [{ type: "string" }, { type: "null" }] }, SCHEMAS)).toBe("string | null");
    expect(describeType({}, SCHEMAS)).toBe("any");
  });

  it("has an example with what is required", () => {
    expect(
      makeExample(
        {
          type: "object",
          required: ["name", "days"],
          properties: { name: { type: "string" }, days: { type: "integer", minimum: 1 } },
        },
        {},
      ),
    ).toEqual({
      name: "NAME",
      days: 1,
    });
  });
});
