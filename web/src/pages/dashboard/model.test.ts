// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import {
  countByNode,
  findPlace,
  listStorages,
  sortMatters,
  sortNodes,
  sumLoad,
  sumStorage,
  type StoragePlace,
} from "./model";

const PLACES: StoragePlace[] = [
  { storage: "local", node: "a", used: 10, total: 100 },
  { storage: "shared", node: "a", used: 90, total: 100, shared: true },
  { storage: "shared", node: "b", used: 90, total: 100, shared: true },
  { storage: "off", node: "b", total: 0 },
];

describe("storages", () => {
  it("stand once, by their fullest place, the fullest first", () => {
    const rows = listStorages([...PLACES, { storage: "local", node: "b", used: 40, total: 50, status: "unknown" }]);
    expect(rows.map(({ storage, nodes, fullest }) => [storage, nodes, fullest.node, fullest.part])).toEqual([
      ["shared", 2, "a", 0.9],
      ["local", 2, "b", 0.8],
      ["off", 1, "b", undefined],
    ]);
    expect(rows[1]).toMatchObject({ used: 50, total: 150, isDown: true });
    expect(sumStorage(PLACES)).toEqual({ used: 100, total: 200 });
  });
});

describe("nodes", () => {
  it("that are down come first, then the busiest, and templates are no guests of theirs", () => {
    const nodes = [
      { node: "a", status: "online", cpu: 0.1 },
      { node: "b", status: "online", cpu: 0.1, mem: 9, maxmem: 10 },
      { node: "c", status: "offline" },
    ];
    expect(sortNodes(nodes).map(({ node }) => node)).toEqual(["c", "b", "a"]);
    const guest = { vmid: 1, name: "g", type: "qemu" as const, status: "running", node: "a" };
    expect(countByNode([guest, { ...guest, template: true }]).get("a")).toBe(1);
  });
});

describe("a matter", () => {
  it("leads to where it is looked at, whatever its names hold", () => {
    expect(findPlace({ kind: "node_offline", weight: "critical", node: "a/../b" })?.href).toBe("/nodes/a%2F..%2Fb");
    expect(findPlace({ kind: "of tomorrow", weight: "note" })).toBeUndefined();
  });
});

describe("the load", () => {
  it("counts a node by its cores", () => {
    const nodes = [
      { node: "a", status: "online", cpu: 1, maxcpu: 1, mem: 1, maxmem: 4 },
      { node: "b", status: "online", cpu: 0, maxcpu: 3, mem: 1, maxmem: 4 },
    ];
    expect(sumLoad(nodes)).toEqual({ cpu: 0.25, cores: 4, mem: 2, maxmem: 8 });
    expect(sumLoad([]).cpu).toBeUndefined();
  });
});

describe("the queue", () => {
  it("has the most urgent first, of whichever answer", () => {
    const first = [{ kind: "drift", weight: "warning" as const }];
    const second = [{ kind: "no_quorum", weight: "critical" as const }];
    expect(sortMatters(first, undefined, second).map(({ kind }) => kind)).toEqual(["no_quorum", "drift"]);
  });
});
