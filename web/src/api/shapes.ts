// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * What the server answers, as far as pages use it. Texts in it come from the cluster and are only ever shown as
 * text. What the API describes is of its description (`npm run types`); what tools return is written here.
 */

import type { components } from "./generated/openapi";

type Schemas = components["schemas"];

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

export type Status = Schemas["Result"]["status"];

export type Failure = Schemas["Failure"];

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

export type Tool = Omit<Schemas["Tool"], "input_schema"> & { input_schema: JsonSchema };

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

export type Run = Schemas["Run"] & Partial<Omit<Schemas["RunInFull"], keyof Schemas["Run"]>>;

export type FieldView = NonNullable<TargetView["changes"]>[number];

export type RequestView = PlanView["requests"][number];

export type TargetView = PlanView["targets"][number];

/** All that a person decides on, as Playvisor made it. */
export type PlanView = Schemas["PlanView"];

/** A plan that is kept: as the lists have it, and in full when it was asked for alone. */
export type HeldPlan = Schemas["Plan"] & Partial<Omit<Schemas["PlanInFull"], keyof Schemas["Plan"]>>;

export type Freeze = Schemas["Freeze"];
