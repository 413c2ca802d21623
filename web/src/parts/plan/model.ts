// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { FieldView, Plan, PlanView, RequestView, Result, Step } from "@/api/shapes";
import { formatPlain, listChanges } from "../diff/compare";

/** What of a plan is shown, whether it is kept for a decision (`PlanView`) or came with a result. */
export type ShownPlan = Partial<PlanView> & Pick<PlanView, "effects" | "requests" | "targets" | "digest">;

const STEP_FIELDS = new Set(["method", "path", "params", "task", "why", "effects"]);

/** What a result's plan shows: its requests, and its diff by target. Pure. */
export function viewPlan(plan: Plan, diff: Result["diff"]): ShownPlan {
  const [before, after] = [diff?.before ?? {}, diff?.after ?? {}];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return {
    ...(plan.id && { plan_id: plan.id }),
    ...(plan.expires_at && { expires_at: plan.expires_at }),
    digest: plan.digest,
    effects: plan.effects ?? [],
    targets: names.map((name) => ({
      name,
      facts: [],
      changes: listChanges(before[name], after[name]).map((change): FieldView => ({
        name: change.name,
        before: formatPlain(change.before),
        after: formatPlain(change.after),
      })),
    })),
    requests: plan.steps.map(viewStep),
  };
}

function viewStep(step: Step): RequestView {
  return {
    method: step.method,
    path: step.path,
    effects: step.effects ?? [],
    meaning: [],
    fields: Object.entries(step.params ?? {}).map(([name, value]) => ({ name, after: formatPlain(value) })),
    why: step.why ?? "",
  };
}

/** What a step is about, such as a guest: its fields beside those of the request. Pure. */
export function identifyStep(step: Step): Record<string, unknown> {
  return Object.fromEntries(Object.entries(step).filter(([name]) => !STEP_FIELDS.has(name)));
}

/** How a run stands, for who waits for it. Pure. */
export function readOutcome(outcome: string | null | undefined): "running" | "done" | "broken" {
  if (!outcome || outcome === "running") return "running";
  return outcome === "ok" ? "done" : "broken";
}
