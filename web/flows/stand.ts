// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";

const ROOT = new URL("../..", import.meta.url).pathname;
const PYTHON = process.env.PYTHON ?? `${ROOT}.venv/bin/python`;

/** A simulated cluster with a web server on it; tests/web/stand.py says what it can be asked. */
export class Stand {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    readonly link: string,
  ) {}

  static async open(options: { nodes?: number; guests?: number; ways?: boolean } = {}): Promise<Stand> {
    if (!existsSync(PYTHON)) throw new Error(`${PYTHON} is missing: make venv`);
    const command = [`${ROOT}tests/web/stand.py`, JSON.stringify(options)];
    const env = { ...process.env, PYTHONPATH: `${ROOT}tests` };
    const child = spawn(PYTHON, command, { cwd: ROOT, env, stdio: "pipe" });
    child.stderr.pipe(process.stderr);
    const reader: Interface = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) throw new Error("The stand did not start.");
    const { link } = JSON.parse(first.value) as { link: string };
    return new Stand(child, lines, link);
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  /** Ask for something, one at a time. */
  async ask<T = Record<string, unknown>>(asked: { do: string; [more: string]: unknown }): Promise<T> {
    this.child.stdin.write(`${JSON.stringify(asked)}\n`);
    const answer = await this.lines.next();
    if (answer.done) throw new Error("The stand has ended.");
    return JSON.parse(answer.value) as T;
  }

  /** Call a tool as an AI client. */
  async callAsClient<T = { status: string; run_id: string; plan?: { id: string } }>(
    tool: string,
    args: object,
  ): Promise<T> {
    return this.ask<T>({ do: "call", tool, arguments: args });
  }

  async makeLink(): Promise<string> {
    return (await this.ask<{ link: string }>({ do: "link" })).link;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin.end();
    await ended;
  }
}
