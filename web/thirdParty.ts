// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

interface Manifest {
  name?: string;
  version?: string;
  license?: string;
  author?: string | { name?: string };
  repository?: string | { url?: string };
}

interface Package extends Manifest {
  name: string;
  version: string;
  texts: string[];
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** The folder of the package that a module is of, by its nearest package.json with a name and a version. */
function findPackage(file: string): string | undefined {
  for (let folder = dirname(file); folder.includes("node_modules"); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
    if (name && version) return folder;
  }
  return undefined;
}

function readPackage(folder: string): Package {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;
  const files = readdirSync(folder)
    .filter((name) => LICENCE_FILE.test(name))
    .sort();
  return { ...manifest, texts: files.map((name) => readFileSync(join(folder, name), "utf8").trim()) };
}

/** Says what of others is in the build: THIRD-PARTY.txt with every licence, and sbom.cdx.json (CycloneDX 1.6). */
export function listThirdParties(): Plugin {
  return {
    name: "playvisor:third-party",
    apply: "build",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const item of Object.values(bundle)) {
        if (item.type !== "chunk") continue;
        for (const id of Object.keys(item.modules)) {
          const folder = id.includes("node_modules")
            ? findPackage(id.replace(/^\0/, "").split("?")[0] ?? id)
            : undefined;
          if (folder) folders.add(folder);
        }
      }
      const packages = [...folders].map(readPackage).sort((left, right) => left.name.localeCompare(right.name, "en"));
      const unlicensed = packages.filter(({ license, texts }) => !license && !texts.length);
      if (unlicensed.length) this.error(`no licence is known of ${unlicensed.map(({ name }) => name).join(", ")}`);
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY.txt", source: packages.map(renderLicence).join("\n\n") });
      this.emitFile({ type: "asset", fileName: "sbom.cdx.json", source: JSON.stringify(makeBill(packages), null, 1) });
    },
  };
}

function renderLicence({ name, version, license, texts }: Package): string {
  const head = `${name} ${version}\n${license ?? "see below"}`;
  return `${"=".repeat(72)}\n${head}\n${"=".repeat(72)}\n${texts.join("\n\n") || "(The package has no text of its licence.)"}`;
}

function makeBill(packages: readonly Package[]): object {
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", name: "playvisor-web", "bom-ref": "playvisor-web" } },
    components: packages.map(({ name, version, license }) => ({
      type: "library",
      name,
      version,
      "bom-ref": `${name}@${version}`,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      ...(license && {
        licenses: [/ (OR|AND|WITH) /.test(license) ? { expression: license } : { license: { id: license } }],
      }),
    })),
    dependencies: [{ ref: "playvisor-web", dependsOn: packages.map(({ name, version }) => `${name}@${version}`) }],
  };
}
