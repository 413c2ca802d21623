// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { queryClient } from "@/api/queryClient";
import { sessionOptions } from "@/api/queries";
import { findLoader, getPath, type PageName, type PlannedName } from "./pages";
import { PageFailed } from "./PageFailed";
import { NotFound } from "./NotFound";
import { PagePending } from "./PagePending";
import { Root } from "./Root";
import { Shell } from "./shell/Shell";

/** The values behind the question mark, all of them text: `?tab=backups&q=web`. */
export type Search = Record<string, string | undefined>;

const readSearch = (search: Record<string, unknown>): Search =>
  Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)]));

const root = createRootRouteWithContext()({ component: Root, notFoundComponent: NotFound });

/** Lead who is not signed in to signing in, and back. */
async function requireSession({ location }: { location: { href: string } }): Promise<void> {
  const session = await queryClient.ensureQueryData(sessionOptions);
  if (session) return;
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
}

/** Everything but signing in is for who is signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  errorComponent: PageFailed,
  beforeLoad: requireSession,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("./signin/SignIn"), "SignIn"),
  errorComponent: PageFailed,
});

/** A console has a window of its own, without the frame around pages. */
const consoleWindow = createRoute({
  getParentRoute: () => root,
  path: "/console",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("@/pages/console/page")),
  errorComponent: PageFailed,
  beforeLoad: requireSession,
});

function makePage<const Path extends string>(name: PlannedName, path: Path) {
  const load = findLoader(name);
  return createRoute({
    getParentRoute: () => inside,
    path,
    validateSearch: readSearch,
    component: load ? lazyRouteComponent(load) : NotFound,
    errorComponent: PageFailed,
    notFoundComponent: NotFound,
    pendingComponent: PagePending,
    staticData: { page: name },
  });
}

/** Any other address. */
const unknown = createRoute({ getParentRoute: () => inside, path: "$", component: NotFound });

const pages = [
  makePage("dashboard", getPath("dashboard")),
  makePage("guests", getPath("guests")),
  makePage("guest", getPath("guest")),
  makePage("nodes", getPath("nodes")),
  makePage("node", getPath("node")),
  makePage("storage", getPath("storage")),
  makePage("pools", getPath("pools")),
  makePage("network", getPath("network")),
  makePage("ha", getPath("ha")),
  makePage("runs", getPath("runs")),
  makePage("run", getPath("run")),
  makePage("approvals", getPath("approvals")),
  makePage("approval", getPath("approval")),
  makePage("fleets", getPath("fleets")),
  makePage("fleet", getPath("fleet")),
  makePage("history", getPath("history")),
  makePage("tools", getPath("tools")),
  makePage("tool", getPath("tool")),
  makePage("audit", getPath("audit")),
  makePage("settings", getPath("settings")),
  makePage("api", getPath("api")),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([signIn, consoleWindow, inside.addChildren([...pages, unknown])]),
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 300,
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
    const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
    return text ? `?${text}` : "";
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    page?: PageName;
  }
}
