// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { expect } from "vitest";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) =>
  existsSync(file),
);
const SHOTS = new URL("../../.work/web-screenshots/", import.meta.url).pathname;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const WIDTHS = [360, 1280, 2560] as const;
export const THEMES = ["light", "dark"] as const;

/** Start Debian's Chromium. */
export async function startBrowser(): Promise<Browser> {
  if (!CHROMIUM) throw new Error("There is no Chromium: apt-get install chromium");
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** A browser of one person: every page of it is watched, and `complaints` has to be empty at the end. */
export class Visitor {
  readonly complaints: string[] = [];
  /** Statuses that the test provokes: what the browser says of them is no complaint. */
  readonly expectedStatuses = new Set<number>([401]);
  /** Other servers that the test sends the browser to. */
  readonly expectedOrigins = new Set<string>();

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly origin: string,
  ) {}

  static async open(browser: Browser, origin: string, locale = "en-GB"): Promise<Visitor> {
    const context = await browser.newContext({ locale, viewport: { width: 1280, height: 860 } });
    const visitor = new Visitor(context, await context.newPage(), origin);
    await context.exposeBinding("reportViolation", (_source, text: string) => {
      visitor.complaints.push(text);
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = (window as unknown as { reportViolation: (text: string) => void }).reportViolation;
        report(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample} ${event.sourceFile}`);
      });
    });
    visitor.watch(visitor.page);
    return visitor;
  }

  private watch(page: Page): void {
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      const status = /status of (\d+)/.exec(message.text())?.[1];
      if (status && this.expectedStatuses.has(Number(status))) return;
      this.complaints.push(`console ${message.type()}: ${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.complaints.push(`page: ${String(error)}`));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== this.origin && !this.expectedOrigins.has(url.origin))
        this.complaints.push(`elsewhere: ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 500) this.complaints.push(`${String(response.status())}: ${response.url()}`);
    });
  }

  /** Sign in by a one-time link. */
  async signIn(link: string): Promise<void> {
    await this.page.goto(link);
    await this.page.getByRole("navigation").first().waitFor();
  }

  /** Give the browser a device that makes and uses passkeys, and whose user always agrees. */
  async addAuthenticator(): Promise<void> {
    const session = await this.context.newCDPSession(this.page);
    await session.send("WebAuthn.enable");
    await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }

  /** Open a page of the application, and wait until it has what it shows. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
    await this.settle();
  }

  /** Wait until the page has loaded what it shows: its event stream never ends, so it is not waited for. */
  async settle(): Promise<void> {
    await this.page.getByRole("heading", { level: 1 }).waitFor();
    await this.page.waitForFunction(() => !document.querySelector("[data-loading], [aria-busy=true]"));
    await this.page.waitForTimeout(300);
  }

  async setTheme(theme: (typeof THEMES)[number]): Promise<void> {
    await this.page.evaluate((name) => localStorage.setItem("playvisor.theme", name), theme);
    await this.page.reload();
    await this.settle();
  }

  /** The violations of WCAG 2.2 AA on the page as it is, each with where. */
  async findViolations(): Promise<string[]> {
    // In a world of its own: the page's content policy holds there, too, but needs no script element.
    await this.page.evaluate(AXE);
    return this.page.evaluate(async (tags) => {
      const axe = (window as unknown as { axe: typeof import("axe-core") }).axe;
      const { violations } = await axe.run(document, { runOnly: tags });
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${help} ${target.join(" ")} ${failureSummary ?? ""}`),
      );
    }, WCAG);
  }

  /** Keep pictures of the page in each width. */
  async takePictures(name: string, theme: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    for (const width of WIDTHS) {
      await this.page.setViewportSize({ width, height: width === 360 ? 800 : width === 1280 ? 860 : 1300 });
      await this.page.waitForTimeout(150);
      await this.page.screenshot({ path: `${SHOTS}${name}-${theme}-${String(width)}.png` });
    }
    await this.page.setViewportSize({ width: 1280, height: 860 });
  }

  /** Nothing that is wrong was seen. */
  expectNoComplaints(): void {
    expect(this.complaints).toEqual([]);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
