// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import type { JsonSchema } from "@/api/shapes";
import { findNodePlace, findPlace, findProblems, suggest } from "./yamlSchema";

const GUEST: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    memory: { type: "integer", maximum: 1024 },
    type: { type: "string", enum: ["qemu", "lxc"] },
    onboot: { type: "boolean" },
    disks: {
      type: "array",
      items: { type: "object", properties: { slot: { type: "string" }, storage: { enum: ["local", "ceph"] } } },
    },
  },
};
const SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    fleet: { type: "string" },
    guests: { type: "object", additionalProperties: { $ref: "#/$defs/guest" } },
  },
  $defs: { guest: GUEST },
};

/** A text in which the cursor is at the bar. */
function place(marked: string): { text: string; at: number } {
  return { text: marked.replace("|", ""), at: marked.indexOf("|") };
}

function offer(marked: string): string[] {
  const { text, at } = place(marked);
  return suggest(SCHEMA, text, at).map(({ label }) => label);
}

describe("Completion", () => {
  it.each([
    ["|", ["fleet", "guests"]],
    ["fleet: shop\n|", ["guests"]],
    ["guests:\n  web-01:\n    |", ["memory", "type", "onboot", "disks"]],
    ["guests:\n  web-01:\n    memory: 5\n    |\n    onboot: true\n", ["type", "disks"]],
    ["guests:\n  web-01:\n    type: |", ["qemu", "lxc"]],
    ["guests:\n  web-01:\n    onboot: |", ["true", "false"]],
    ["guests:\n  web-01:\n    disks:\n      - |", ["slot", "storage"]],
    ["guests:\n  web-01:\n    disks:\n      - slot: scsi0\n        |", ["storage"]],
    ["guests:\n  web-01:\n    disks:\n      - storage: |", ["local", "ceph"]],
    ["fleet: shop\nguests:\n  |", []],
  ])("at the bar of %j offers %j", (marked, offered) => {
    expect(offer(marked)).toEqual(offered);
  });

  it("knows where it is in a text that is not whole", () => {
    const { text, at } = place("guests:\n  web-01:\n    memory: [1,\n    onboot: |");
    expect(findPlace(text, at).place).toEqual(["guests", "web-01", "onboot"]);
  });
});

describe("The way to what the cursor is on", () => {
  it("goes through names and lists", () => {
    const { text, at } = place("guests:\n  web-01:\n    disks:\n      - slot: a\n      - slot: s|csi1\n");
    expect(findNodePlace(text, at)).toEqual(["guests", "web-01", "disks", 1, "slot"]);
  });
});

describe("What is wrong with a text", () => {
  it("is nothing in a good one, templates included", () => {
    expect(findProblems("fleet: shop\nguests:\n  web-01: {memory: 512, type: '{{ kind }}'}\n", SCHEMA)).toEqual([]);
  });

  it("names the name that was probably meant, at its place", () => {
    const text = "guests:\n  web-01:\n    memroy: 512\n";
    const [problem] = findProblems(text, SCHEMA);
    expect(problem?.message).toContain("memory");
    expect(text.slice(problem?.from, problem?.to)).toBe("memroy");
  });

  it.each([
    ["guests: {web-01: {memory: 4096}}", "1024"],
    ["guests: {web-01: {type: vm}}", "qemu"],
  ])("in %s says %s", (text, said) => {
    expect(
      findProblems(text, SCHEMA)
        .map(({ message }) => message)
        .join(),
    ).toContain(said);
  });

  it("is an error where it is no YAML at all, schema or not", () => {
    expect(findProblems("a: [1,\n b", undefined)[0]?.severity).toBe("error");
  });
});
