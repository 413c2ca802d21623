// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the page of high availability shows, made of what `list_ha` answers. Pure. */

export interface HaResource {
  sid: string;
  vmid: number;
  node?: string;
  state?: string;
  request_state?: string;
  max_restart?: number;
  max_relocate?: number;
  failback?: boolean;
  comment?: string;
}

export interface HaRule {
  rule: string;
  type: string;
  resources: string[];
  nodes?: string[] | string;
  strict?: boolean;
  affinity?: "positive" | "negative";
  disable?: boolean;
  comment?: string;
}

export interface Ha {
  master?: string | null;
  armed?: string;
  nodes: { node: string; status: string }[];
  resources: HaResource[];
  rules: HaRule[];
}

export type RuleKind = "node-affinity" | "positive" | "negative";

/** What a rule does: keeps on nodes, together, or apart. */
export function readKind(rule: HaRule): RuleKind {
  return rule.type === "node-affinity" ? "node-affinity" : (rule.affinity ?? "positive");
}

/** The guests of a rule, by id: `vm:102` is 102. */
export function listVmids(rule: HaRule): number[] {
  return rule.resources.map((sid) => Number(sid.split(":")[1])).filter((vmid) => Number.isInteger(vmid));
}

/** The nodes of a rule, with their priorities: `pve1:2`. */
export function listNodes(rule: HaRule): string[] {
  return typeof rule.nodes === "string" ? rule.nodes.split(",").filter(Boolean) : (rule.nodes ?? []);
}

/** Whether a guest is not yet, or can't be brought to, what is asked. */
export function readTone(resource: HaResource): "ok" | "warn" | "bad" | "idle" {
  const { state = "", request_state: asked = "" } = resource;
  if (state === "error" || state === "fence") return "bad";
  if (asked === "ignored" || asked === "disabled") return "idle";
  return state === asked ? "ok" : "warn";
}

/** The words in brackets behind a node: `pve1 (idle, watchdog standby, …)`, without the time. */
export function readAgent(status: string): string {
  const inside = /\((.*)\)$/.exec(status)?.[1] ?? status;
  return inside.split(", ").slice(0, 2).join(", ");
}
