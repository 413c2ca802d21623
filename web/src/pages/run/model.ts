// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What a run's page shows, made of what the server answers. Pure. */

import type { DiffSides, Run } from "@/api/shapes";

export type PhaseName = "read" | "plan" | "apply" | "search" | "after";

export interface RunEvent {
  phase: PhaseName;
  number?: number;
  time?: string;
  event?: string;
  task?: string;
  said?: string;
}

export interface TaskRow {
  name: string;
  state: "running" | "ok" | "failed" | "skipped";
  began: string | undefined;
  seconds: number | undefined;
  said: string[];
}

export interface PhaseRow {
  phase: PhaseName;
  tasks: TaskRow[];
  isEnded: boolean;
}

const ENDS: Readonly<Record<string, TaskRow["state"]>> = {
  runner_on_ok: "ok",
  runner_on_failed: "failed",
  runner_on_unreachable: "failed",
  runner_on_skipped: "skipped",
};

/** The phases of a run, in order, with their tasks: when each began, how long it took, what it said. */
export function listPhases(events: readonly RunEvent[]): PhaseRow[] {
  const phases = new Map<PhaseName, PhaseRow>();
  for (const event of events) {
    const phase = phases.get(event.phase) ?? { phase: event.phase, tasks: [], isEnded: false };
    phases.set(event.phase, phase);
    const kind = event.event ?? "";
    if (kind === "playbook_on_task_start") {
      phase.tasks.push({ name: event.task ?? "", state: "running", began: event.time, seconds: undefined, said: [] });
      continue;
    }
    if (kind === "playbook_on_stats") phase.isEnded = true;
    const task = phase.tasks.at(-1);
    if (!task || kind === "playbook_on_play_start") continue;
    const end = ENDS[kind];
    if (end) {
      task.state = end;
      task.seconds = task.began && event.time ? (Date.parse(event.time) - Date.parse(task.began)) / 1000 : undefined;
    }
    if (event.said && kind !== "playbook_on_stats") task.said.push(event.said);
  }
  return [...phases.values()];
}

/** Seconds from a run's beginning to its end, or to now. */
export function measureRun(run: Run, now: number): number | undefined {
  const began = Date.parse(run.opened_at);
  const ended = run.closed_at ? Date.parse(run.closed_at) : now;
  return Number.isNaN(began) || Number.isNaN(ended) ? undefined : Math.max(0, (ended - began) / 1000);
}

/** Whether two sides of a difference say anything. */
export function hasDiff(diff: DiffSides | undefined): boolean {
  return Boolean(diff && JSON.stringify(diff.before ?? {}) !== JSON.stringify(diff.after ?? {}));
}

export interface TraceEntry {
  phase: PhaseName;
  nr: number;
  time: string;
  method: string;
  path: string;
  status: number | null;
  ms: number | null;
  bytes: number | null;
  note: string | null;
  upid?: string;
}

/** How a request ended, as a state that `Status` knows. */
export function judgeRequest(entry: TraceEntry): "ok" | "failed" | "refused" | "unknown" {
  if (entry.note === "denied") return "refused";
  if (entry.status === null) return "unknown";
  return entry.status < 400 ? "ok" : "failed";
}
