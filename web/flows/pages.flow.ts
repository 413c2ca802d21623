// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, THEMES, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

// Every page, in both themes and three widths: nothing that axe, the content policy or the console complains of.
describe("every page", () => {
  let stand: Stand;
  let browser: Browser;
  let visitor: Visitor;
  const pages = new Map<string, string>();

  beforeAll(async () => {
    stand = await Stand.open();
    browser = await startBrowser();
    visitor = await Visitor.open(browser, stand.origin);
    await visitor.signIn(stand.link);
    const held = await stand.callAsClient("stop_guest", { name: "web-01" });
    const done = await stand.callAsClient("snapshot_guest", { name: "db-01", snapname: "before" });
    pages.set("dashboard", "/").set("guests", "/guests").set("runs", "/runs").set("run", `/runs/${held.run_id}`);
    pages.set("run-requests", `/runs/${done.run_id}?tab=requests`);
    pages.set("fleet-shop", "/fleet/shop").set("fleet-history", "/fleet/shop?tab=history");
    pages.set("guest", "/guests/101").set("console", "/console?guest=104&kind=terminal");
    for (const tab of ["config", "snapshots", "backups", "firewall", "network", "changes", "runs"])
      pages.set(`guest-${tab}`, `/guests/102?tab=${tab}`);
    pages.set("approvals", "/approvals").set("approval", `/approvals/${held.plan?.id ?? ""}`);
    pages
      .set("node", "/nodes/pve1")
      .set("node-tasks", "/nodes/pve1?tab=tasks")
      .set("network-firewall", "/network?tab=firewall");
    for (const tab of ["content", "protection", "backups"]) pages.set(`storage-${tab}`, `/storage?tab=${tab}`);
    for (const link of await visitor.page.getByRole("navigation").first().getByRole("link").all()) {
      const path = (await link.getAttribute("href")) ?? "/";
      if (![...pages.values()].includes(path)) pages.set(path.replaceAll("/", "_").slice(1) || "dashboard", path);
    }
  });

  afterAll(async () => {
    await browser?.close();
    await stand?.close();
  });

  it.each(THEMES)(
    "is readable by everybody in the %s theme",
    async (theme) => {
      await visitor.open("/");
      await visitor.setTheme(theme);
      const found: string[] = [];
      for (const [name, path] of pages) {
        await visitor.open(path);
        found.push(...(await visitor.findViolations()).map((violation) => `${path}: ${violation}`));
        await visitor.takePictures(name, theme);
      }
      expect(found).toEqual([]);
      visitor.expectNoComplaints();
    },
    300_000,
  );

  it("does not scroll sideways at 360 px", async () => {
    await visitor.page.setViewportSize({ width: 360, height: 800 });
    const wide: string[] = [];
    for (const [name, path] of pages) {
      await visitor.open(path);
      const overflow = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 0) wide.push(`${name}: ${String(overflow)} px`);
    }
    await visitor.page.setViewportSize({ width: 1280, height: 860 });
    expect(wide).toEqual([]);
  }, 120_000);
});
