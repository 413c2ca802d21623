// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * What the server answers, as far as pages use it. Texts in it come from the cluster and are only ever shown as
 * text.
 */

export type Right = "read" | "operate" | "approve" | "administer" | "console";
export type Mode = "read" | "check" | "apply";
export type Effect = "read" | "operate" | "destroy";

export interface Session {
  id?: string;
  identity: string;
  name?: string;
  kind?: string;
  roles: string[];
  may: Right[];
  proof?: string;
  signed_in_at?: string;
  expires_at?: string;
  csrf: string;
  mode: Mode;
  version: string;
  cluster: { name?: string; url?: string; identity?: string };
  profile?: string;
}

export interface Realm {
  realm: string;
  comment?: string;
  type?: string;
  default?: boolean;
}

export interface Way {
  kind: "link" | "oidc" | "realm" | "passkey";
  label?: string;
  realms?: Realm[];
}

export type Status = "ok" | "planned" | "held" | "running" | "failed" | "refused" | "cancelled";

export interface Failure {
  code: string;
  message: string;
  hint?: string;
  http_status?: number;
  fields?: Record<string, string>;
  task_log?: string[];
}

export interface Step {
  method: string;
  path: string;
  params?: Record<string, unknown>;
  task?: boolean;
  why?: string;
  effects?: string[];
  vmid?: number;
  name?: string;
  [identity: string]: unknown;
}

export interface Plan {
  id?: string;
  expires_at?: string;
  digest: string;
  steps: Step[];
  effects?: string[];
}

export interface DiffSides {
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** What came of a call; what the tool returned stands beside these. */
export interface Result {
  run_id: string;
  tool: string;
  status: Status;
  changed: boolean;
  summary: string;
  warnings: string[];
  plan?: Plan;
  diff?: DiffSides;
  upids?: string[];
  failure?: Failure;
}

export interface Tool {
  name: string;
  title: string;
  description: string;
  toolset: string;
  effect: Effect;
  input_schema: JsonSchema;
}

/** The part of JSON Schema that the catalogue uses. */
export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  writeOnly?: boolean;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  patternProperties?: Record<string, JsonSchema>;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  definitions?: Record<string, JsonSchema>;
  "x-lines"?: boolean;
  "x-clears"?: boolean;
  [further: `x-${string}`]: unknown;
}

export interface Guest {
  vmid: number;
  name: string;
  type: "qemu" | "lxc";
  node: string;
  status: string;
  template?: boolean;
  tags?: string[];
  pool?: string | null;
  lock?: string | null;
  hastate?: string | null;
  cpus?: number;
  cpu?: number;
  maxmem?: number;
  mem?: number;
  maxdisk?: number;
  uptime?: number;
  [further: string]: unknown;
}

export interface ClusterNode {
  node: string;
  status: string;
  cpu?: number;
  maxcpu?: number;
  mem?: number;
  maxmem?: number;
  disk?: number;
  maxdisk?: number;
  uptime?: number;
  [further: string]: unknown;
}

/** A storage as one node sees it. */
export interface Storage {
  storage: string;
  node: string;
  type?: string;
  shared?: boolean;
  status?: string;
  content?: string[];
  used?: number;
  total?: number;
  free?: number;
  [further: string]: unknown;
}

export interface Run {
  run_id: string;
  opened_at: string;
  closed_at?: string | null;
  tool: string;
  mode?: string;
  outcome?: string | null;
  changed?: boolean | null;
  asker?: string | null;
  client_name?: string | null;
  summary?: string | null;
  [further: string]: unknown;
}

export interface FieldView {
  name: string;
  after: string;
  before?: string | null;
}

export interface RequestView {
  method: string;
  path: string;
  effects: string[];
  meaning: string[];
  fields: FieldView[];
  why: string;
}

export interface TargetView {
  name: string;
  facts: string[];
  changes: FieldView[];
}

/** All that a person decides on, as Playvisor made it. */
export interface PlanView {
  plan_id: string;
  heading: string;
  title?: string;
  asker: string;
  cluster: string;
  effects: string[];
  rules: string[];
  advice: string;
  targets: TargetView[];
  requests: RequestView[];
  expires_at: string;
  digest: string;
  judged: string;
  policy: string;
}

export interface HeldPlan {
  plan_id: string;
  state: string;
  tool?: string;
  asker: string;
  made_at?: string;
  expires_at?: string;
  title?: string;
  view?: PlanView;
  text?: string;
  seal?: string;
  needs?: { passkey: boolean };
  [further: string]: unknown;
}

export interface Freeze {
  frozen: boolean;
  why?: string;
  by?: string;
  since?: string;
  [further: string]: unknown;
}
