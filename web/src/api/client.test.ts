// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { get, makeUrl, onSignOut, path, post, replace, send, setCsrf } from "./client";
import { Problem } from "./problem";

const fetched = vi.fn<typeof fetch>();

function answer(body: unknown, init: ResponseInit & { media?: string } = {}): Response {
  const headers = new Headers(init.headers);
  headers.set("content-type", init.media ?? "application/json");
  return new Response(body === null ? null : JSON.stringify(body), { ...init, headers });
}

function readRequest(): { url: string; init: RequestInit; headers: Headers } {
  const [url, init] = fetched.mock.calls.at(-1) ?? [];
  return { url: String(url), init: init ?? {}, headers: new Headers(init?.headers) };
}

beforeEach(() => {
  vi.stubGlobal("fetch", fetched);
  setCsrf("token-of-the-session");
});

afterEach(() => {
  fetched.mockReset();
  vi.unstubAllGlobals();
});

describe("Addresses", () => {
  it("leave out what is empty, and encode the rest", () => {
    expect(makeUrl("/runs", { guest: "web 1&2", limit: 50, cursor: null, user: "" })).toBe(
      "/api/v1/runs?guest=web+1%262&limit=50",
    );
  });

  it("encode values in paths, so that none leaves its place", () => {
    expect(path`/runs/${"../policy"}/artifacts/${"a b"}`).toBe("/runs/..%2Fpolicy/artifacts/a%20b");
  });
});

describe("A read", () => {
  it("carries neither the session's token nor a key", async () => {
    fetched.mockResolvedValue(answer({ runs: [] }));
    expect(await get("/runs")).toEqual({ runs: [] });
    expect(readRequest().headers.has("x-csrf-token")).toBe(false);
    expect(readRequest().headers.has("idempotency-key")).toBe(false);
  });
});

describe("A write", () => {
  it("carries the session's token and a key of its own", async () => {
    fetched.mockImplementation(async () => answer({}));
    await post("/tools/stop_guest", { vmid: 101 });
    const first = readRequest();
    await post("/tools/stop_guest", { vmid: 101 });
    expect(first.headers.get("x-csrf-token")).toBe("token-of-the-session");
    expect(first.init.body).toBe('{"vmid":101}');
    expect(first.headers.get("idempotency-key")).toBeTruthy();
    expect(first.headers.get("idempotency-key")).not.toBe(readRequest().headers.get("idempotency-key"));
  });

  it("keeps the key that is given, for a repetition", async () => {
    fetched.mockResolvedValue(answer({}));
    await post("/tools/stop_guest", {}, { idempotencyKey: "the-same" });
    expect(readRequest().headers.get("idempotency-key")).toBe("the-same");
  });

  it("says which version it replaces, and returns the new one", async () => {
    fetched.mockResolvedValue(answer({}, { headers: { etag: '"2"' } }));
    expect((await replace("/fleets/shop/files/a.yml", { text: "" }, '"1"')).etag).toBe('"2"');
    expect(readRequest().headers.get("if-match")).toBe('"1"');
  });

  it("that goes on is an answer with the place to follow it", async () => {
    fetched.mockResolvedValue(answer({ run_id: "r" }, { status: 202, headers: { location: "/api/v1/runs/r" } }));
    const answered = await send<{ run_id: string }>("POST", "/tools/drain_node", { body: {} });
    expect(answered).toMatchObject({ status: 202, location: "/api/v1/runs/r", data: { run_id: "r" } });
  });
});

describe("A refusal", () => {
  it("is a problem with all that the server says", async () => {
    const body = {
      title: "Conflict",
      status: 409,
      detail: "It has drifted.",
      hint: "Plan again.",
      code: "drifted",
      fields: { vmid: "?" },
      run_id: "r1",
    };
    fetched.mockResolvedValue(answer(body, { status: 409, media: "application/problem+json" }));
    const problem = await get("/plans/p").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({
      status: 409,
      code: "drifted",
      detail: "It has drifted.",
      hint: "Plan again.",
      fields: { vmid: "?" },
      runId: "r1",
    });
  });

  it("of a server that says nothing is one, too", async () => {
    fetched.mockResolvedValue(
      new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }),
    );
    await expect(get("/runs")).rejects.toMatchObject({ status: 502, code: "internal" });
  });

  it("by nobody is one that says so", async () => {
    fetched.mockRejectedValue(new TypeError("Failed to fetch"));
    await expect(get("/runs")).rejects.toMatchObject({ status: 0, code: "unreachable" });
  });

  it("because nobody is signed in is told; a wrong password is not", async () => {
    const told = vi.fn();
    const stop = onSignOut(told);
    fetched.mockImplementation(async () => answer({ detail: "No." }, { status: 401 }));
    await post("/session/realm", {}).catch(() => undefined);
    expect(told).not.toHaveBeenCalled();
    await get("/runs").catch(() => undefined);
    expect(told).toHaveBeenCalledTimes(1);
    stop();
  });
});
