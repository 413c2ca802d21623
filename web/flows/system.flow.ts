// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, THEMES, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

describe("the pages of the system", () => {
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

  /** Each tab in both themes, without anything that axe complains of. */
  const expectReadable = async (name: string, path: string): Promise<void> => {
    for (const theme of THEMES) {
      await visitor.open(path);
      await visitor.setTheme(theme);
      expect(await visitor.findViolations(), `${path} ${theme}`).toEqual([]);
      await visitor.takePictures(name, theme);
    }
  };

  it("tell what changed, who did it, and how it was", async () => {
    const { page } = visitor;
    await visitor.open("/history");
    await page.getByText("Nobody has looked at this cluster yet.").waitFor();
    await stand.ask({ do: "look" });
    await stand.ask({ do: "change", vmid: 102, config: { memory: "16384" } });
    await stand.callAsClient("set_guest_tags", { name: "web-01", add_tags: ["seen"] });
    await stand.ask({ do: "look" });

    await visitor.open("/history");
    await page.getByText("config.memory").first().waitFor();
    await page.getByText("outside, no task").first().waitFor();
    await page
      .getByRole("link", { name: /\(run [0-9a-f]{8}\)/ })
      .first()
      .waitFor();
    await page.getByRole("textbox", { name: "Guest or object" }).fill("web-01");
    await page.getByText("config.memory").waitFor({ state: "detached" });

    await page.getByRole("tab", { name: "As it was" }).click();
    await page.getByText("16 GiB").first().waitFor();
    await page.getByRole("slider", { name: "Moment" }).press("Home");
    await page.getByText("16 GiB").waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Difference" }).click();
    await page.getByText("config.memory").first().waitFor();
    await expectReadable("history", "/history");
    await expectReadable("history-state", "/history?tab=state");
    visitor.expectNoComplaints();
  });

  it("verify the ledger, make a token, and freeze", async () => {
    const { page } = visitor;
    await visitor.open("/audit");
    await page.getByRole("button", { name: "Verify everything" }).click();
    await page.getByText("Everything is as it was written").waitFor();

    await page.getByRole("tab", { name: "Tokens" }).click();
    await page.getByRole("button", { name: "Create a token" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("ci");
    await dialog.getByRole("button", { name: "Create a token" }).click();
    const secret = await dialog.getByText(/^pv_/).textContent();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    const answer = await fetch(`${stand.origin}/api/v1/tools`, {
      headers: { authorization: `Bearer ${secret ?? ""}` },
    });
    expect(answer.status).toBe(200);
    await page.getByRole("button", { name: "Revoke the token ci?" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("Revoked").waitFor();

    await page.getByRole("tab", { name: "Freeze" }).click();
    await page.getByRole("textbox", { name: "Reason" }).fill("The storage is being moved.");
    await page.getByRole("button", { name: "Freeze all changes" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Freeze all changes" }).click();
    await page.getByRole("button", { name: "Allow changes again" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Allow changes again" }).click();
    await page.getByText("Changes are allowed, as the policy says").waitFor();
    for (const tab of ["acts", "policy", "tokens", "sessions", "passkeys"])
      await expectReadable(`audit-${tab}`, `/audit?tab=${tab}`);
    visitor.expectNoComplaints();
  }, 180_000);

  it("test the policy", async () => {
    const { page } = visitor;
    await visitor.open("/audit?tab=policy");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await page.getByText("All cases are decided as expected.").waitFor();
    await page.getByRole("combobox", { name: "Tool" }).fill("stop_guest");
    await page.getByRole("option", { name: /stop_guest/ }).click();
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("held for approval").last().waitFor();
    visitor.expectNoComplaints();
  });

  it("show each operation of the REST API, the licences, and another language", async () => {
    const { page } = visitor;
    await visitor.open("/api");
    await page.getByLabel("Search the operations").fill("verify every entry");
    await page.getByText("/api/v1/ledger/verify").click();
    await page.getByText(/^curl -X POST/).waitFor();
    await expectReadable("api", "/api");
    await visitor.open("/settings");
    const licences = await page.request.get(`${stand.origin}/THIRD-PARTY.txt`);
    expect(await licences.text()).toContain("react");
    await page.getByRole("radio", { name: "Français" }).click();
    await page.getByRole("heading", { level: 1, name: "Réglages" }).waitFor();
    expect(await visitor.findViolations()).toEqual([]);
    await page.getByRole("radio", { name: "English" }).click();
    visitor.expectNoComplaints();
  });
});
