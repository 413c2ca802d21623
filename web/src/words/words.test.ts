// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import * as format from "./format";
import { fr } from "./fr";

type Tree = Readonly<Record<string, unknown>>;

function listPaths(tree: Tree, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    value !== null && typeof value === "object"
      ? listPaths(value as Tree, `${prefix}${name}.`)
      : [`${prefix}${name}:${typeof value}`],
  );
}

function listTexts(tree: Tree): string[] {
  return Object.values(tree).flatMap((value) =>
    typeof value === "string" ? [value] : value !== null && typeof value === "object" ? listTexts(value as Tree) : [],
  );
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listSources(path);
    return /\.tsx$/.test(entry.name) ? [path] : [];
  });
}

describe("Words", () => {
  it("are the same in both languages", () => {
    expect(listPaths(fr).sort()).toEqual(listPaths(en).sort());
  });

  it("are never empty", () => {
    expect([...listTexts(en), ...listTexts(fr)].filter((text) => text.trim() === "")).toEqual([]);
  });

  it("of pages and parts stand in words, not between tags", () => {
    const said = listSources("src").flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+[^<>{}]*)</g)].map(
        (found) => `${path}: ${found[1] ?? ""}`,
      ),
    );
    expect(said).toEqual([]);
  });
});

describe("Figures", () => {
  it.each([
    ["en", 0, "0\u00a0B"],
    ["en", 1023, "1,023\u00a0B"],
    ["en", 1536, "1.5\u00a0KiB"],
    ["en", 85_899_345_920, "80\u00a0GiB"],
    ["en", 2_147_483_648_000, "1.95\u00a0TiB"],
    ["fr", 1536, "1,5\u00a0Kio"],
  ])("in %s: %d bytes are %s", (locale, bytes, text) => {
    expect(format.formatBytes(locale, bytes)).toBe(text);
  });

  it.each([
    [0.042, "0.04\u00a0s"],
    [0.42, "0.4\u00a0s"],
    [59, "59\u00a0s"],
    [65, "1\u00a0min 5\u00a0s"],
    [7_200, "2\u00a0h"],
    [86_627, "1\u00a0d"],
    [100_000, "1\u00a0d 3\u00a0h"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(format.formatDuration("en", seconds)).toBe(text);
  });

  it.each([
    [-2, "now"],
    [-90, "1 minute ago"],
    [-7_300, "2 hours ago"],
    [-86_400, "yesterday"],
    [900, "in 15 minutes"],
  ])("%d seconds from now are said as %s", (seconds, text) => {
    expect(format.formatAgo("en", 1_000_000 + seconds * 1000, 1_000_000)).toBe(text);
  });

  it("have the plural of their language: in French, 0 has the form of 1", () => {
    expect(format.countIn("en", 0, "guest", "guests")).toBe("0 guests");
    expect(format.countIn("fr", 0, "invité", "invités")).toBe("0 invité");
    expect(format.countIn("fr", 2, "invité", "invités")).toBe("2 invités");
  });

  it.each([
    ["2026-12-01T00:56:44+00:00", 1_796_086_604_000],
    [1_796_086_604, 1_796_086_604_000],
    [1_796_086_604_000, 1_796_086_604_000],
    ["soon", undefined],
    [null, undefined],
  ])("of time: %s", (value, time) => {
    expect(format.parseTime(value)).toBe(time);
  });
});
