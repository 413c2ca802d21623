// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { makeCommand, makeCurl, quoteShell } from "./commands";

describe("a word for a shell", () => {
  it("is quoted where the shell would read more into it", () => {
    expect(quoteShell("name=web-01")).toBe("name=web-01");
    expect(quoteShell("it's $HOME")).toBe(`'it'\\''s $HOME'`);
    expect(quoteShell("names=web-*")).toBe("'names=web-*'");
    expect(quoteShell("")).toBe("''");
  });
});

describe("a call on the command line", () => {
  it("has objects by dots, lists by commas, and the rest as JSON", () => {
    const args = {
      name: "web-01",
      guests: { tags: ["web", "prod"], status: "running" },
      force: true,
      disks: [{ size: 8 }],
    };
    expect(makeCommand("stop_guest", args, true)).toBe(
      `playvisor call stop_guest name=web-01 guests.tags=web,prod guests.status=running force=true 'disks=[{"size":8}]' --check`,
    );
  });

  it("has texts that look like JSON, and lists of such, as JSON", () => {
    expect(makeCommand("x", { note: "[draft]", words: ["a,b"], none: [] })).toBe(
      `playvisor call x 'note="[draft]"' 'words=["a,b"]' 'none=[]'`,
    );
  });
});

describe("a request by curl", () => {
  it("takes its token from the environment, and a body as JSON", () => {
    expect(makeCurl({ method: "POST", url: "http://127.0.0.1:1/api/v1/tools/x", body: { name: "it's" } })).toBe(
      [
        "curl -X POST http://127.0.0.1:1/api/v1/tools/x",
        `-H "Authorization: Bearer $PLAYVISOR_TOKEN"`,
        "-H 'Content-Type: application/json'",
        `-d '{"name":"it'\\''s"}'`,
      ].join(" \\\n  "),
    );
    expect(makeCurl({ method: "GET", url: "/health", isOpen: true })).toBe("curl /health");
  });
});
