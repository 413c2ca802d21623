// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import type { Guest } from "@/api/shapes";
import { hasTerm, listTags, sumGuests, toggleTerm } from "./model";

function makeGuest(vmid: number, more: Partial<Guest> = {}): Guest {
  return { vmid, name: `g${String(vmid)}`, type: "qemu", node: "pve1", status: "running", ...more };
}

describe("the list of guests", () => {
  it("sums up by state, and what those that run have", () => {
    const sums = sumGuests([
      makeGuest(1, { cpus: 2, maxmem: 100, mem: 40 }),
      makeGuest(2, { status: "stopped", cpus: 8, maxmem: 800, lock: "backup" }),
      makeGuest(3, { status: "stopped", template: true }),
      makeGuest(4, { cpus: 1, maxmem: 50, mem: 10 }),
      makeGuest(5, { status: "odd" }),
    ]);
    expect(sums).toEqual({
      states: [
        { state: "running", count: 2 },
        { state: "stopped", count: 1 },
        { state: "template", count: 1 },
        { state: "odd", count: 1 },
      ],
      locked: 1,
      cpus: 3,
      maxmem: 150,
      mem: 50,
    });
  });

  it.each([
    ["", "status=running", "status=running"],
    ["web status=stopped", "status=running", "web status=running"],
    ["web status=running", "status=running", "web"],
    ["lock:locked", "status=running", "lock:locked status=running"],
  ])("toggles in %j the term %j", (filter, term, expected) => {
    expect(toggleTerm(filter, term)).toBe(expected);
    expect(hasTerm(expected, term)).toBe(!hasTerm(filter, term));
  });

  it("lists each tag once", () => {
    expect(listTags([makeGuest(1, { tags: ["web", "prod"] }), makeGuest(2, { tags: ["prod"] }), makeGuest(3)])).toEqual(
      ["prod", "web"],
    );
  });
});
