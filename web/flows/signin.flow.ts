// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBrowser, THEMES, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

const PASSWORD = "correct horse battery staple";

describe("people come in", () => {
  let stand: Stand;
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    stand = await Stand.open({ ways: true });
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await stand?.close();
  });

  beforeEach(async () => {
    visitor = await Visitor.open(browser, stand.origin);
  });

  afterEach(async () => {
    await visitor.close();
  });

  it("by a link, once", async () => {
    const { page } = visitor;
    const link = await stand.makeLink();
    await visitor.signIn(link);
    expect(page.url()).not.toContain("link=");
    const second = await Visitor.open(browser, stand.origin);
    await second.page.goto(link);
    await second.page.getByText("The link was used before, or is too old.").waitFor();
    await second.close();
    visitor.expectNoComplaints();
  });

  it("by an identity provider, to the page that they wanted", async () => {
    const { page } = visitor;
    await page.goto(`${stand.origin}/nodes`);
    await page.getByRole("heading", { level: 1, name: "Playvisor" }).waitFor();
    for (const theme of THEMES) {
      await visitor.setTheme(theme);
      expect(await visitor.findViolations()).toEqual([]);
      await visitor.takePictures("sign-in", theme);
    }
    page.once("request", (request) => visitor.expectedOrigins.add(new URL(request.url()).origin));
    page.on("framenavigated", (frame) => visitor.expectedOrigins.add(new URL(frame.url()).origin));
    await page.getByRole("button", { name: "Sign in with Example" }).click();
    await page.getByRole("link", { name: "ada" }).click();
    await page.getByRole("heading", { level: 1, name: "Nodes" }).waitFor();
    await visitor.open("/settings");
    await page.getByText("operator and approver").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in with Example" }).waitFor();
  });

  it("not without being let in there, and are told why", async () => {
    const { page } = visitor;
    await page.goto(`${stand.origin}/sign-in?problem=Call+0900&hint=Now`);
    await page.getByRole("button", { name: "Sign in with Example" }).click();
    await page.getByRole("link", { name: "nobody" }).click();
    await page.getByText("The identity provider let you not in, or you have cancelled.").waitFor();
    expect(await page.getByText("0900").count()).toBe(0);
    await page.reload();
    await page.getByRole("button", { name: "Sign in with Example" }).waitFor();
    expect(await page.getByText("let you not in").count(), "it is said once").toBe(0);
  });

  it("as users of Proxmox VE", async () => {
    const { page } = visitor;
    await page.goto(`${stand.origin}/runs`);
    await page.getByLabel("User name").fill("ada");
    await page.getByRole("textbox", { name: "Password" }).fill("wrong");
    await page.getByRole("combobox", { name: "Realm" }).click();
    await page.getByRole("option", { name: /^pve/ }).click();
    await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
    await page.getByText("The user name, the password or the realm is not right.").waitFor();
    await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
    await page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
    visitor.expectNoComplaints();
  });

  it("until their session is ended, and go on where they were", async () => {
    const { page } = visitor;
    await visitor.signIn(await stand.makeLink());
    await visitor.open("/guests");
    await page.request.delete(`${stand.origin}/api/v1/session`, {
      headers: { "x-csrf-token": await readCsrf(visitor) },
    });
    await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
    await page.getByLabel("Code of the link").fill(await stand.makeLink());
    await page.getByRole("button", { name: "Sign in", exact: true }).last().click();
    await page.getByRole("heading", { level: 1, name: "Guests" }).waitFor();
    visitor.expectNoComplaints();
  });

  it("with a passkey, and approve with it what an AI client asks for, while another browser watches", async () => {
    const address = stand.origin.replace("127.0.0.1", "localhost");
    const holder = await Visitor.open(browser, address);
    await holder.addAuthenticator();
    await holder.signIn((await stand.makeLink()).replace("127.0.0.1", "localhost"));
    await holder.open("/audit?tab=passkeys");
    await holder.page.getByRole("button", { name: "Enrol a passkey" }).first().click();
    const dialog = holder.page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("phone");
    await dialog.getByRole("button", { name: "Enrol a passkey" }).click();
    await holder.page.getByText("phone").first().waitFor();
    await holder.open("/settings");
    await holder.page.getByRole("button", { name: "Sign out" }).click();
    await holder.page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await holder.page.getByRole("navigation").first().waitFor();

    await stand.callAsClient("snapshot_guest", { name: "db-01", snapname: "old" });
    const held = await stand.callAsClient("delete_snapshot", { name: "db-01", snapname: "old" });
    expect(held.status).toBe("held");
    await visitor.signIn(await stand.makeLink());
    await visitor.open(`/approvals/${held.plan?.id ?? ""}`);
    await visitor.page.getByText("Policy wants a passkey for this plan.").waitFor();
    expect(await visitor.page.getByRole("button", { name: "Approve", exact: true }).count()).toBe(0);

    await holder.open(`/approvals/${held.plan?.id ?? ""}`);
    await holder.page.getByText("Policy wants a passkey for this plan.").waitFor();
    expect(await holder.findViolations()).toEqual([]);
    await holder.takePictures("approval-passkey", "light");
    await holder.page.getByRole("button", { name: "Approve with a passkey" }).click();
    await holder.page.getByText(/Decided by .*passkey/).waitFor();

    // The other browser has seen it without asking again, and follows the run live.
    await visitor.page.getByRole("button", { name: "Apply it now" }).click();
    await visitor.page.getByRole("heading", { name: "Delete snapshots" }).waitFor();
    await visitor.page.getByText("Done", { exact: true }).first().waitFor();
    await visitor.open("/guests/102?tab=snapshots");
    await visitor.page.getByText("There is no snapshot of it.").waitFor();
    holder.expectNoComplaints();
    visitor.expectNoComplaints();
    await holder.close();
  }, 120_000);
});

async function readCsrf(visitor: Visitor): Promise<string> {
  const answer = await visitor.page.request.get(new URL("/api/v1/session", visitor.page.url()).href);
  return ((await answer.json()) as { csrf: string }).csrf;
}
