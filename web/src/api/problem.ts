// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** The body of an `application/problem+json` answer. */
export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  hint?: string;
  code?: string;
  fields?: Record<string, string>;
  run_id?: string;
  result?: unknown;
  [further: string]: unknown;
}

/** A refusal or a failure of the server, or that it was not reached (`status` 0, code `unreachable`). */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly runId: string | undefined;
  readonly result: unknown;
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    const detail = body.detail ?? body.title ?? `HTTP ${String(status)}`;
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.title = body.title ?? "";
    this.detail = detail;
    this.hint = body.hint;
    this.code = body.code ?? "internal";
    this.fields = body.fields ?? {};
    this.runId = body.run_id;
    this.result = body.result;
    this.body = body;
  }

  /** Whether nobody is signed in. */
  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

/** Any error as a problem, so that pages show one kind of thing. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Problem(0, { detail, code: "internal" });
}
