// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

// What is done from the pages of the cluster: each time a form, its plan, and exactly that plan applied.
describe("the cluster", () => {
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

  it("shows on the dashboard what waits, by itself, and leads to it", async () => {
    const { page } = visitor;
    await visitor.open("/");
    await page.getByText(/have no recent backup/).waitFor();
    await stand.callAsClient("stop_guest", { name: "web-01" });
    await page.getByRole("link", { name: /stop web-01.*Decide/ }).click();
    await page.getByRole("button", { name: "Deny" }).waitFor({ timeout: 15_000 });
    visitor.expectNoComplaints();
  });

  it("has a new pool after its plan was shown and applied", async () => {
    const { page } = visitor;
    await visitor.open("/pools");
    await page.getByRole("button", { name: "New pool" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("edge");
    await dialog.getByLabel("Comment").fill("At the edge");
    await dialog.getByRole("button", { name: "Show the plan" }).click();
    await dialog.getByText("/pools").first().waitFor();
    expect(await visitor.findViolations()).toEqual([]);
    await dialog.getByRole("button", { name: "Make it" }).click();
    await dialog.getByText("It is done").waitFor();
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
    await page.getByRole("heading", { name: "edge" }).waitFor();
    await page.getByText("At the edge").waitFor();
    visitor.expectNoComplaints();
  });

  it("puts a guest under HA by its plan", async () => {
    const { page } = visitor;
    await visitor.open("/ha");
    await page.getByRole("button", { name: "Put guests under HA" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Guests/).fill("db-01");
    await page.getByRole("option", { name: /db-01/ }).click();
    await dialog.getByRole("button", { name: "Show the plan" }).click();
    await dialog.getByText("/cluster/ha/resources").first().waitFor();
    await dialog.getByRole("button", { name: "Put them under HA" }).click();
    await dialog.getByText("It is done").waitFor();
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
    await page.getByRole("grid", { name: "Guests under HA" }).getByText("db-01").waitFor();
    visitor.expectNoComplaints();
  });
});
