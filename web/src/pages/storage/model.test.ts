// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { listOnce, readProtection, sortByProtection, type CheckedGuest } from "./model";

const guest = (vmid: number, age: number | null, recent: boolean): CheckedGuest => ({
  vmid,
  name: `g${String(vmid)}`,
  node: "a",
  type: "qemu",
  count: 0,
  size: 0,
  latest: age === null ? null : { volid: "v", storage: "s", ctime: 0, age, size: 1 },
  recent,
  scheduled: false,
});

describe("volumes", () => {
  it("of shared storages stand once, those of local ones for each node", () => {
    const volume = { content: "iso", size: 1 };
    const volumes = ["shared", "local"].flatMap((storage) =>
      ["a", "b"].map((node) => ({ ...volume, storage, node, volid: `${storage}:x` })),
    );
    const places = [{ storage: "shared", shared: true }, { storage: "local" }];
    expect(listOnce(volumes, places).map(({ storage, node }) => `${storage} ${node}`)).toEqual([
      "shared a",
      "local a",
      "local b",
    ]);
  });
});

describe("protection", () => {
  it("is worst where there never was a backup", () => {
    const guests = [guest(1, 10, true), guest(2, 99, false), guest(3, null, false), guest(4, 50, false)];
    expect(sortByProtection(guests).map(({ vmid }) => vmid)).toEqual([3, 2, 4, 1]);
    expect(guests.map(readProtection)).toEqual(["covered", "stale", "never", "stale"]);
  });
});
