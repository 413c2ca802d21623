// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { Guest } from "@/api/shapes";
import type { FieldChange } from "@/parts/diff/compare";

/** What the page of one guest makes of what the cluster says of it. Pure. */

export interface Snapshot {
  name: string;
  parent?: string | null;
  description?: string | null;
  vmstate?: boolean;
  snaptime?: number | null;
}

export interface PendingOption {
  key: string;
  value?: unknown;
  pending?: unknown;
  delete?: boolean;
}

export interface GuestDetail extends Guest {
  config: Readonly<Record<string, unknown>>;
  current?: Readonly<Record<string, unknown>>;
  state?: string;
  pending?: PendingOption[];
  snapshots?: Snapshot[];
}

export const GROUPS = ["system", "disks", "network", "cloudinit", "devices", "start", "other"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: readonly (readonly [RegExp, Group])[] = [
  [/^(name|hostname|cores|sockets|vcpus|cpu|cpulimit|cpuunits|memory|balloon|shares|swap|numa\d*)$/, "system"],
  [/^(machine|bios|ostype|arch|unprivileged|features|smbios1|vmgenid|meta|affinity|hugepages|kvm|acpi)$/, "system"],
  [/^(scsihw|rootfs|(ide|sata|scsi|virtio|efidisk|tpmstate|unused|mp)\d+)$/, "disks"],
  [/^(net\d+|ipconfig\d+|nameserver|searchdomain)$/, "network"],
  [/^(ci\w+|sshkeys)$/, "cloudinit"],
  [/^(vga|(usb|hostpci|serial|parallel|audio|rng|virtiofs|dev)\d+|tablet|keyboard|console|tty|cmode)$/, "devices"],
  [
    /^(onboot|startup|boot|bootdisk|protection|agent|hotplug|lock|template|tags|autostart|freeze|reboot|hookscript)$/,
    "start",
  ],
];
// Shown elsewhere on the page, or of no use to anybody.
const LEFT_OUT = new Set(["digest", "description", "parent", "snapstate"]);
const collator = new Intl.Collator("en", { numeric: true });

/** The options of a configuration by what they are about; groups without any are left out. */
export function groupOptions(
  config: Readonly<Record<string, unknown>>,
): { group: Group; options: [string, string][] }[] {
  const found = new Map<Group, [string, string][]>();
  for (const name of Object.keys(config).sort(collator.compare)) {
    if (LEFT_OUT.has(name)) continue;
    const group = GROUP_OF.find(([pattern]) => pattern.test(name))?.[1] ?? "other";
    found.set(group, [...(found.get(group) ?? []), [name, String(config[name])]]);
  }
  return GROUPS.flatMap((group) => {
    const options = found.get(group);
    return options ? [{ group, options }] : [];
  });
}

/** Changes that wait for a restart. */
export function listPending(pending: readonly PendingOption[] | undefined): FieldChange[] {
  return (pending ?? [])
    .filter((each) => each.delete || each.pending !== undefined)
    .map((each) => ({ name: each.key, before: each.value, after: each.delete ? undefined : each.pending }));
}

export interface Nic {
  device: string;
  model?: string | undefined;
  mac?: string | undefined;
  bridge?: string | undefined;
  tag?: string | undefined;
  ip?: string | undefined;
  rate?: string | undefined;
  hasFirewall: boolean;
  isUnplugged: boolean;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** The network devices of a configuration: `virtio=BC:24:…,bridge=vmbr0`, of containers `name=eth0,hwaddr=…`. */
export function listNics(config: Readonly<Record<string, unknown>>): Nic[] {
  return Object.keys(config)
    .filter((name) => /^net\d+$/.test(name))
    .sort(collator.compare)
    .map((device) => {
      const pairs = String(config[device])
        .split(",")
        .map((part): [string, string] => {
          const sign = part.indexOf("=");
          return sign < 0 ? [part, ""] : [part.slice(0, sign), part.slice(sign + 1)];
        });
      const options = new Map(pairs);
      const hardware = pairs.find(([, value]) => MAC.test(value));
      const isContainer = options.has("hwaddr");
      const addresses = ["ip", "ip6"].map((name) => options.get(name)).filter(Boolean);
      return {
        device,
        model: isContainer ? options.get("name") : (options.get("model") ?? hardware?.[0]),
        mac: options.get("hwaddr") ?? options.get("macaddr") ?? hardware?.[1],
        bridge: options.get("bridge"),
        tag: options.get("tag"),
        ip: addresses.length ? addresses.join(", ") : (config[device.replace("net", "ipconfig")] as string | undefined),
        rate: options.get("rate"),
        hasFirewall: options.get("firewall") === "1",
        isUnplugged: options.get("link_down") === "1",
      };
    });
}

/** Whether a guest has a serial port, over which a text terminal of it goes. */
export function hasSerial(config: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(config).some(([name, value]) => /^serial\d$/.test(name) && value === "socket");
}

export interface TreeRow {
  /** Without one it is the guest as it is now. */
  snapshot?: Snapshot;
  /** How many branches it is away from the trunk. */
  depth: number;
}

/**
 * Snapshots from the oldest to what is now, each below its parent. Only branches are indented, for a line of twenty
 * is still a line. Those whose parent is missing stand at the root; so does what is in a ring.
 */
export function layOutSnapshots(snapshots: readonly Snapshot[], current: string | undefined): TreeRow[] {
  const names = new Set(snapshots.map(({ name }) => name));
  const children = new Map<string, Snapshot[]>();
  const rootOf = (snapshot: Snapshot): string =>
    snapshot.parent && names.has(snapshot.parent) && snapshot.parent !== snapshot.name ? snapshot.parent : "";
  for (const snapshot of snapshots) {
    const above = rootOf(snapshot);
    children.set(above, [...(children.get(above) ?? []), snapshot]);
  }
  for (const list of children.values()) list.sort((left, right) => (left.snaptime ?? 0) - (right.snaptime ?? 0));
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const place = current && names.has(current) ? current : "";
  const walk = (name: string, depth: number): void => {
    const below = children.get(name) ?? [];
    const isHere = name === place;
    const branches = below.length + (isHere ? 1 : 0);
    below.forEach((snapshot, index) => {
      if (seen.has(snapshot.name)) return;
      seen.add(snapshot.name);
      // The last one goes on with the line; the others branch off before it.
      const isLine = index === below.length - 1 && !isHere;
      const next = branches > 1 && !isLine ? depth + 1 : depth;
      rows.push({ snapshot, depth: next });
      walk(snapshot.name, next);
    });
    if (isHere) rows.push({ depth });
  };
  walk("", 0);
  for (const snapshot of snapshots) {
    if (seen.has(snapshot.name)) continue;
    seen.add(snapshot.name);
    rows.push({ snapshot, depth: 0 });
    walk(snapshot.name, 0);
  }
  if (!rows.some(({ snapshot }) => !snapshot)) rows.push({ depth: 0 });
  return rows;
}

/** The lowest id that no guest has. */
export function findFreeId(guests: readonly Pick<Guest, "vmid">[]): number {
  const taken = new Set(guests.map(({ vmid }) => vmid));
  let vmid = 100;
  while (taken.has(vmid)) vmid += 1;
  return vmid;
}

export interface Moment {
  time: number;
  [figure: string]: number | null | undefined;
}

/** One figure over time, with gaps where it is not known. */
export function pickFigure(history: readonly Moment[], figure: string): (number | null)[] {
  return history.map((moment) => moment[figure] ?? null);
}
