// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { diffLines, listChanges } from "./compare";

describe("The changes of a document", () => {
  it("are told by the way to them", () => {
    const before = { memory: 2048, nics: { net0: { bridge: "vmbr0", tag: 1 } }, tags: ["a"] };
    const after = { memory: 2048, nics: { net0: { bridge: "vmbr1", tag: 1 } }, tags: ["a", "b"], onboot: true };
    expect(listChanges(before, after)).toEqual([
      { name: "nics.net0.bridge", before: "vmbr0", after: "vmbr1" },
      { name: "tags", before: ["a"], after: ["a", "b"] },
      { name: "onboot", before: undefined, after: true },
    ]);
  });

  it("of a whole object that is new are told field by field", () => {
    expect(listChanges({}, { net0: { bridge: "vmbr0" } })).toEqual([
      { name: "net0.bridge", before: undefined, after: "vmbr0" },
    ]);
  });

  it("are none where only the order of names differs", () => {
    expect(listChanges({ a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2 }] }, a: 1 })).toEqual([]);
  });
});

describe("The difference of two texts", () => {
  const say = (before: string, after: string): string[] =>
    diffLines(before, after, 1).map(({ kind, text, count }) =>
      kind === "gap" ? `⋯${String(count)}` : `${{ same: " ", added: "+", removed: "-" }[kind]}${text}`,
    );

  it("tells lines that went, came and stayed, and folds what is far from them", () => {
    expect(say("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n")).toEqual(["⋯2", " c", "-d", "+D", " e", "⋯1"]);
  });

  it("gives back both texts", () => {
    const [before, after] = ["x\na\nb\nc\ny\n", "a\nc\nq\ny\nz\n"];
    const lines = diffLines(before, after, 99);
    const side = (without: string): string =>
      lines
        .filter(({ kind }) => kind !== without)
        .map(({ text }) => `${text}\n`)
        .join("");
    expect(side("added")).toBe(before);
    expect(side("removed")).toBe(after);
  });

  it("is nothing but a gap where there is none", () => {
    expect(say("a\nb\n", "a\nb\n")).toEqual(["⋯2"]);
  });
});
