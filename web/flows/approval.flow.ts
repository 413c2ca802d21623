// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

describe("a plan of an AI client", () => {
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

  it("shows at once, is approved, applied, watched and undone", async () => {
    const { page } = visitor;
    await visitor.open("/approvals");
    await page.getByText("No plan waits for a decision.").waitFor();
    const held = await stand.callAsClient("stop_guest", { name: "web-01" });
    expect(held.status).toBe("held");

    await page.getByText("stop web-01 (101)").first().click();
    await page.getByText("It is still this plan.").waitFor();
    await page.getByLabel("Reason").fill("It is planned maintenance.");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("button", { name: "Apply it now" }).click();
    await page.getByRole("heading", { name: "Stop guests" }).waitFor();
    await page.getByText("Done").first().waitFor();
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByText("stopped").first().waitFor();

    // On paper is all of it, also what stands behind other tabs.
    await page.evaluate(() => {
      window.print = () => document.documentElement.setAttribute("data-printed", document.body.innerText);
    });
    await page.getByRole("button", { name: "Print" }).click();
    await page.locator("[data-printed]").waitFor({ state: "attached" });
    const printed = await page.locator("html").getAttribute("data-printed");
    for (const part of [
      "Progress",
      "Changes",
      "API requests",
      "/nodes/pve1/qemu/101/status/shutdown",
      "Evidence",
      "SHA256SUMS",
    ])
      expect(printed).toContain(part);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));

    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("dialog").getByText("start_guest").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Undo" }).click();
    await page.getByRole("heading", { name: "Start guests" }).waitFor();
    visitor.expectNoComplaints();
  });

  it("tells when the world has moved, and can't be approved as another", async () => {
    const { page } = visitor;
    const held = await stand.callAsClient("stop_guest", { name: "db-01" });
    await stand.ask({ do: "change", vmid: 102, config: { name: "db-09" } });
    await visitor.open(`/approvals/${held.plan?.id ?? ""}`);
    await page
      .getByText(/The world has moved|There is no guest|can't be/)
      .first()
      .waitFor();
  });
});
