// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { readNext } from "../signin/next";
import { findBest } from "./find";

describe("The palette", () => {
  const things = ["Run", "Runs", "Réglages", "Stop guests stop_guest", "web-01 101", "intraweb 102"];

  it.each([
    ["reg", ["Réglages"]],
    ["stop gu", ["Stop guests stop_guest"]],
    ["guest stop", ["Stop guests stop_guest"]],
    ["101", ["web-01 101"]],
    ["web", ["web-01 101", "intraweb 102"]],
    ["nothing like it", []],
  ])("finds by %s: %j", (typed, found) => {
    expect(findBest(typed, things, (thing) => thing, 8)).toEqual(found);
  });
});

describe("Where to go after signing in", () => {
  it.each([
    ["/guests/101?tab=backups", "/guests/101?tab=backups"],
    ["https://elsewhere.example/", "/"],
    ["//elsewhere.example/", "/"],
    ["/\\elsewhere.example/", "/"],
    ["javascript:alert(1)", "/"],
    ["/sign-in?next=/guests", "/"],
    [undefined, "/"],
  ])("%s leads to %s", (next, place) => {
    expect(readNext(next)).toBe(place);
  });
});
