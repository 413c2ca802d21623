// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { readToolOptions, useTools } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { setLanguage, useLanguage, useWords } from "@/words";
import { findLoader, PAGES } from "../pages";
import { setTheme } from "../theme";
import { findBest } from "./find";
import styles from "./shell.module.css";

interface Entry {
  id: string;
  text: string;
  note?: string;
  /** What else it is found by. */
  also?: string;
  icon: IconName;
  act: () => void;
}

interface EntryGroup {
  value: string;
  items: Entry[];
}

const MOST_OF_A_GROUP = 8;

export interface PaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onHelp: () => void;
}

/** Finds pages, guests, tools and actions by what is typed. */
export function Palette({ open, onOpenChange, onHelp }: PaletteProps): ReactNode {
  const words = useWords();
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.paletteScrim} />
        <Dialog.Popup className={styles.palette} aria-label={words.palette.title}>
          <PaletteContent onClose={() => onOpenChange(false)} onHelp={onHelp} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteContent({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }): ReactNode {
  const words = useWords();
  const [typed, setTyped] = useState("");
  const groups = useGroups(typed, onHelp);
  const act = (entry: Entry): void => {
    onClose();
    entry.act();
  };
  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      value={typed}
      onValueChange={(value, details) => {
        if (details.reason !== "item-press") setTyped(value);
      }}
      itemToStringValue={(entry: Entry) => entry.text}
      filter={null}
      autoHighlight="always"
      keepHighlight
    >
      <div className={styles.paletteInput}>
        <Icon name="search" size={20} />
        <Autocomplete.Input placeholder={words.palette.placeholder} aria-label={words.palette.placeholder} autoFocus />
        <kbd>Esc</kbd>
      </div>
      <Autocomplete.Empty>
        <p className={styles.paletteNone}>
          <strong>{words.palette.none}</strong>
          {words.palette.hint}
        </p>
      </Autocomplete.Empty>
      <Autocomplete.List className={styles.paletteList}>
        {(group: EntryGroup) => (
          <Autocomplete.Group key={group.value} items={group.items} className={styles.paletteGroup}>
            <Autocomplete.GroupLabel className={styles.paletteLabel}>{group.value}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(entry: Entry) => (
                <Autocomplete.Item
                  key={entry.id}
                  value={entry}
                  className={styles.paletteItem}
                  onClick={() => act(entry)}
                >
                  <Icon name={entry.icon} />
                  <span className={styles.paletteText}>{entry.text}</span>
                  {entry.note && <span className={styles.paletteNote}>{entry.note}</span>}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      <p className={styles.paletteFoot} aria-hidden>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {words.palette.keys}
        </span>
        <span>
          <kbd>↵</kbd> {words.palette.go}
        </span>
      </p>
    </Autocomplete.Root>
  );
}

function useGroups(typed: string, onHelp: () => void): EntryGroup[] {
  const words = useWords();
  const language = useLanguage();
  const navigate = useNavigate();
  const client = useQueryClient();
  const guests = useQuery(readToolOptions<{ guests: Guest[] }>("list_guests")).data?.guests;
  const tools = useTools().data;
  return useMemo(() => {
    const pages: Entry[] = PAGES.filter(({ group }) => group).map((page) => ({
      id: `page ${page.name}`,
      text: words.nav[page.name],
      icon: page.icon,
      ...(page.key && { note: `g ${page.key}` }),
      act: () => void navigate({ to: page.path }),
    }));
    const guestEntries: Entry[] = findLoader("guest")
      ? (guests ?? []).map((guest) => ({
          id: `guest ${String(guest.vmid)}`,
          text: guest.name,
          note: `${String(guest.vmid)} · ${guest.node}`,
          also: `${String(guest.vmid)} ${(guest.tags ?? []).join(" ")}`,
          icon: guest.type === "lxc" ? "container" : "guest",
          act: () => void navigate({ to: "/guests/$vmid", params: { vmid: String(guest.vmid) } }),
        }))
      : [];
    const toolEntries: Entry[] = findLoader("tool")
      ? (tools ?? []).map((tool) => ({
          id: `tool ${tool.name}`,
          text: tool.title,
          note: tool.name,
          also: tool.name,
          icon: "tool",
          act: () => void navigate({ to: "/tools/$name", params: { name: tool.name } }),
        }))
      : [];
    const actions: Entry[] = [
      { id: "light", text: words.palette.themeLight, icon: "sun", act: () => setTheme("light") },
      { id: "dark", text: words.palette.themeDark, icon: "moon", act: () => setTheme("dark") },
      { id: "auto", text: words.palette.themeAuto, icon: "screen", act: () => setTheme("auto") },
      {
        id: "language",
        text: words.palette.switchLanguage,
        icon: "globe",
        act: () => void setLanguage(language === "en" ? "fr" : "en"),
      },
      { id: "reload", text: words.palette.reload, icon: "reload", act: () => void client.invalidateQueries() },
      { id: "help", text: words.shell.shortcuts, note: "?", icon: "keyboard", act: onHelp },
    ];
    const isTyped = typed.trim() !== "";
    const pick = (value: string, entries: Entry[]): EntryGroup => ({
      value,
      items: findBest(typed, entries, (entry) => `${entry.text} ${entry.also ?? ""}`, MOST_OF_A_GROUP),
    });
    return [
      pick(words.palette.pages, pages),
      ...(isTyped ? [pick(words.palette.guests, guestEntries), pick(words.palette.tools, toolEntries)] : []),
      pick(words.palette.actions, actions),
    ].filter(({ items }) => items.length);
  }, [typed, words, language, navigate, client, guests, tools, onHelp]);
}
