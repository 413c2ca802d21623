// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * The filter of tables. Pure. All words have to be found: `web` anywhere in the row, `node:pve1` in that column,
 * `status=running` as exactly that, `"two words"` together, and `-test` not at all.
 */

export interface Term {
  column: string | null;
  text: string;
  isExact: boolean;
  isNot: boolean;
}

const TERM = /(-)?(?:([\p{L}\w]+)([:=]))?(?:"([^"]*)"?|(\S+))/gu;

/** Fold a text so that neither case nor accents count. */
export function foldText(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Read a filter; words that name no column of the table are text as they are. */
export function parseFilter(filter: string, columns: ReadonlySet<string>): Term[] {
  const terms: Term[] = [];
  for (const [, not, column, sign, quoted, word] of filter.matchAll(TERM)) {
    const isColumn = column !== undefined && columns.has(foldText(column));
    const value = quoted ?? word ?? "";
    const text = foldText(isColumn || column === undefined ? value : `${column}${sign ?? ""}${value}`);
    if (text)
      terms.push({
        column: isColumn ? foldText(column) : null,
        text,
        isExact: isColumn && sign === "=",
        isNot: not !== undefined,
      });
  }
  return terms;
}

/** Whether a row, as the folded text of each column, meets all terms. */
export function matchesFilter(terms: readonly Term[], row: ReadonlyMap<string, string>): boolean {
  return terms.every((term) => meets(term, row) !== term.isNot);
}

function meets({ column, text, isExact }: Term, row: ReadonlyMap<string, string>): boolean {
  if (column !== null) {
    const value = row.get(column) ?? "";
    return isExact ? value === text || value.split(" ").includes(text) : value.includes(text);
  }
  for (const value of row.values()) if (value.includes(text)) return true;
  return false;
}
