// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { describe, expect, it } from "vitest";
import {
  findFreeId,
  groupOptions,
  hasSerial,
  layOutSnapshots,
  listNics,
  listPending,
  pickFigure,
  type Snapshot,
} from "./model";

describe("the options of a guest", () => {
  it("are grouped by what they are about, each in its order", () => {
    expect(
      groupOptions({
        net10: "a",
        net2: "b",
        scsi0: "c",
        scsihw: "d",
        cores: 2,
        onboot: 1,
        lxc: "x",
        digest: "0",
        description: "y",
      }),
    ).toEqual([
      { group: "system", options: [["cores", "2"]] },
      {
        group: "disks",
        options: [
          ["scsi0", "c"],
          ["scsihw", "d"],
        ],
      },
      {
        group: "network",
        options: [
          ["net2", "b"],
          ["net10", "a"],
        ],
      },
      { group: "start", options: [["onboot", "1"]] },
      { group: "other", options: [["lxc", "x"]] },
    ]);
  });

  it("wait for a restart as changes", () => {
    expect(
      listPending([
        { key: "cores", value: 4, pending: 6, delete: false },
        { key: "vga", value: "qxl", delete: true },
        { key: "name", value: "same" },
      ]),
    ).toEqual([
      { name: "cores", before: 4, after: 6 },
      { name: "vga", before: "qxl", after: undefined },
    ]);
  });

  it("have network devices of machines and containers", () => {
    const [machine, container] = listNics({
      net0: "virtio=BC:24:11:67:42:05,bridge=vmbr0,tag=7,firewall=1,link_down=1",
      net1: "name=eth0,bridge=vmbr1,hwaddr=BC:24:11:26:A6:3E,ip=dhcp,ip6=auto,type=veth",
      ipconfig0: "ip=10.0.0.2/24",
    });
    expect(machine).toMatchObject({
      device: "net0",
      model: "virtio",
      mac: "BC:24:11:67:42:05",
      bridge: "vmbr0",
      tag: "7",
    });
    expect(machine).toMatchObject({ ip: "ip=10.0.0.2/24", hasFirewall: true, isUnplugged: true });
    expect(container).toMatchObject({ model: "eth0", mac: "BC:24:11:26:A6:3E", ip: "dhcp, auto", hasFirewall: false });
  });

  it("tell whether there is a text terminal", () => {
    expect(hasSerial({ serial0: "socket" })).toBe(true);
    expect(hasSerial({ serial0: "/dev/ttyS0", vga: "serial0" })).toBe(false);
  });
});

describe("the tree of snapshots", () => {
  const make = (name: string, parent: string | null, snaptime: number): Snapshot => ({ name, parent, snaptime });
  const draw = (snapshots: Snapshot[], current?: string): string[] =>
    layOutSnapshots(snapshots, current).map(({ snapshot, depth }) => `${"  ".repeat(depth)}${snapshot?.name ?? "now"}`);

  it("is a line without branches", () => {
    expect(draw([make("b", "a", 2), make("a", null, 1), make("c", "b", 3)], "c")).toEqual(["a", "b", "c", "now"]);
  });

  it("indents what branches off what is now", () => {
    expect(draw([make("a", null, 1), make("b", "a", 2), make("c", "b", 3)], "a")).toEqual(["a", "  b", "  c", "now"]);
  });

  it("shows every snapshot once, also of a ring and of a missing parent", () => {
    const ring = draw([make("a", "b", 1), make("b", "a", 2), make("c", "gone", 3)], "a");
    expect(ring.map((row) => row.trim()).sort()).toEqual(["a", "b", "c", "now"]);
    expect(draw([])).toEqual(["now"]);
  });
});

it("finds the lowest free id", () => {
  expect(findFreeId([{ vmid: 100 }, { vmid: 101 }, { vmid: 103 }])).toBe(102);
  expect(findFreeId([])).toBe(100);
});

it("keeps gaps in figures", () => {
  expect(pickFigure([{ time: 1, cpu: 0.5 }, { time: 2 }, { time: 3, cpu: null }], "cpu")).toEqual([0.5, null, null]);
});
