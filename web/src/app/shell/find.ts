// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** Finds by what somebody types, forgiving order, accents and case. Pure. */

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** How well a text has all the words of what was typed: 0 not at all; its beginning counts most. */
export function score(typed: string, text: string): number {
  const folded = fold(text);
  let total = 0;
  const words = fold(typed).split(/\s+/).filter(Boolean);
  for (const word of words) {
    const at = folded.indexOf(word);
    if (at < 0) return 0;
    const isBeginning = at === 0 || /[\s_.\-/(]/.test(folded[at - 1] ?? "");
    total += (at === 0 ? 4 : isBeginning ? 3 : 1) + word.length / (folded.length + 1);
  }
  return words.length ? total / words.length : 1;
}

/** The best of some things for what was typed, best first. */
export function findBest<T>(typed: string, things: readonly T[], say: (thing: T) => string, most: number): T[] {
  if (!typed.trim()) return things.slice(0, most);
  return things
    .map((thing) => ({ thing, points: score(typed, say(thing)) }))
    .filter(({ points }) => points > 0)
    .sort((left, right) => right.points - left.points)
    .slice(0, most)
    .map(({ thing }) => thing);
}
