// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { createContext, createElement, use, useMemo, useSyncExternalStore, type ReactNode } from "react";
import type { en } from "./en";
import * as format from "./format";

type Widen<T> = T extends string
  ? string
  : T extends (...given: infer A) => string
    ? (...given: A) => string
    : { [K in keyof T]: Widen<T[K]> };

/** All texts of one language. A text with a value in it is a function. */
export type Words = Widen<typeof en>;
export type Language = "en" | "fr";
export const LANGUAGES: readonly Language[] = ["en", "fr"];

const KEY = "playvisor.language";
const LOADERS: Record<Language, () => Promise<Words>> = {
  en: async () => (await import("./en")).en,
  fr: async () => (await import("./fr")).fr,
};

interface Spoken {
  language: Language;
  words: Words;
}

let spoken: Spoken | null = null;
const listeners = new Set<() => void>();

/** The language that was chosen, or the browser's. */
export function chooseLanguage(): Language {
  const chosen = document.documentElement.lang;
  return chosen === "fr" ? "fr" : "en";
}

/** Load a language and show the page in it from now on. */
export async function setLanguage(language: Language, isChoice = true): Promise<void> {
  const words = await LOADERS[language]();
  spoken = { language, words };
  document.documentElement.lang = language;
  if (isChoice) {
    try {
      localStorage.setItem(KEY, language);
    } catch {
      // Storage is off: it holds until the page is left.
    }
  }
  for (const listener of listeners) listener();
}

const SpokenContext = createContext<Spoken | null>(null);

/** Gives the texts to everything inside. `setLanguage` has to have been awaited. */
export function WordsProvider({ children }: { children: ReactNode }): ReactNode {
  const current = useSyncExternalStore(subscribe, () => spoken);
  return createElement(SpokenContext, { value: current }, children);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function useSpoken(): Spoken {
  const current = use(SpokenContext);
  if (!current) throw new Error("There is no WordsProvider, or no language is loaded.");
  return current;
}

/** The texts of the page's language. */
export function useWords(): Words {
  return useSpoken().words;
}

/** The page's language. */
export function useLanguage(): Language {
  return useSpoken().language;
}

/** The page's language as the browser has it, such as "en-GB", by which dates and figures are written. */
export function useLocale(): string {
  const language = useLanguage();
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

export interface Formats {
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  percent: (value: number, digits?: number) => string;
  bytes: (value: number) => string;
  rate: (value: number) => string;
  duration: (seconds: number) => string;
  time: (value: number | Date, style?: "full" | "short" | "clock" | "day") => string;
  ago: (time: number, now: number) => string;
  list: (items: readonly string[]) => string;
}

/** Figures, sizes and times in the page's language. */
export function useFormats(): Formats {
  const locale = useLocale();
  return useMemo(
    () => ({
      number: (value, options) => format.formatNumber(locale, value, options),
      percent: (value, digits) => format.formatPercent(locale, value, digits),
      bytes: (value) => format.formatBytes(locale, value),
      rate: (value) => format.formatRate(locale, value),
      duration: (seconds) => format.formatDuration(locale, seconds),
      time: (value, style) => format.formatTime(locale, value, style),
      ago: (time, now) => format.formatAgo(locale, time, now),
      list: (items) => format.formatList(locale, items),
    }),
    [locale],
  );
}

/** The texts of one page in all languages; French has exactly the keys of English. */
export type PageWords<T> = Readonly<Record<Language, T>>;

/** Make the texts of a page: `export const pageWords = definePageWords({title: "Guests"}, {title: "Invités"})`. */
export function definePageWords<const T extends object>(
  inEnglish: T,
  inFrench: NoInfer<Widen<T>>,
): PageWords<Widen<T>> {
  return { en: inEnglish as unknown as Widen<T>, fr: inFrench as Widen<T> };
}

/** The texts of a page in the page's language. */
export function usePageWords<T>(words: PageWords<T>): T {
  return words[useLanguage()];
}
