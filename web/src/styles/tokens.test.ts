// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/styles/tokens.css", "utf8");
const [light = "", dark = ""] = css.split(':root[data-theme="dark"]');

type Colour = readonly [number, number, number];

/** The linear sRGB of an OKLCH colour, by the matrices of CSS Color 4. */
function toLinear(lightness: number, chroma: number, hue: number): Colour {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function readColour(theme: string, name: string): Colour {
  const found = new RegExp(`--${name}: oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)`).exec(theme);
  if (!found) throw new Error(`There is no solid colour --${name}.`);
  return toLinear(Number(found[1]), Number(found[2]), Number(found[3]));
}

function luminance([red, green, blue]: Colour): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(first: Colour, second: Colour): number {
  const [high, low] = [luminance(first), luminance(second)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["ground", "ground-side", "surface", "surface-sunken", "surface-raised"];
const STATES = ["ok", "warn", "bad", "info", "idle"];
const TEXT: [string, string][] = [
  ...GROUNDS.flatMap((ground) =>
    ["text", "text-soft", "text-faint", "accent-text", ...STATES].map((text): [string, string] => [text, ground]),
  ),
  ...STATES.map((state): [string, string] => [state, `${state}-soft`]),
  ...STATES.map((state): [string, string] => ["text", `${state}-soft`]),
  ["accent-text", "accent-soft"],
  ["text", "accent-soft"],
  ["text-soft", "accent-soft"],
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-accent", "accent-press"],
];
const SHAPES: [string, string][] = ["surface", "ground", "surface-sunken"].flatMap((ground) =>
  ["line-control", ...STATES.map((state) => `${state}-fill`)].map((shape): [string, string] => [shape, ground]),
);

describe.each([
  ["light", light],
  ["dark", dark],
])("The %s theme", (_name, theme) => {
  it.each(TEXT)("has text of %s on %s with a contrast of 4.5", (text, ground) => {
    expect(contrast(readColour(theme, text), readColour(theme, ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SHAPES)("has shapes of %s on %s with a contrast of 3", (shape, ground) => {
    expect(contrast(readColour(theme, shape), readColour(theme, ground))).toBeGreaterThanOrEqual(3);
  });
});
