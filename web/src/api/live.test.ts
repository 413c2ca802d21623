// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { listStaleKeys, type EventKind } from "./live";

function stale(kind: EventKind, data: Record<string, unknown> = {}): string[] {
  return listStaleKeys({ kind, id: "1", data }).map((key) => JSON.stringify(key));
}

describe("An event makes old", () => {
  it("what a run has changed on the cluster", () => {
    expect(stale("run", { run_id: "r", changed: true })).toEqual(
      expect.arrayContaining(['["tool"]', '["runs"]', '["run","r"]']),
    );
  });

  it("nothing of the cluster where a run only goes on, or changed nothing", () => {
    expect(stale("run", { run_id: "r", outcome: "running" })).not.toContain('["tool"]');
    expect(stale("run", { run_id: "r", changed: false })).not.toContain('["tool"]');
  });

  it("the run alone whose task goes on", () => {
    expect(stale("task", { run_id: "r" })).toEqual(['["run","r"]']);
    expect(stale("task")).toEqual([]);
  });

  it("the plan that was decided on, and the lists of plans", () => {
    expect(stale("plan", { plan_id: "p" })).toEqual(expect.arrayContaining(['["plans"]', '["plan","p"]']));
  });

  it("everything, when some were missed", () => {
    expect(stale("reset")).toEqual(["[]"]);
  });
});
