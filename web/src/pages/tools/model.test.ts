// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import type { Tool } from "@/api/shapes";
import { groupTools, takeSentence } from "./model";

const make = (name: string, toolset: string, effect: Tool["effect"], description = ""): Tool => ({
  name,
  title: name.replaceAll("_", " "),
  toolset,
  effect,
  description,
  input_schema: {},
});
const TOOLS = [
  make("list_guests", "observe", "read"),
  make("stop_guest", "power", "destroy", "Shuts guests down cleanly."),
  make("list_nodes", "observe", "read"),
];

describe("the catalogue", () => {
  it("has its tools by toolset", () => {
    expect(groupTools(TOOLS, "", "all").map(({ toolset, tools }) => [toolset, tools.length])).toEqual([
      ["observe", 2],
      ["power", 1],
    ]);
  });

  it("is searched by all words, wherever they stand", () => {
    expect(groupTools(TOOLS, "Cleanly stop", "all").flatMap(({ tools }) => tools.map(({ name }) => name))).toEqual([
      "stop_guest",
    ]);
    expect(groupTools(TOOLS, "stop", "read")).toEqual([]);
  });
});

describe("a sentence", () => {
  it("ends at its point, not within a number or a name", () => {
    expect(takeSentence("Takes 1.5 GiB of web.example. Then more.")).toBe("Takes 1.5 GiB of web.example.");
    expect(takeSentence("No end")).toBe("No end");
  });
});
