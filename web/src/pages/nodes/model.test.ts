// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import { readPart, readTask } from "./model";

describe("a node", () => {
  it("that is down has no load, whatever was known of it", () => {
    expect(readPart({ node: "a", status: "online" }, 1, 4)).toBe(0.25);
    expect(readPart({ node: "a", status: "offline" }, 1, 4)).toBeUndefined();
    expect(readPart({ node: "a", status: "online" }, 1, 0)).toBeUndefined();
  });
});

describe("a task of Proxmox VE", () => {
  it("runs until it has ended, and has failed unless it says OK", () => {
    expect(readTask({ status: "running" })).toBe("running");
    expect(readTask({ status: "stopped", exitstatus: "OK", endtime: 1 })).toBe("ok");
    expect(readTask({ status: "stopped", exitstatus: "WARNINGS: 2", endtime: 1 })).toBe("interrupted");
    expect(readTask({ status: "stopped", exitstatus: "command failed", endtime: 1 })).toBe("failed");
    expect(readTask({ status: "stopped", endtime: 1 })).toBe("failed");
  });
});
