// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import type { JsonSchema, Tool } from "@/api/shapes";
import { findWay, holdsSecret, listColumns, maskSecrets, splitReturned, takeReturned } from "./model";

const make = (effect: Tool["effect"], properties: Record<string, JsonSchema> = {}): Tool => ({
  name: "x",
  title: "X",
  description: "",
  toolset: "x",
  effect,
  input_schema: { type: "object", properties },
});

describe("a tool", () => {
  it("is called as its effect and its schema say", () => {
    expect(findWay(make("read"))).toBe("read");
    expect(findWay(make("destroy", { check: { type: "boolean" } }))).toBe("plan");
    expect(findWay(make("operate"))).toBe("call");
  });
});

describe("what a tool returned", () => {
  it("is without what every result has, its lists of objects apart", () => {
    const returned = takeReturned({
      run_id: "1",
      status: "ok",
      guests: [{ vmid: 1 }],
      tags: ["a"],
      none: [],
      total: 1,
    });
    expect(splitReturned(returned)).toEqual({
      lists: [["guests", [{ vmid: 1 }]]],
      rest: { tags: ["a"], none: [], total: 1 },
    });
  });

  it("has the columns that most rows have first", () => {
    expect(
      listColumns([
        { vmid: 1, lock: "x" },
        { vmid: 2, name: "a" },
        { name: "b", vmid: 3 },
      ]),
    ).toEqual(["vmid", "name", "lock"]);
  });
});

describe("secrets", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      name: { type: "string" },
      users: {
        type: "array",
        items: { type: "object", properties: { password: { type: "string", writeOnly: true } } },
      },
    },
  };

  it("are masked wherever they stand", () => {
    const value = { name: "a", users: [{ password: "b" }] };
    expect(maskSecrets(schema, value)).toEqual({ name: "a", users: [{ password: "…" }] });
    expect(holdsSecret(schema, value)).toBe(true);
  });

  it("are not seen where there are none", () => {
    const value = { name: "a", users: [{}] };
    expect(maskSecrets(schema, value)).toBe(value);
    expect(holdsSecret(schema, value)).toBe(false);
  });
});
