// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { ACTIONS, chooseSuiting, nameGuests, type ActedGuest, type ActionName } from "./actions";

const RUNNING: ActedGuest = { vmid: 101, type: "qemu", status: "running" };
const PAUSED: ActedGuest = { vmid: 102, type: "qemu", status: "running", state: "paused" };
const STOPPED: ActedGuest = { vmid: 103, type: "qemu", status: "stopped" };
const CONTAINER: ActedGuest = { vmid: 104, type: "lxc", status: "running" };
const TEMPLATE: ActedGuest = { vmid: 105, type: "qemu", status: "stopped", template: true };
const ALL = [RUNNING, PAUSED, STOPPED, CONTAINER, TEMPLATE];

describe("what can be done with guests", () => {
  it.each<[ActionName, number[]]>([
    ["start", [103]],
    ["resume", [102]],
    ["shutdown", [101, 102, 104]],
    ["suspend", [101]],
    ["hibernate", [101, 102]],
    ["reset", [101, 102]],
    ["snapshot", [101, 102, 103, 104]],
    ["backup", [101, 102, 103, 104, 105]],
    ["unha", []],
    ["template", [103]],
  ])("%s is for %j", (name, vmids) => {
    expect(chooseSuiting(name, ALL).map(({ vmid }) => vmid)).toEqual(vmids);
  });

  it("names one guest by its id, and several as one selection", () => {
    expect(nameGuests([RUNNING])).toEqual({ vmid: 101 });
    expect(nameGuests([CONTAINER, RUNNING])).toEqual({ guests: { vmids: [101, 104] } });
  });

  it("deletes no guest", () => {
    expect(Object.values(ACTIONS).filter(({ tool }) => /delete|destroy|remove/.test(tool))).toEqual([]);
  });
});
