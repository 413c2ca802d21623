// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { listNodes, listVmids, readAgent, readKind, readTone } from "./model";

describe("a rule", () => {
  it("is read by what it does", () => {
    const rule = {
      rule: "r",
      type: "resource-affinity",
      resources: ["vm:102", "ct:7", "?"],
      affinity: "negative" as const,
    };
    expect(readKind(rule)).toBe("negative");
    expect(listVmids(rule)).toEqual([102, 7]);
    expect(readKind({ ...rule, type: "node-affinity" })).toBe("node-affinity");
    expect(listNodes({ ...rule, nodes: "pve1:2,pve2" })).toEqual(["pve1:2", "pve2"]);
    expect(listNodes({ ...rule, nodes: ["pve3"] })).toEqual(["pve3"]);
    expect(listNodes(rule)).toEqual([]);
  });
});

describe("a guest under HA", () => {
  it("is well when it is as asked", () => {
    const tones = [
      { state: "started", request_state: "started" },
      { state: "starting", request_state: "started" },
      { state: "error", request_state: "started" },
      { state: "stopped", request_state: "disabled" },
    ].map((each) => readTone({ sid: "vm:1", vmid: 1, ...each }));
    expect(tones).toEqual(["ok", "warn", "bad", "idle"]);
  });
});

describe("an agent", () => {
  it("is told without the time, which moves on", () => {
    expect(readAgent("pve1 (idle, watchdog standby, Tue Dec  1 02:34:40 2026)")).toBe("idle, watchdog standby");
    expect(readAgent("lost")).toBe("lost");
  });
});
