// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the page of the network shows, made of what the tools answer. Pure. */

export interface Rule {
  pos: number;
  key?: string;
  enable?: boolean;
  type?: string;
  action?: string;
  source?: string;
  dest?: string;
  proto?: string;
  dport?: string;
  sport?: string;
  macro?: string;
  iface?: string;
  comment?: string;
}

export interface Firewall {
  level: string;
  vmid?: number;
  name?: string;
  node?: string;
  type?: string;
  group?: string;
  options?: Record<string, unknown>;
  aliases?: unknown[];
  ipsets?: unknown[];
  rules?: Rule[];
}

export interface RuleRow extends Rule {
  id: string;
  firewall: Firewall;
}

/** Which firewall it is. */
export function nameFirewall(firewall: Firewall): string {
  return firewall.name ?? firewall.group ?? firewall.node ?? firewall.level;
}

/** The rules of all firewalls in the order in which each is looked through. */
export function listRules(firewalls: readonly Firewall[]): RuleRow[] {
  return firewalls.flatMap((firewall) =>
    (firewall.rules ?? []).map((rule) => ({
      ...rule,
      id: `${firewall.level} ${String(firewall.vmid ?? nameFirewall(firewall))} ${String(rule.pos)}`,
      firewall,
    })),
  );
}

/** Whether a firewall is turned on. */
export function isOn(firewall: Firewall): boolean {
  const value = firewall.options?.enable;
  return value === true || value === 1 || value === "1";
}

/** The number of an IPv4 address, so that .9 comes before .10; text for any other. */
export function sortAddress(address: string | undefined): string | undefined {
  if (!address) return undefined;
  return /^\d+(\.\d+){3}$/.test(address)
    ? address
        .split(".")
        .map((part) => part.padStart(3, "0"))
        .join(".")
    : `~${address}`;
}
