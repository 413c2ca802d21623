// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, Visitor } from "./browser.ts";
import { Stand } from "./stand.ts";

/** What would run, be followed, or break the page out of where it stands, were it anything but text. */
const MARKUP = [
  `<img src=x onerror="window.ran='img'">`,
  `"><script>window.ran='script'</script>`,
  `<svg/onload=window.ran='svg'>`,
  `[click](javascript:window.ran='link')`,
  "{{constructor.constructor('window.ran=1')()}}",
  "</textarea></title></style><iframe srcdoc='<script>parent.ran=1</script>'>",
  "\u202etxt.exe\u2066",
].join(" ");

describe("what the cluster, a guest or a client wrote", () => {
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

  it("is text on every page", async () => {
    const config = {
      name: MARKUP,
      description: MARKUP,
      tags: `${MARKUP};web`,
      net0: `virtio=${MARKUP}`,
      hookscript: MARKUP,
    };
    await stand.ask({ do: "look" });
    await stand.ask({ do: "change", vmid: 102, config });
    await stand.ask({ do: "change", vmid: 104, config: { hostname: MARKUP, description: MARKUP } });
    const taken = await stand.callAsClient("snapshot_guest", { vmid: 101, snapname: "before", description: MARKUP });
    const held = await stand.callAsClient("stop_guest", { vmid: 101 });
    const failed = await stand.callAsClient("snapshot_guest", { name: MARKUP, snapname: "before" });
    await stand.ask({
      do: "append",
      file: "fleet.yml",
      text: `  ${JSON.stringify(MARKUP)}: {comment: ${JSON.stringify(MARKUP)}}\n`,
    });
    await stand.ask({ do: "look" });
    const { page } = visitor;
    page.on("dialog", (dialog) => {
      visitor.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const places = [
      "/",
      "/guests",
      "/nodes/pve1",
      "/nodes/pve1?tab=tasks",
      "/storage?tab=content",
      "/storage?tab=protection",
    ];
    places.push(
      "/network",
      "/network?tab=firewall",
      "/pools",
      "/ha",
      "/runs",
      "/approvals",
      `/approvals/${held.plan?.id ?? ""}`,
    );
    places.push(
      "/fleet",
      "/fleet/shop",
      "/fleet/shop?tab=drift",
      "/history",
      "/history?tab=state",
      "/history?tab=difference",
    );
    places.push(
      "/audit?tab=acts",
      "/audit?tab=sessions",
      `/tools/${encodeURIComponent(MARKUP)}`,
      `/guests/${encodeURIComponent(MARKUP)}`,
    );
    for (const tab of ["summary", "config", "snapshots", "network", "changes", "runs"])
      places.push(`/guests/102?tab=${tab}`);
    places.push(
      "/guests/101?tab=snapshots",
      `/guests?q=${encodeURIComponent(MARKUP)}`,
      `/runs?q=${encodeURIComponent(MARKUP)}`,
    );
    for (const { run_id: id } of [taken, held, failed])
      for (const tab of ["progress", "changes", "plan", "requests", "result", "evidence"])
        places.push(`/runs/${id}?tab=${tab}`);
    visitor.expectedStatuses.add(404).add(400).add(422);
    for (const place of places) {
      await page.goto(stand.origin + place);
      await page.waitForFunction(() => !document.querySelector("[data-loading], [aria-busy=true]"));
      const found = await page.evaluate(() => ({
        ran: (window as unknown as { ran?: string }).ran,
        made: document.querySelectorAll(
          "img[src=x], svg[onload], iframe[srcdoc], a[href^='javascript:'], script:not([src])",
        ).length,
        width: document.documentElement.scrollWidth - innerWidth,
      }));
      expect(found, place).toEqual({ ran: undefined, made: 0, width: 0 });
    }
    await page.goto(`${stand.origin}/guests/102?tab=config`);
    await page.getByText("<img src=x").first().waitFor();
    visitor.expectNoComplaints();
  }, 240_000);
});
