// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { countSigns, formatValue, getSign, groupWaves, listFields, shortenPath } from "./planModel";
import type { PlannedObject } from "./shapes";

const changed: PlannedObject = {
  path: "guests.a",
  kind: "guest",
  wave: 4,
  changed: true,
  before: { config: { exists: true } },
  after: { config: { exists: true } },
  changes: [{ path: "guests.a.memory", before: 1, after: 2, consequence: "pending" }],
};
const added: PlannedObject = {
  path: "guests.b",
  kind: "guest",
  wave: 3,
  changed: true,
  before: { create: { exists: false } },
  after: { create: { exists: true } },
  changes: [
    { path: "guests.b.state", before: false, after: true },
    { path: "guests.b.cores", before: null, after: 2 },
  ],
};
const failed: PlannedObject = { path: "guests.c", kind: "guest", failure: { code: "drifted", message: "No." } };

describe("A plan of a fleet", () => {
  it("says of each object what becomes of it", () => {
    expect([changed, added, failed].map(getSign)).toEqual(["changed", "added", "failed"]);
    expect(getSign({ ...changed, after: { config: { exists: false } } })).toBe("removed");
    expect(countSigns([changed, added, failed])).toEqual({ added: 1, removed: 0, changed: 1, failed: 1 });
  });

  it("is in the order of the work, with what can't be done first", () => {
    expect(
      groupWaves([changed, added, failed]).map(({ number, objects }) => [number, objects.map(({ path }) => path)]),
    ).toEqual([
      [undefined, ["guests.c"]],
      [3, ["guests.b"]],
      [4, ["guests.a"]],
    ]);
  });

  it("does not say twice that an object is new", () => {
    expect(listFields(added).map(({ path }) => shortenPath(path, "guests.b"))).toEqual(["cores"]);
  });

  it.each([
    [null, ""],
    ["text", "text"],
    [["a", "b"], "a, b"],
    [{ a: 1 }, '{"a":1}'],
    [0, "0"],
    [false, "false"],
  ])("shows %j as %j", (value, shown) => {
    expect(formatValue(value)).toBe(shown);
  });
});
