// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vitest/config";
import { listThirdParties } from "./thirdParty.ts";

const SERVER = process.env.PLAYVISOR_URL ?? "http://127.0.0.1:8786";
const FIRST_LOAD_KB = 200;
const LEAST_COMPRESSED = 1000;
// What the entry loads at once by import(): the language, and the page that is shown first.
const LOADED_AT_ONCE = /\/src\/(words\/en\.ts|pages\/dashboard\/page\.tsx)$/;
// The document of a terminal, which is loaded in a frame when one is opened.
const TERMINAL = "/terminal.html";
const BEFORE_PAINT = "src/app/before-paint.js";

/** Loads a script of its own before the first paint: the content policy forbids inline code. */
function loadBeforePaint(): Plugin {
  let reference = "";
  return {
    name: "playvisor:before-paint",
    buildStart() {
      if (this.environment.mode === "build") {
        reference = this.emitFile({ type: "asset", name: "before-paint.js", source: readFileSync(BEFORE_PAINT) });
      }
    },
    transformIndexHtml: {
      order: "post",
      handler: (_html, context) => {
        // The document of a terminal is told what to look like.
        if (context.path.endsWith(TERMINAL)) return [];
        const file = Object.values(context.bundle ?? {}).find(
          (item) => item.type === "asset" && item.names.includes("before-paint.js"),
        );
        const src = file ? `/${file.fileName}` : `/${BEFORE_PAINT}`;
        return [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }];
      },
    },
    generateBundle() {
      if (!reference) this.error("before-paint.js was not emitted");
    },
  };
}

/** Prints what the first page loads, and fails a build in which that is too much. */
function weighFirstLoad(): Plugin {
  return {
    name: "playvisor:first-load",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const needed = new Set<string>();
        const add = (name: string): void => {
          const item = bundle[name];
          if (!item || needed.has(name)) return;
          needed.add(name);
          if (item.type === "chunk") {
            item.imports.forEach(add);
            item.viteMetadata?.importedCss.forEach(add);
          }
        };
        for (const item of Object.values(bundle)) {
          if (item.type !== "chunk") continue;
          if (item.facadeModuleId?.endsWith(TERMINAL)) continue;
          if (item.isEntry || LOADED_AT_ONCE.test(item.facadeModuleId ?? "")) add(item.fileName);
        }
        let bytes = 0;
        for (const name of needed) {
          const item = bundle[name];
          if (item) bytes += gzipSync(item.type === "chunk" ? item.code : item.source).length;
        }
        const kilobytes = bytes / 1000;
        this.info(`first load: ${kilobytes.toFixed(1)} kB gzipped in ${String(needed.size)} files`);
        if (kilobytes > FIRST_LOAD_KB) this.error(`first load is more than ${String(FIRST_LOAD_KB)} kB`);
      },
    },
  };
}

/** Writes the compressed forms of each file beside it, which the server sends as they are. */
function compressFiles(): Plugin {
  return {
    name: "playvisor:compress",
    apply: "build",
    async writeBundle(options, bundle) {
      for (const item of Object.values(bundle)) {
        const data = Buffer.from(item.type === "chunk" ? item.code : item.source);
        if (data.length < LEAST_COMPRESSED || !/\.(js|css|svg|html|json|wasm)$/.test(item.fileName)) continue;
        const path = resolve(options.dir ?? ".", item.fileName);
        await writeFile(`${path}.gz`, gzipSync(data, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
        await writeFile(`${path}.br`, brotliCompressSync(data, { params }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), loadBeforePaint(), listThirdParties(), weighFirstLoad(), compressFiles()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../playvisor/web/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      input: ["index.html", "terminal.html"],
      output: {
        codeSplitting: {
          groups: [
            {
              name: "base",
              test: /node_modules[\\/](react|react-dom|scheduler|@tanstack[\\/](?!.*(table|virtual)).*)[\\/]/,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api/": { target: SERVER, ws: true, changeOrigin: true } },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
