// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** Compares documents and texts. Pure. */

export interface FieldChange {
  /** The way to it: `nics.net0.bridge`. */
  name: string;
  before: unknown;
  after: unknown;
}

type Plain = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Plain {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Whether two values are the same data. */
export function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((each, index) => isSame(each, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...names].every((name) => isSame(left[name], right[name]));
  }
  return false;
}

/** The fields in which two documents differ, in the order of the first, each by the way to it. */
export function listChanges(before: unknown, after: unknown, prefix = ""): FieldChange[] {
  if (isSame(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => listChanges(before[name], after[name], prefix ? `${prefix}.${name}` : name));
  }
  if ((isObject(before) && after === undefined) || (isObject(after) && before === undefined)) {
    const known = (before ?? after) as Plain;
    const names = Object.keys(known);
    if (names.length) {
      return names.flatMap((name) =>
        listChanges(
          isObject(before) ? before[name] : undefined,
          isObject(after) ? after[name] : undefined,
          prefix ? `${prefix}.${name}` : name,
        ),
      );
    }
  }
  return [{ name: prefix, before, after }];
}

export interface DiffLine {
  kind: "same" | "removed" | "added" | "gap";
  text: string;
  before?: number;
  after?: number;
  /** How many lines a gap stands for. */
  count?: number;
}

const CONTEXT = 3;

/** The lines of two texts as one, with what is alike far from any change left out. */
export function diffLines(before: string, after: string, context = CONTEXT): DiffLine[] {
  return foldSame(matchLines(splitLines(before), splitLines(after)), context);
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** By the longest common subsequence, after the alike head and tail are taken off. */
function matchLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail))
    tail += 1;
  const rows = before.slice(head, before.length - tail);
  const columns = after.slice(head, after.length - tail);
  const width = columns.length + 1;
  const lengths = new Uint32Array((rows.length + 1) * width);
  for (let row = rows.length - 1; row >= 0; row -= 1) {
    for (let column = columns.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        rows[row] === columns[column]
          ? (lengths[(row + 1) * width + column + 1] ?? 0) + 1
          : Math.max(lengths[(row + 1) * width + column] ?? 0, lengths[row * width + column + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  const same = (text: string, old: number, next: number): void => {
    lines.push({ kind: "same", text, before: old + 1, after: next + 1 });
  };
  for (let index = 0; index < head; index += 1) same(before[index] ?? "", index, index);
  let row = 0;
  let column = 0;
  while (row < rows.length || column < columns.length) {
    if (row < rows.length && column < columns.length && rows[row] === columns[column]) {
      same(rows[row] ?? "", head + row, head + column);
      row += 1;
      column += 1;
    } else if (
      row < rows.length &&
      (column >= columns.length ||
        (lengths[(row + 1) * width + column] ?? 0) >= (lengths[row * width + column + 1] ?? 0))
    ) {
      lines.push({ kind: "removed", text: rows[row] ?? "", before: head + row + 1 });
      row += 1;
    } else {
      lines.push({ kind: "added", text: columns[column] ?? "", after: head + column + 1 });
      column += 1;
    }
  }
  for (let index = tail; index > 0; index -= 1) {
    same(before.at(-index) ?? "", before.length - index, after.length - index);
  }
  return lines;
}

function foldSame(lines: readonly DiffLine[], context: number): DiffLine[] {
  const isNear = lines.map(() => false);
  lines.forEach((line, index) => {
    if (line.kind === "same") return;
    for (let near = Math.max(0, index - context); near <= Math.min(lines.length - 1, index + context); near += 1)
      isNear[near] = true;
  });
  const folded: DiffLine[] = [];
  lines.forEach((line, index) => {
    if (isNear[index]) {
      folded.push(line);
      return;
    }
    const last = folded.at(-1);
    if (last?.kind === "gap") last.count = (last.count ?? 0) + 1;
    else folded.push({ kind: "gap", text: "", count: 1 });
  });
  return folded;
}

/** A value on one line, as people read it. */
export function formatPlain(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return JSON.stringify(value);
}
