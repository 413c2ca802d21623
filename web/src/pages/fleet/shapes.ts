// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the server answers about fleets, as far as their pages use it. */

export interface Applied {
  revision: number;
  at: string;
  who: string;
  run_id: string;
  outcome: string;
  changes: number;
  objects: number;
  marked?: number;
}

export interface FleetRow {
  name: string;
  fleet: string | null;
  has_files: boolean;
  place?: string;
  counts?: Record<string, number>;
  problems?: number;
  applied: Applied | null;
  drift: { at: string; objects: number; fields: number; unread: number } | null;
  git?: { branch: string | null; commit: string | null; changed: Record<string, string> } | null;
}

export interface FleetFile {
  path: string;
  kind: "fleet" | "values" | "schema";
  bytes: number;
}

export interface Finding {
  level: "error" | "warning";
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
  hint: string;
}

export interface Fleet extends FleetRow {
  files: FleetFile[];
  environments: string[];
  objects: Placed[];
  findings: Finding[];
}

export interface Placed {
  path: string;
  file?: string;
  line?: number;
}

export interface Author {
  user?: string;
  at?: string | number;
  source?: string;
  run_id?: string;
  [further: string]: unknown;
}

export interface Change {
  path: string;
  before: unknown;
  after: unknown;
  consequence?: string;
  by?: Author;
  file?: string;
  line?: number;
}

export interface Conflict {
  path: string;
  desired: unknown;
  observed: unknown;
  last: unknown;
  by?: Author;
}

export interface PlannedObject extends Placed {
  kind: string;
  name?: string;
  vmid?: number;
  node?: string;
  wave?: number | null;
  changed?: boolean;
  skipped?: unknown;
  changes?: Change[];
  conflicts?: Conflict[];
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  failure?: { code: string; message: string; hint?: string | null } | null;
}

export interface Planned {
  run_id: string;
  status: string;
  summary: string;
  warnings?: string[];
  objects: PlannedObject[];
  unchanged: number;
  plan?: {
    id?: string | null;
    digest: string;
    steps: unknown[];
    effects?: string[];
    expires_at?: string | null;
  } | null;
  plan_state: string | null;
  failure?: { code: string; message: string; hint?: string | null } | null;
}

export interface ExplainedValue {
  path: string;
  value: unknown;
  from: string;
  file: string;
  line: number;
  template: string | null;
  values: (Omit<ExplainedValue, "path" | "values"> & { name: string })[];
  overrides: Omit<ExplainedValue, "path" | "values" | "overrides">[];
}

export interface Drift {
  objects: { path: string; kind?: string; changes: Change[] }[];
  unread: string[];
  at?: string;
}

export interface Accepted {
  edits: { path: string; value: unknown; file: string; line: number; note: string }[];
  left: Record<string, string>;
  files: Record<string, string>;
}

export interface Declared {
  path: string;
  before: unknown;
  after: unknown;
}
