// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { hasDiff, judgeRequest, listPhases, measureRun, type RunEvent, type TraceEntry } from "./model";

const EVENTS: RunEvent[] = [
  { phase: "plan", event: "playbook_on_play_start", said: "PLAY" },
  { phase: "plan", event: "playbook_on_task_start", task: "Stop it", time: "2026-01-01T00:00:00Z", said: "TASK" },
  {
    phase: "plan",
    event: "runner_on_ok",
    task: "Stop it",
    time: "2026-01-01T00:00:01.500Z",
    said: "changed: [localhost]",
  },
  { phase: "plan", event: "playbook_on_stats", said: "PLAY RECAP" },
  { phase: "apply", event: "playbook_on_task_start", task: "Stop it", time: "2026-01-01T00:00:02Z" },
  { phase: "apply", event: "verbose", said: "qmshutdown 101: 4 of 180 s" },
];

describe("the phases of a run", () => {
  it("have their tasks, with how long each took and what it said", () => {
    const [plan, apply] = listPhases(EVENTS);
    expect(plan).toEqual({
      phase: "plan",
      isEnded: true,
      tasks: [
        { name: "Stop it", state: "ok", began: "2026-01-01T00:00:00Z", seconds: 1.5, said: ["changed: [localhost]"] },
      ],
    });
    expect(apply?.tasks[0]).toMatchObject({ state: "running", said: ["qmshutdown 101: 4 of 180 s"] });
    expect(apply?.isEnded).toBe(false);
  });
});

describe("a run", () => {
  it("takes until its end, or until now", () => {
    const run = { run_id: "1", tool: "x", opened_at: "2026-01-01T00:00:00Z", outcome: "running" } as const;
    expect(measureRun({ ...run, closed_at: "2026-01-01T00:00:03Z" }, 0)).toBe(3);
    expect(measureRun(run, Date.parse("2026-01-01T00:01:00Z"))).toBe(60);
  });

  it("has changed something only where both sides differ", () => {
    expect(hasDiff({ before: { a: 1 }, after: { a: 1 } })).toBe(false);
    expect(hasDiff({ before: { a: 1 }, after: { a: 2 } })).toBe(true);
    expect(hasDiff(undefined)).toBe(false);
  });
});

describe("a request", () => {
  it("was answered, refused by its grant, or nobody knows", () => {
    const entry = { status: 200, note: null } as TraceEntry;
    expect(judgeRequest(entry)).toBe("ok");
    expect(judgeRequest({ ...entry, status: 500 })).toBe("failed");
    expect(judgeRequest({ ...entry, status: 403, note: "denied" })).toBe("refused");
    expect(judgeRequest({ ...entry, status: null })).toBe("unknown");
  });
});
