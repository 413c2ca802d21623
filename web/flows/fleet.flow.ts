// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

describe("a fleet", () => {
  let stand: Stand;
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    stand = await Stand.open();
    browser = await startBrowser();
    visitor = await Visitor.open(browser, stand.origin);
    await visitor.signIn(stand.link);
    // A file that somebody else has changed meanwhile.
    visitor.expectedStatuses.add(412);
  });

  afterAll(async () => {
    await browser?.close();
    await stand?.close();
  });

  /** Write a line below the one that has a text. */
  async function writeBelow(text: string, line: string): Promise<void> {
    const { page } = visitor;
    await page.locator(".cm-line", { hasText: text }).first().click();
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type(line);
    await page.keyboard.press("Escape");
  }

  it("is edited with the plan beside it, saved, applied; drift is taken over until the plan is empty", async () => {
    const { page } = visitor;
    await visitor.open("/fleet");
    await page.getByRole("link", { name: "shop" }).click();
    await page.getByRole("button", { name: "pools.shop" }).waitFor();

    await writeBelow("vmid: 101", "memroy: 4096");
    await page.getByText("Do you mean memory?").first().waitFor();
    await page.getByText("Correct the errors first").waitFor();
    expect(await visitor.findViolations()).toEqual([]);
    for (let count = 0; count < "memroy: 4096".length; count += 1) await page.keyboard.press("Backspace");
    await page.keyboard.type("memory: 4096");
    await page.keyboard.press("Escape");
    await page.getByText("at its next restart").waitFor();
    await page.getByRole("tab", { name: "Value" }).click();
    await page.locator(".cm-line", { hasText: "memory: 4096" }).click();
    await page.getByText("in place of").waitFor();

    await page.getByRole("tab", { name: "Plan" }).click();
    await page.getByRole("button", { name: "Save (1)" }).click();
    await page.getByRole("button", { name: "Apply…" }).click();
    await page.getByRole("button", { name: "Apply exactly this" }).click();
    await page.waitForURL("**/runs/*");
    await page
      .getByText(/Changed 2 objects/)
      .first()
      .waitFor();

    await stand.ask({ do: "change", vmid: 101, config: { description: "By hand" } });
    await visitor.open("/fleet/shop?tab=drift");
    await page.getByText("Somebody else has changed 1 field since the last apply.").waitFor();
    await page.getByRole("button", { name: "Take all over into the files" }).click();
    await page.locator(".cm-line", { hasText: "description: By hand" }).waitFor();
    await page.getByRole("button", { name: "Save (1)" }).click();
    await page.getByRole("tab", { name: "Plan" }).click();
    await page.getByText("Everything is as declared.").waitFor();
    await page.getByRole("button", { name: "Record as applied" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Record as applied" }).click();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("Version 2").first().waitFor();
    await page.getByRole("button", { name: "Back to it…" }).click();
    await page.getByRole("dialog").getByText("By hand").waitFor();
    expect(await visitor.findViolations()).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    visitor.expectNoComplaints();
  }, 150_000);

  it("keeps what is typed when somebody else has changed the file", async () => {
    const { page } = visitor;
    await visitor.open("/fleet/shop");
    await writeBelow("memory: 4096", "tags: [shop]");
    await stand.ask({ do: "append", file: "fleet.yml", text: "# by hand\n" });
    await page.getByRole("button", { name: "Save (1)" }).click();
    await page.getByText("fleet.yml was changed on the server meanwhile").waitFor();
    expect(await visitor.findViolations()).toEqual([]);
    await page.getByRole("button", { name: "Go on editing mine" }).click();
    await page.getByText("tags: [shop]").first().waitFor();
    await page.getByRole("button", { name: "Save (1)" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).waitFor();
    await page.getByRole("link", { name: "Dashboard" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
    visitor.expectNoComplaints();
  });
});
