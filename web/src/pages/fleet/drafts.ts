// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** Files of a fleet that are open, with what of them is not saved. Pure. */

export interface OpenFile {
  path: string;
  /** As it was read; null for a file that is new. */
  base: string | null;
  etag: string | null;
  text: string;
  newline: "\n" | "\r\n";
  /** It goes with the next save. */
  isGone?: boolean;
}

export type OpenFiles = Readonly<Record<string, OpenFile>>;

/** A file as the server has it. Editors know one kind of line's end only; its own is kept for saving. */
export function openFile(path: string, text: string, etag: string): OpenFile {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const plain = text.replaceAll("\r\n", "\n");
  return { path, base: plain, etag, text: plain, newline };
}

export function newFile(path: string, text = ""): OpenFile {
  return { path, base: null, etag: null, text, newline: "\n" };
}

/** Whether a file is other than the server has it. */
export function isDirty(file: OpenFile): boolean {
  return Boolean(file.isGone) || file.base === null || file.text !== file.base;
}

/** The text as it is saved. */
export function writeText(file: OpenFile): string {
  return file.newline === "\n" ? file.text : file.text.replaceAll("\n", file.newline);
}

/** What is not saved, as the server takes it: texts by path, null for what is to go. */
export function listDrafts(files: OpenFiles): Record<string, string | null> {
  const drafts: Record<string, string | null> = {};
  for (const file of Object.values(files)) if (isDirty(file)) drafts[file.path] = file.isGone ? null : writeText(file);
  return drafts;
}

/** Why a path can't be that of a new file; null when it can. */
export function findPathProblem(path: string, known: readonly string[]): "form" | "taken" | null {
  const parts = path.split("/");
  if (!/\.ya?ml$/i.test(path) || /[\\\p{C}]/u.test(path) || parts.some((part) => !part || part.startsWith(".")))
    return "form";
  return known.includes(path) ? "taken" : null;
}

export interface Folder {
  name: string;
  files: string[];
}

/** Paths by their folders, those without one first. */
export function groupPaths(paths: readonly string[]): Folder[] {
  const folders = new Map<string, string[]>([["", []]]);
  for (const path of [...paths].sort((left, right) => left.localeCompare(right))) {
    const name = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    folders.set(name, [...(folders.get(name) ?? []), path]);
  }
  return [...folders].map(([name, files]) => ({ name, files })).filter(({ files }) => files.length);
}
