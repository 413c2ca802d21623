// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { listStorages, sortMatters, sumLoad, sumStorage, type StoragePlace } from "./model";

const PLACES: StoragePlace[] = [
  { storage: "local", node: "a", used: 10, total: 100 },
  { storage: "shared", node: "a", used: 90, total: 100, shared: true },
  { storage: "shared", node: "b", used: 90, total: 100, shared: true },
  { storage: "off", node: "b", total: 0 },
];

describe("storages", () => {
  it("stand once where they are shared, the fullest first", () => {
    expect(listStorages(PLACES).map(({ storage, part }) => [storage, part])).toEqual([
      ["shared", 0.9],
      ["local", 0.1],
      ["off", undefined],
    ]);
    expect(sumStorage(PLACES)).toEqual({ used: 100, total: 200 });
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
