// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ComponentType } from "react";
import type { Right } from "@/api/shapes";
import type { IconName } from "@/parts/icon/Icon";
import type { en } from "@/words/en";

export type PageName = keyof typeof en.nav;
export type Group = "overview" | "cluster" | "work" | "system";

export interface Page {
  /** Its folder in pages/, and its name in the words. */
  name: PageName;
  path: string;
  icon: IconName;
  /** Where it stands in the navigation; without, other pages lead to it. */
  group?: Group;
  /** The key after `g` that goes to it. */
  key?: string;
  may?: Right;
}

/** All pages. One is part of the application as soon as pages/NAME/page.tsx exists. */
const PLAN = [
  { name: "dashboard", path: "/", icon: "dashboard", group: "overview", key: "d" },
  { name: "guests", path: "/guests", icon: "guest", group: "cluster", key: "g" },
  { name: "guest", path: "/guests/$vmid", icon: "guest" },
  { name: "nodes", path: "/nodes", icon: "node", group: "cluster", key: "n" },
  { name: "node", path: "/nodes/$node", icon: "node" },
  { name: "storage", path: "/storage", icon: "storage", group: "cluster", key: "s" },
  { name: "pools", path: "/pools", icon: "pool", group: "cluster", key: "p" },
  { name: "network", path: "/network", icon: "network", group: "cluster", key: "w" },
  { name: "ha", path: "/ha", icon: "ha", group: "cluster" },
  { name: "runs", path: "/runs", icon: "run", group: "work", key: "r" },
  { name: "run", path: "/runs/$id", icon: "run" },
  { name: "approvals", path: "/approvals", icon: "approval", group: "work", key: "a" },
  { name: "approval", path: "/approvals/$id", icon: "approval" },
  { name: "fleets", path: "/fleet", icon: "fleet", group: "work", key: "f" },
  { name: "fleet", path: "/fleet/$name", icon: "fleet" },
  { name: "history", path: "/history", icon: "history", group: "work", key: "h" },
  { name: "tools", path: "/tools", icon: "tool", group: "system", key: "t" },
  { name: "tool", path: "/tools/$name", icon: "tool" },
  { name: "audit", path: "/audit", icon: "audit", group: "system", key: "u" },
  { name: "settings", path: "/settings", icon: "settings", group: "system" },
  { name: "api", path: "/api", icon: "api", group: "system" },
] as const satisfies readonly Page[];

export type PlannedName = (typeof PLAN)[number]["name"];
export type PathOf<Name extends PlannedName> = Extract<(typeof PLAN)[number], { name: Name }>["path"];

/** The path of a page. */
export function getPath<Name extends PlannedName>(name: Name): PathOf<Name> {
  const page = PLAN.find((each) => each.name === name);
  if (!page) throw new Error(`There is no page ${name}.`);
  return page.path as PathOf<Name>;
}

const FILES = import.meta.glob<{ default: ComponentType }>("../pages/*/page.tsx");

/** The loader of a page; undefined for one that does not exist. */
export function findLoader(name: PageName): (() => Promise<{ default: ComponentType }>) | undefined {
  return FILES[`../pages/${name}/page.tsx`];
}

export const PAGES: readonly Page[] = PLAN.filter(({ name }) => findLoader(name));
export const GROUPS: readonly Group[] = ["overview", "cluster", "work", "system"];
