// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** Figures, times and sizes as people read them, by Intl. Pure; `locale` is a language tag. */

const cache = new Map<string, unknown>();

function keep<T>(key: string, make: () => T): T {
  const kept = cache.get(key);
  if (kept !== undefined) return kept as T;
  const made = make();
  cache.set(key, made);
  return made;
}

/** A number with the separators of the language. */
export function formatNumber(locale: string, value: number, options: Intl.NumberFormatOptions = {}): string {
  return keep(`n${locale}${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

/** A part of one as percent: 0.142 is 14 %, or with `digits` 14.2 %. */
export function formatPercent(locale: string, value: number, digits = 0): string {
  return formatNumber(locale, value, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const UNITS_FR = ["o", "Kio", "Mio", "Gio", "Tio", "Pio"] as const;

/** A size in the binary unit in which it has one to four digits. */
export function formatBytes(locale: string, bytes: number): string {
  const units = locale.startsWith("fr") ? UNITS_FR : UNITS;
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = formatNumber(locale, bytes < 0 ? -value : value, { maximumFractionDigits: digits });
  return `${text}\u00a0${units[unit] ?? ""}`;
}

/** Bytes for each second. */
export function formatRate(locale: string, bytes: number): string {
  return `${formatBytes(locale, bytes)}/s`;
}

const SPANS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** How long ago, or until: "3 minutes ago". Both are milliseconds since 1970. */
export function formatAgo(locale: string, time: number, now: number): string {
  const format = keep(`r${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "long" }));
  const seconds = Math.round((time - now) / 1000);
  if (Math.abs(seconds) < 5) return format.format(0, "second");
  for (const [unit, span] of SPANS) {
    if (Math.abs(seconds) >= span) return format.format(Math.trunc(seconds / span), unit);
  }
  return format.format(0, "second");
}

/** A duration in seconds, in its two largest units: 3 d 4 h, 1 min 5 s, 0.4 s. */
export function formatDuration(locale: string, seconds: number): string {
  if (seconds < 1) return `${formatNumber(locale, seconds, { maximumFractionDigits: seconds < 0.1 ? 2 : 1 })}\u00a0s`;
  if (seconds < 10) return `${formatNumber(locale, seconds, { maximumFractionDigits: 1 })}\u00a0s`;
  const names = locale.startsWith("fr") ? ["j", "h", "min", "s"] : ["d", "h", "min", "s"];
  const whole = Math.round(seconds);
  const values = [
    Math.floor(whole / 86400),
    Math.floor((whole % 86400) / 3600),
    Math.floor((whole % 3600) / 60),
    whole % 60,
  ];
  const first = values.findIndex((value) => value > 0);
  return values
    .slice(first, first + 2)
    .map((value, index) => (value === 0 ? "" : `${String(value)}\u00a0${names[first + index] ?? ""}`))
    .filter(Boolean)
    .join(" ");
}

/** A point in time as date and time, by 24 hours, with seconds on demand. */
export function formatTime(
  locale: string,
  time: number | Date,
  style: "full" | "short" | "clock" | "day" = "short",
): string {
  const options: Record<typeof style, Intl.DateTimeFormatOptions> = {
    full: { dateStyle: "full", timeStyle: "long" },
    short: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
    clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    day: { year: "numeric", month: "short", day: "numeric" },
  };
  return keep(
    `t${locale}${style}`,
    () =>
      new Intl.DateTimeFormat(locale, {
        ...options[style],
        ...(style !== "full" && style !== "day" && { hourCycle: "h23" }),
      }),
  ).format(time);
}

/** The form of a word for a number: `{one: "guest", other: "guests"}`. */
export function choosePlural(locale: string, count: number, forms: { one: string; other: string }): string {
  const rule = keep(`p${locale}`, () => new Intl.PluralRules(locale)).select(count);
  return rule === "one" ? forms.one : forms.other;
}

/** Things as a list in a sentence: "a, b and c". */
export function formatList(locale: string, items: readonly string[]): string {
  return keep(`l${locale}`, () => new Intl.ListFormat(locale, { type: "conjunction" })).format(items);
}

/** Milliseconds since 1970 of what the server says: an ISO text, or seconds. Undefined for none of these. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === "number") return value < 1e11 ? value * 1000 : value;
  if (typeof value !== "string") return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

/** A number with its noun: `countIn("en", 3, "guest", "guests")` is "3 guests". */
export function countIn(locale: string, number: number, one: string, other: string): string {
  return `${formatNumber(locale, number)} ${choosePlural(locale, number, { one, other })}`;
}
