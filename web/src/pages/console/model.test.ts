// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { listKeysyms, makeSocketUrl, readTarget } from "./model";

describe("whose console is asked for", () => {
  it.each([
    [{ guest: "101" }, { guest: 101, kind: "vnc" }],
    [
      { guest: "101", kind: "terminal", serial: "serial1" },
      { guest: 101, kind: "terminal", serial: "serial1" },
    ],
    [
      { guest: "101", kind: "odd", serial: "serial9" },
      { guest: 101, kind: "vnc" },
    ],
    [
      { node: "pve1", kind: "terminal" },
      { node: "pve1", kind: "terminal" },
    ],
    [{ guest: "101", node: "pve1" }, null],
    [{ guest: "1e3" }, null],
    [{}, null],
  ])("%j is %j", (search, expected) => {
    expect(readTarget(search)).toEqual(expected);
  });
});

it("types a text by the keys that X11 has for it", () => {
  expect(listKeysyms("aé€\t\r\n\u0007")).toEqual([0x61, 0xe9, 0x010020ac, 0xff09, 0xff0d]);
});

it("connects as safely as the page was loaded", () => {
  expect(makeSocketUrl("/s", { protocol: "https:", host: "pve:8786" })).toBe("wss://pve:8786/s");
  expect(makeSocketUrl("/s", { protocol: "http:", host: "127.0.0.1" })).toBe("ws://127.0.0.1/s");
});
