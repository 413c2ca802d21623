// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useReducer, useRef, useState } from "react";
import { get, path, send } from "@/api/client";
import { toProblem, type Problem } from "@/api/problem";
import { isSame } from "@/parts/diff/compare";
import { isDirty, listDrafts, newFile, openFile, writeText, type OpenFile, type OpenFiles } from "./drafts";
import { fleetKey } from "./queries";

interface ServedText {
  path: string;
  text: string;
  etag: string;
}

/** A file that was changed on the server since it was read; null where it is gone. */
export interface Clash {
  path: string;
  theirs: OpenFile | null;
}

export interface Files {
  open: OpenFiles;
  tabs: readonly string[];
  drafts: Readonly<Record<string, string | null>>;
  problem: { path: string; error: Problem } | null;
  clash: Clash | null;
  isSaving: boolean;
  show: (path: string) => Promise<void>;
  make: (path: string) => void;
  edit: (path: string, text: string) => void;
  setGone: (path: string, isGone: boolean) => void;
  close: (path: string) => void;
  /** Take texts in as edits, also of files that are not open. */
  take: (texts: Readonly<Record<string, string>>) => Promise<void>;
  discard: () => void;
  /** How many files were saved; what can't be is told by `clash` or `problem`. */
  save: () => Promise<number>;
  solve: (how: "theirs" | "mine" | "later") => Promise<void>;
}

type Action =
  | { do: "put"; file: OpenFile }
  | { do: "edit"; path: string; text: string }
  | { do: "gone"; path: string; isGone: boolean }
  | { do: "close"; path: string }
  | { do: "discard" };

function reduce(files: OpenFiles, action: Action): OpenFiles {
  switch (action.do) {
    case "put":
      return { ...files, [action.file.path]: action.file };
    case "edit": {
      const file = files[action.path];
      return file && file.text !== action.text ? { ...files, [action.path]: { ...file, text: action.text } } : files;
    }
    case "gone": {
      const file = files[action.path];
      return file ? { ...files, [action.path]: { ...file, isGone: action.isGone } } : files;
    }
    case "close":
      return Object.fromEntries(Object.entries(files).filter(([name]) => name !== action.path));
    case "discard":
      return Object.fromEntries(
        Object.values(files)
          .filter(({ base }) => base !== null)
          .map((file) => [file.path, { ...file, text: file.base ?? "", isGone: false }]),
      );
  }
}

/** The files of a fleet that are open in this page, and saving them. */
export function useFiles(name: string): Files {
  const client = useQueryClient();
  const [open, dispatch] = useReducer(reduce, {});
  const [problem, setProblem] = useState<Files["problem"]>(null);
  const [clash, setClash] = useState<Clash | null>(null);
  const [isSaving, setSaving] = useState(false);
  const latest = useRef(open);
  latest.current = open;
  const where = useCallback((file: string) => path`/fleets/${name}/files/${file}`, [name]);

  const read = useCallback(
    async (file: string): Promise<OpenFile> => {
      const { text, etag } = await get<ServedText>(where(file));
      return openFile(file, text, etag);
    },
    [where],
  );
  const show = useCallback(
    async (file: string): Promise<void> => {
      if (latest.current[file]) return;
      try {
        const found = await read(file);
        setProblem(null);
        if (!latest.current[file]) dispatch({ do: "put", file: found });
      } catch (error) {
        setProblem({ path: file, error: toProblem(error) });
      }
    },
    [read],
  );
  const take = useCallback(
    async (texts: Readonly<Record<string, string>>): Promise<void> => {
      for (const [file, text] of Object.entries(texts)) {
        const known = latest.current[file] ?? (await read(file));
        dispatch({ do: "put", file: { ...known, text: text.replaceAll("\r\n", "\n") } });
      }
    },
    [read],
  );

  /** Save one file; false when somebody else has changed it. */
  const saveOne = useCallback(
    async (file: OpenFile): Promise<boolean> => {
      try {
        if (file.isGone) {
          if (file.etag) await send("DELETE", where(file.path), { ifMatch: file.etag });
          dispatch({ do: "close", path: file.path });
          return true;
        }
        const { data } = await send<{ etag: string }>("PUT", where(file.path), {
          body: { text: writeText(file) },
          ...(file.etag ? { ifMatch: file.etag } : { ifNew: true }),
        });
        // What was typed meanwhile stays what is not saved.
        const now = latest.current[file.path] ?? file;
        dispatch({ do: "put", file: { ...now, base: file.text, etag: data.etag } });
        return true;
      } catch (error) {
        const found = toProblem(error);
        if (found.status !== 412) throw found;
        const theirs = found.body.etag ? await read(file.path) : null;
        setClash({ path: file.path, theirs });
        return false;
      }
    },
    [read, where],
  );
  const forget = useCallback(
    () => Promise.all([["resource"], fleetKey(name)].map((queryKey) => client.invalidateQueries({ queryKey }))),
    [client, name],
  );
  const save = useCallback(async (): Promise<number> => {
    let saved = 0;
    setSaving(true);
    setProblem(null);
    try {
      for (const file of Object.values(latest.current).filter(isDirty)) {
        try {
          if (!(await saveOne(file))) break;
          saved += 1;
        } catch (error) {
          setProblem({ path: file.path, error: toProblem(error) });
          break;
        }
      }
    } finally {
      setSaving(false);
      if (saved) await forget();
    }
    return saved;
  }, [forget, saveOne]);
  const solve = useCallback(
    async (how: "theirs" | "mine" | "later"): Promise<void> => {
      const file = clash && latest.current[clash.path];
      if (!clash || !file) return;
      setClash(null);
      const { theirs } = clash;
      if (how === "theirs") {
        dispatch(theirs ? { do: "put", file: theirs } : { do: "close", path: clash.path });
        return;
      }
      const mine: OpenFile = { ...file, base: theirs?.text ?? null, etag: theirs?.etag ?? null };
      dispatch({ do: "put", file: mine });
      if (how === "mine") {
        try {
          await saveOne(mine);
          await forget();
        } catch (error) {
          setProblem({ path: mine.path, error: toProblem(error) });
        }
      }
    },
    [clash, forget, saveOne],
  );

  // The same object as long as nothing is edited, whatever is opened.
  const known = useRef<Files["drafts"]>({});
  const drafts = useMemo(() => {
    const now = listDrafts(open);
    if (!isSame(now, known.current)) known.current = now;
    return known.current;
  }, [open]);
  const tabs = useMemo(() => Object.keys(open), [open]);
  return {
    open,
    tabs,
    drafts,
    problem,
    clash,
    isSaving,
    show,
    make: (file) => dispatch({ do: "put", file: newFile(file) }),
    edit: (file, text) => dispatch({ do: "edit", path: file, text }),
    setGone: (file, isGone) => dispatch({ do: "gone", path: file, isGone }),
    close: (file) => dispatch({ do: "close", path: file }),
    take,
    discard: () => dispatch({ do: "discard" }),
    save,
    solve,
  };
}
