// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { defineConfig } from "vitest/config";

// The flows in a real Chromium, on a simulated cluster: `make test-web`. One file after the other: each has its own stand.
export default defineConfig({
  test: {
    include: ["flows/**/*.flow.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
  },
});
