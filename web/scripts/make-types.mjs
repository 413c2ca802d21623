// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Makes the types of the REST API from its OpenAPI description: `npm run types`, or OPENAPI=path npm run types.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const source = process.env.OPENAPI ?? "../.work/openapi.json";
const target = "src/api/generated/openapi.ts";
if (!/^https?:/.test(source) && !existsSync(source)) {
  console.error(`There is no ${source}. \`playvisor web --openapi\` prints it; or set OPENAPI to its path or address.`);
  process.exit(1);
}
const address = /^https?:/.test(source) ? new URL(source) : new URL(source, `file://${process.cwd()}/`);
mkdirSync("src/api/generated", { recursive: true });
writeFileSync(target, astToString(await openapiTS(address, { emptyObjectsUnknown: true })));
console.log(`Wrote ${target}.`);
