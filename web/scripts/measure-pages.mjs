// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Measures the pages in Chromium, for tests/benchmarks/pages.py: `node measure-pages.mjs LINK ROUNDS` prints JSON.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) =>
  existsSync(file),
);
const PAGES = { dashboard: "/", guests: "/guests", runs: "/runs" };
const SCROLLED_PIXELS = 60_000;
const PIXELS_PER_SECOND = 6_000;

const [link, rounds] = process.argv.slice(2);
const { origin } = new URL(link);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
const devtools = await page.context().newCDPSession(page);
await page.goto(link);
await page.getByRole("navigation").first().waitFor();
await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });

/** Seconds from the beginning of the load until something, and until everything shows. */
async function load(path) {
  await page.goto(origin + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  await page.waitForFunction(() => !document.querySelector("[data-loading], [aria-busy=true]"), undefined, {
    polling: "raf",
  });
  return page.evaluate(() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN;
    return { paint: paint / 1000, ready: performance.now() / 1000 };
  });
}

const pages = {};
for (const [name, path] of Object.entries(PAGES)) {
  pages[name] = [];
  for (let round = 0; round < Number(rounds); round += 1) pages[name].push(await load(path));
}

await page.goto(`${origin}/guests`);
await page.getByRole("row").nth(5).waitFor();
await page.waitForTimeout(2_000);
await page.evaluate(() => {
  window.frames_ = [];
  let last = performance.now();
  const note = (now) => {
    window.frames_.push((now - last) / 1000);
    last = now;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
});
await devtools.send("Input.synthesizeScrollGesture", {
  x: 700,
  y: 600,
  yDistance: -SCROLLED_PIXELS,
  speed: PIXELS_PER_SECOND,
});
const { frames, rows, moved } = await page.evaluate(() => ({
  frames: window.frames_.slice(1),
  rows: document.querySelectorAll("[role=row]").length,
  moved: [document.scrollingElement, ...document.querySelectorAll("*")].some((box) => box.scrollTop > 10_000),
}));
await browser.close();
if (!moved) throw new Error("Nothing was scrolled.");
console.log(JSON.stringify({ pages, frames, rows }));
