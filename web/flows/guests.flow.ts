// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { startBrowser, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

describe("guests", () => {
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

  it("are selected, and tagged by one plan", async () => {
    const { page } = visitor;
    await visitor.open("/guests?q=web");
    await page.getByRole("checkbox", { name: "Select all rows" }).click();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Set tags" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Add these tags").fill("nightly");
    await page.getByRole("option", { name: "nightly" }).click();
    await dialog.getByRole("button", { name: "Show the plan" }).click();
    await dialog.getByText("It sends to Proxmox VE").waitFor();
    await dialog.getByRole("button", { name: "Set tags" }).click();
    await dialog.getByText("It is done").waitFor();
    visitor.expectNoComplaints();
  });

  it("get a snapshot, which stands in their tree", async () => {
    const { page } = visitor;
    await visitor.open("/guests/102?tab=snapshots");
    await page.getByRole("button", { name: "Take a snapshot" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name of the snapshot").fill("before-update");
    await dialog.getByRole("button", { name: "Show the plan" }).click();
    await dialog.getByRole("button", { name: "Take a snapshot" }).click();
    await dialog.getByText("It is done").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Roll back to before-update" }).waitFor();
    visitor.expectNoComplaints();
  });

  it("have a text terminal, in a frame without rights", async () => {
    const { page } = visitor;
    await visitor.open("/console?guest=104&kind=terminal");
    await page.getByText("Connected").waitFor();
    const frame = page.frameLocator("iframe");
    await frame.getByText("root@").first().waitFor();
    await page.getByRole("button", { name: "Type a text" }).click();
    await page.getByLabel("Text", { exact: true }).fill("echo good-morning\n");
    await page.getByRole("button", { name: "Type it" }).click();
    await frame
      .getByText(/^good-morning/)
      .first()
      .waitFor();
    visitor.expectNoComplaints();
  });

  it("have a screen", async () => {
    const { page } = visitor;
    await visitor.open("/console?guest=101&kind=vnc");
    await page.getByText("Connected").waitFor();
    await page.locator("canvas").waitFor();
    await page.getByRole("button", { name: "Ctrl Alt Del" }).click();
    visitor.expectNoComplaints();
  });
});
