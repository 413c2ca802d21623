// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { IconName } from "../icon/Icon";

/** What can be done with guests, and with which of them. Pure. */

export type ActionName =
  | "start"
  | "resume"
  | "shutdown"
  | "reboot"
  | "suspend"
  | "hibernate"
  | "stop"
  | "reset"
  | "snapshot"
  | "backup"
  | "tags"
  | "migrate"
  | "clone"
  | "ha"
  | "unha"
  | "template";

/** What decides about an action, of a list or of one guest. */
export interface ActedGuest {
  vmid: number;
  name?: string | undefined;
  type?: string | undefined;
  status: string;
  /** Finer than `status`, where one guest was asked: paused, for one. */
  state?: string | undefined;
  template?: boolean | undefined;
  node?: string | undefined;
  hastate?: string | null | undefined;
}

export interface GuestAction {
  tool: string;
  icon: IconName;
  /** What it is called with beside the guests. */
  args?: Readonly<Record<string, unknown>>;
  /** A form of its own, or one by the tool's schema; without, nothing has to be asked. */
  form?: "snapshot" | "backup" | "tags" | "migrate" | "schema";
  /** It can cost what was not saved. */
  isHard?: boolean;
  /** One guest at a time. */
  isSingle?: boolean;
  suits: (guest: ActedGuest) => boolean;
}

const runs = ({ status }: ActedGuest): boolean => status === "running";
const isPaused = ({ state }: ActedGuest): boolean => state === "paused" || state === "suspended";
const isOff = (guest: ActedGuest): boolean => !guest.template && guest.status === "stopped";
const isGuest = ({ template }: ActedGuest): boolean => !template;
const isMachine = (guest: ActedGuest): boolean => guest.type !== "lxc";

export const ACTIONS: Readonly<Record<ActionName, GuestAction>> = {
  start: { tool: "start_guest", icon: "play", suits: isOff },
  resume: { tool: "resume_guest", icon: "play", isSingle: true, suits: isPaused },
  shutdown: { tool: "stop_guest", icon: "power", suits: runs },
  reboot: { tool: "reboot_guest", icon: "reboot", suits: runs },
  suspend: {
    tool: "suspend_guest",
    icon: "pause",
    suits: (guest) => runs(guest) && isMachine(guest) && !isPaused(guest),
  },
  hibernate: { tool: "hibernate_guest", icon: "moon", suits: (guest) => runs(guest) && isMachine(guest) },
  stop: { tool: "stop_guest", icon: "stop", args: { force: true, shutdown_timeout: 0 }, isHard: true, suits: runs },
  reset: { tool: "reset_guest", icon: "reload", isHard: true, suits: (guest) => runs(guest) && isMachine(guest) },
  snapshot: { tool: "snapshot_guest", icon: "snapshot", form: "snapshot", suits: isGuest },
  backup: { tool: "backup_guest", icon: "backup", form: "backup", suits: () => true },
  tags: { tool: "set_guest_tags", icon: "tag", form: "tags", suits: () => true },
  migrate: { tool: "migrate_guest", icon: "migrate", form: "migrate", suits: () => true },
  clone: { tool: "clone_guest", icon: "copy", form: "schema", isSingle: true, suits: () => true },
  ha: { tool: "set_guest_ha", icon: "ha", form: "schema", suits: isGuest },
  unha: { tool: "release_guest_ha", icon: "ha", suits: ({ hastate }) => Boolean(hastate) },
  template: { tool: "make_template", icon: "template", isSingle: true, isHard: true, suits: isOff },
};

/** The guests among these that an action is for. */
export function chooseSuiting<T extends ActedGuest>(name: ActionName, guests: readonly T[]): T[] {
  return guests.filter(ACTIONS[name].suits);
}

/** How a call names its guests: one by its id, several as one selection, in the order of their ids. */
export function nameGuests(guests: readonly ActedGuest[]): Record<string, unknown> {
  const [first] = guests;
  if (guests.length === 1 && first) return { vmid: first.vmid };
  return { guests: { vmids: guests.map(({ vmid }) => vmid).sort((left, right) => left - right) } };
}
