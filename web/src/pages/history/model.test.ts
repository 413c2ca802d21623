// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import {
  chooseStep,
  countByPart,
  findNeighbour,
  groupByDay,
  readGuest,
  readLocalTime,
  type HistoryChange,
} from "./model";

const change = (at: string): HistoryChange => ({
  at,
  what: "changed",
  kind: "guest",
  key: "101",
  who: "root",
  source: "run",
});

describe("changes", () => {
  it("stand below their day", () => {
    const days = groupByDay([
      change("2026-01-02T12:00:00Z"),
      change("2026-01-02T11:00:00Z"),
      change("2026-01-01T12:00:00Z"),
    ]);
    expect(days.map(({ changes }) => changes.length)).toEqual([2, 1]);
  });

  it("are counted in parts of a time, those outside not", () => {
    expect(countByPart([0, 1, 9, 10, 11], 0, 10, 2)).toEqual([1, 1]);
    expect(countByPart([1, 2, 6], 0, 10, 5)).toEqual([1, 1, 0, 1, 0]);
    expect(countByPart([], 5, 5, 2)).toEqual([0, 0]);
  });
});

describe("a slider over time", () => {
  it("moves by steps that people use", () => {
    expect(chooseStep(60)).toBe(1);
    expect(chooseStep(86_400)).toBe(300);
    expect(chooseStep(10 * 365 * 86_400)).toBe(86_400);
  });

  it("goes from change to change", () => {
    expect(findNeighbour([10, 20, 30], 20, "before")).toBe(10);
    expect(findNeighbour([10, 20, 30], 20, "after")).toBe(30);
    expect(findNeighbour([10, 20, 30], 30, "after")).toBeUndefined();
  });
});

describe("a guest of the past", () => {
  it("is what the list of guests had", () => {
    const guest = readGuest({
      key: "101",
      document: { overview: { name: "web-01", tags: "test;web", cpus: 2, status: "stopped" } },
    });
    expect(guest).toMatchObject({
      vmid: 101,
      name: "web-01",
      tags: ["test", "web"],
      cpus: 2,
      maxmem: undefined,
      node: "",
    });
  });
});

describe("a time that somebody typed", () => {
  it("is local, and none where it is not whole", () => {
    expect(readLocalTime("2026-01-01T00:00")).toBe(new Date(2026, 0, 1).toISOString());
    expect(readLocalTime("")).toBeUndefined();
  });
});
