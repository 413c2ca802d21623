// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, THEMES, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

describe("the tools", () => {
  let stand: Stand;
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    stand = await Stand.open();
    browser = await startBrowser();
    visitor = await Visitor.open(browser, stand.origin);
    await visitor.signIn(stand.link);
  });

  afterAll(async () => {
    await browser?.close();
    await stand?.close();
  });

  it("are found by a word, and read", async () => {
    const { page } = visitor;
    await visitor.open("/tools");
    await page.getByLabel("Search the tools").fill("orphan");
    await page.getByRole("link", { name: /List what is on storage/ }).waitFor();
    await page.getByLabel("Search the tools").fill("list guests");
    await page.getByRole("link", { name: /^List guests/ }).click();
    await page.getByRole("button", { name: "Read" }).click();
    await page
      .getByRole("table", { name: "guests" })
      .or(page.getByRole("grid", { name: "guests" }))
      .getByText("web-01")
      .waitFor();
    for (const theme of THEMES) {
      await visitor.setTheme(theme);
      expect(await visitor.findViolations()).toEqual([]);
      await visitor.takePictures("tool", theme);
    }
    visitor.expectNoComplaints();
  });

  it("say at its field what is wrong, and are applied by their plan", async () => {
    const { page } = visitor;
    visitor.expectedStatuses.add(422).add(400).add(404);
    await visitor.open("/tools/stop_guest");
    await page.getByLabel("name", { exact: true }).fill("nobody-99");
    await page.getByRole("button", { name: "Show the plan" }).click();
    await page.getByText("There is no plan.").waitFor();
    await page.getByLabel("name", { exact: true }).fill("web-01");
    await page.getByText("playvisor call stop_guest name=web-01 --check").waitFor();
    await page.getByRole("button", { name: "Show the plan" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("/nodes/pve1/qemu/101/status/shutdown").first().waitFor();
    await dialog.getByRole("button", { name: "Apply" }).click();
    await dialog.getByText("It is done").waitFor();
    visitor.expectNoComplaints();
  });
});
