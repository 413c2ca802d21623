// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import type { JsonSchema } from "@/api/shapes";
import { BrokenJson, checkValue, findKind, listEntries, readItem, resolveSchema, setField } from "./model";

describe("The input of a schema", () => {
  it.each<[string, JsonSchema]>([
    ["text", { type: "string" }],
    ["lines", { type: "string", "x-lines": true }],
    ["secret", { type: "string", writeOnly: true }],
    ["choice", { type: "string", enum: ["qemu", "lxc"] }],
    ["whole", { type: "integer" }],
    ["number", { type: "number" }],
    ["boolean", { type: "boolean" }],
    ["texts", { type: "array", items: { type: "integer" } }],
    ["choices", { type: "array", items: { enum: ["a", "b"] } }],
    ["objects", { type: "array", items: { type: "object", properties: { slot: { type: "string" } } } }],
    ["object", { type: "object", properties: { tags: { type: "string" } } }],
    ["json", { type: "object" }],
    ["json", { type: "array", items: { type: "array" } }],
    ["json", {}],
    ["text", { type: ["string", "null"] }],
  ])("is %s", (kind, schema) => {
    expect(findKind(schema)).toBe(kind);
  });

  it("follows references, and what may only be null beside", () => {
    const root: JsonSchema = { $defs: { Slot: { type: "string", description: "Where" } } };
    expect(resolveSchema({ anyOf: [{ $ref: "#/$defs/Slot" }, { type: "null" }] }, root)).toMatchObject({
      type: "string",
      description: "Where",
    });
  });
});

describe("A form", () => {
  const many: JsonSchema = {
    type: "object",
    properties: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`p${String(index)}`, { type: "string" }])),
    required: ["p29"],
  };

  it("shows what is required first, and hides most of many", () => {
    const { first, more } = listEntries(many, ["p7"]);
    expect(first.map(([name]) => name).slice(0, 2)).toEqual(["p7", "p29"]);
    expect(first.length + more.length).toBe(30);
    expect(more.length).toBeGreaterThan(20);
  });

  it("leaves out what is not set, so that the server's defaults hold", () => {
    expect(setField({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
    expect(setField({ a: 1 }, "b", "")).toEqual({ a: 1, b: "" });
  });

  it("reads numbers in lists as numbers, and leaves what is none to be complained about", () => {
    expect(readItem("101", { type: "integer" })).toBe(101);
    expect(readItem("web", { type: "integer" })).toBe("web");
    expect(readItem("101", { type: "string" })).toBe("101");
  });
});

describe("What is wrong with a value", () => {
  const schema: JsonSchema = {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", pattern: "^[a-z]+$" },
      note: { type: "string", "x-clears": true },
      vmid: { type: "integer", minimum: 100, maximum: 999 },
      type: { enum: ["qemu", "lxc"] },
      vmids: { type: "array", items: { type: "integer" } },
      disks: {
        type: "array",
        items: {
          type: "object",
          required: ["slot"],
          properties: { slot: { type: "string" }, size: { type: "integer", minimum: 1 } },
        },
      },
      free: { type: "object" },
    },
  };

  it.each<[Record<string, unknown>, Record<string, string>]>([
    [{ name: "web" }, {}],
    [{}, { name: "required" }],
    [{ name: "" }, { name: "required" }],
    [{ name: "Web" }, { name: "pattern" }],
    [{ name: "web", vmid: 99 }, { vmid: "minimum" }],
    [{ name: "web", vmid: 1000 }, { vmid: "maximum" }],
    [{ name: "web", vmid: 100.5 }, { vmid: "whole" }],
    [{ name: "web", type: "vm" }, { type: "choice" }],
    [{ name: "web", note: "" }, {}],
    [{ name: "web", vmids: [101, "x"] }, { "vmids[1]": "number" }],
    [
      { name: "web", disks: [{ slot: "scsi0", size: 0 }, {}] },
      { "disks[0].size": "minimum", "disks[1].slot": "required" },
    ],
    [{ name: "web", free: new BrokenJson("{") }, { free: "json" }],
  ])("%j", (value, complaints) => {
    const found = [...checkValue(schema, value)].map(([path, { kind }]) => [path, kind]);
    expect(Object.fromEntries(found)).toEqual(complaints);
  });
});
