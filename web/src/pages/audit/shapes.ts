// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the audit pages read. */

export interface Verification {
  state: "never" | "running" | "intact" | "damaged" | "failed";
  why?: string;
  intact: boolean;
  runs: number;
  entries: number;
  artifacts: number;
  elsewhere: number;
  newest: [number, string];
  notes: string[];
  since: string | null;
  faults: { run_id: string; seq: number; what: string }[];
  limits: string;
}

export interface Act {
  seq: number;
  hash: string;
  kind: string;
  at: string;
  who: string;
  subject: string;
  facts: Readonly<Record<string, unknown>>;
}

export interface Token {
  key: string;
  name: string;
  roles: string[];
  made_at: string;
  made_by: string;
  expires_at: string | null;
  state: "valid" | "revoked" | "expired";
}

export interface OtherSession {
  id: string;
  identity: string;
  name: string;
  proof: string;
  roles: string[];
  address?: string;
  browser?: string;
  signed_in_at: string;
  used_at: string;
  expires_at: string;
  is_current: boolean;
}

export interface Passkey {
  id: string;
  name: string;
  owner: string;
  state: string;
  made_at: string;
  used_at?: string | null;
  revoked_at?: string | null;
  host?: string;
  roles?: string[];
  may_approve?: boolean;
  is_own: boolean;
}

export interface Policy {
  source: string;
  text: string;
  rules: { name: string; effect: "permit" | "forbid"; advice: string | null }[];
  warnings: string[];
}

export interface Decision {
  ruling: "allow" | "hold" | "refuse";
  rules: string[];
  reason: string;
  advice: string | null;
}

export interface Explained {
  effects: string[];
  decisions: Readonly<Record<string, Decision>>;
}

export interface Tested {
  failed: number;
  cases: (Decision & { case: string; expected: Decision["ruling"]; passed: boolean })[];
}
