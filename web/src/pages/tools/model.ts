// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Effect, Tool } from "@/api/shapes";
import { foldText } from "@/parts/table/filter";

export interface ToolGroup {
  toolset: string;
  tools: Tool[];
}

/** The tools that have all words in their name, title, toolset or description, by toolset, in the catalogue's order. */
export function groupTools(tools: readonly Tool[], query: string, effect: Effect | "all"): ToolGroup[] {
  const words = foldText(query).split(/\s+/).filter(Boolean);
  const groups = new Map<string, ToolGroup>();
  for (const tool of tools) {
    if (effect !== "all" && tool.effect !== effect) continue;
    const text = foldText(`${tool.name} ${tool.title} ${tool.toolset} ${tool.description}`);
    if (!words.every((word) => text.includes(word))) continue;
    const group = groups.get(tool.toolset) ?? { toolset: tool.toolset, tools: [] };
    groups.set(tool.toolset, group);
    group.tools.push(tool);
  }
  return [...groups.values()];
}

/** The first sentence of a text. */
export function takeSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}
