// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { compareValues } from "./DataTable";
import { matchesFilter, parseFilter } from "./filter";

const ROWS = [
  { name: "web-01 101", node: "pve1", status: "running", tags: "prod web" },
  { name: "web-02 102", node: "pve2", status: "stopped", tags: "test web" },
  { name: "base de donnees 103", node: "pve1", status: "running", tags: "prod db" },
];
const COLUMNS = new Set(["name", "node", "status", "tags"]);

function find(filter: string): number[] {
  const terms = parseFilter(filter, COLUMNS);
  return ROWS.flatMap((row, index) => (matchesFilter(terms, new Map(Object.entries(row))) ? [index] : []));
}

describe("The filter of a table", () => {
  it.each([
    ["", [0, 1, 2]],
    ["WEB", [0, 1]],
    ["web pve1", [0]],
    ["node:pve1", [0, 2]],
    ["node:pve", [0, 1, 2]],
    ["node=pve", []],
    ["tags=web", [0, 1]],
    ["-test web", [0]],
    ["-node:pve1", [1]],
    ["données", [2]],
    ['"base de"', [2]],
    ['name:"de donn"', [2]],
    ["nothing:here", []],
    ["102", [1]],
  ])("%s finds %j", (filter, found) => {
    expect(find(filter)).toEqual(found);
  });

  it("takes a half typed quote as it is", () => {
    expect(find('"base')).toEqual([2]);
  });
});

describe("Sorting", () => {
  it("puts numbers in names by their size, and what is not there last", () => {
    expect(["web-10", undefined, "web-9", "", "Web-1"].sort(compareValues)).toEqual([
      "Web-1",
      "web-9",
      "web-10",
      "",
      undefined,
    ]);
  });
});
