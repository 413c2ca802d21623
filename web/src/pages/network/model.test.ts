// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { isOn, listRules, nameFirewall, sortAddress } from "./model";

describe("firewalls", () => {
  it("give their rules in order, each with a name of its own", () => {
    const rows = listRules([
      { level: "guest", vmid: 1, name: "web", rules: [{ pos: 0 }, { pos: 1 }] },
      { level: "guest", vmid: 2, name: "web", rules: [{ pos: 0 }] },
      { level: "guest", vmid: 3, name: "db" },
    ]);
    expect(rows.map(({ id }) => id)).toEqual(["guest 1 0", "guest 1 1", "guest 2 0"]);
  });

  it("are named by what they are of, and on when they say so", () => {
    expect(nameFirewall({ level: "cluster" })).toBe("cluster");
    expect(nameFirewall({ level: "node", node: "pve1" })).toBe("pve1");
    expect([true, 1, "1", 0, undefined].map((enable) => isOn({ level: "node", options: { enable } }))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("addresses", () => {
  it("are sorted by their numbers, IPv6 after them", () => {
    const sorted = ["10.0.0.10", "fd00::1", "10.0.0.9"].sort((left, right) =>
      (sortAddress(left) ?? "").localeCompare(sortAddress(right) ?? ""),
    );
    expect(sorted.filter((each) => each.includes("."))).toEqual(["10.0.0.9", "10.0.0.10"]);
    expect(sortAddress(undefined)).toBeUndefined();
  });
});
