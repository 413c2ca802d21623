// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { findPathProblem, groupPaths, isDirty, listDrafts, newFile, openFile, writeText } from "./drafts";

describe("A file that is open", () => {
  it("is edited with plain line ends and saved with its own", () => {
    const file = openFile("a.yml", "a: 1\r\nb: 2\r\n", '"x"');
    expect(file.text).toBe("a: 1\nb: 2\n");
    expect(isDirty(file)).toBe(false);
    expect(writeText({ ...file, text: "a: 3\n" })).toBe("a: 3\r\n");
  });

  it("is a draft when it is changed, new, or to go", () => {
    const same = openFile("same.yml", "a: 1\n", '"x"');
    const changed = { ...openFile("changed.yml", "a: 1\n", '"x"'), text: "a: 2\n" };
    const gone = { ...openFile("gone.yml", "a: 1\n", '"x"'), isGone: true };
    const made = newFile("new.yml");
    const files = Object.fromEntries([same, changed, gone, made].map((file) => [file.path, file]));
    expect(listDrafts(files)).toEqual({ "changed.yml": "a: 2\n", "gone.yml": null, "new.yml": "" });
  });
});

describe("The path of a new file", () => {
  it.each([
    ["sites/paris.yml", null],
    ["a.YAML", null],
    ["taken.yml", "taken"],
    ["a.txt", "form"],
    ["../a.yml", "form"],
    ["/a.yml", "form"],
    [".git/a.yml", "form"],
    ["a\\b.yml", "form"],
    ["", "form"],
  ])("%s", (path, problem) => {
    expect(findPathProblem(path, ["taken.yml"])).toBe(problem);
  });
});

it("paths stand in their folders, those without one first", () => {
  expect(groupPaths(["values/b.yml", "z.yml", "a.yml", "values/a.yml"])).toEqual([
    { name: "", files: ["a.yml", "z.yml"] },
    { name: "values", files: ["values/a.yml", "values/b.yml"] },
  ]);
});
