# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What requests do, judged by their parameters and by the guest that they touch. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mcp_bridge.policy.config_effects import (
    describe_config_change,
    describe_new_config,
    get_family,
    has_static_address,
    parse_options,
)
from mcp_bridge.policy.places import find_volume_owner, get_text, is_on, is_vmid
from mcp_bridge.policy.targets import (
    CHANGES,
    DEGRADES,
    DUPLICATES_IDENTITY,
    GIVES_ACCESS,
    INTERRUPTS,
    LOSES_DATA,
    REACHES_OUT,
    UNKNOWN,
    Effects,
    GuestPlace,
    Target,
    make_unknown_guest,
)

CHANGE: Effects = frozenset({CHANGES})


@dataclass(frozen=True)
class StepView:
    """A request as the table's functions see it: its parameters, and the guest that it is judged for."""

    path: str
    params: Mapping[str, str]
    guests: Mapping[int, Target]
    place: GuestPlace | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def name_twice(self) -> Effects:
        """Say whether the request gives the guest a name that another guest has: tools choose guests by their names."""
        name = (self.get("name") or self.get("hostname")).lower()
        own = self.place.vmid if self.place is not None else None
        is_taken = bool(name) and any(vmid != own and other.lower() == name for vmid, other in self.names.items())
        return frozenset({DUPLICATES_IDENTITY}) if is_taken else frozenset()

    @property
    def guest(self) -> Target:
        """The guest that the step is judged for; one that is not known counts as running."""
        if self.place is None:
            return make_unknown_guest(0)
        return self.guests.get(self.place.vmid) or make_unknown_guest(self.place.vmid)

    def has(self, name: str) -> bool:
        """Whether a flag is set."""
        return is_on(self.params.get(name))

    def get(self, name: str) -> str:
        """A parameter, empty where it is not given."""
        return self.params.get(name, "")

    def do_if_running(self, *effects: str) -> Effects:
        """Say what is done to a guest that runs, or might."""
        return CHANGE | frozenset(effects) if self.guest.may_run else CHANGE


def interrupt_if_running(view: StepView) -> Effects:
    return view.do_if_running(INTERRUPTS)


def degrade_if_running(view: StepView) -> Effects:
    return view.do_if_running(DEGRADES)


def start(view: StepView) -> Effects:
    """A copy that starts while its original is there answers to the same addresses."""
    if view.place is None or (origin := view.guest.origin or view.place.origin) is None:
        return CHANGE
    return CHANGE | _compare_with_origin(view, origin)


def change_config(view: StepView) -> Effects:
    """What it does to the guest; one whose volume is attached to that guest loses its secrets."""
    if view.place is not None and f"/{view.place.vmid}/config" not in view.path:
        return CHANGE | {GIVES_ACCESS}
    if not view.guest.exists and view.guest.origin is not None:
        return _set_up_copy(view, view.guest.origin) | view.name_twice()
    return describe_config_change(view.params, view.guest) | view.name_twice()


def _set_up_copy(view: StepView, origin: int) -> Effects:
    """Set up a guest that the plan has just made: it serves nobody yet, but has all that is on its original's disks."""
    effects = describe_new_config(view.params, view.guest.vmid or 0)
    original = view.guests.get(origin) or make_unknown_guest(origin)
    if original.template:
        return effects
    inherited = replace(view.guest, config=original.config, is_known=original.is_known)
    return effects | (describe_config_change(view.params, inherited) & {GIVES_ACCESS, UNKNOWN})


def create(view: StepView) -> Effects:
    """Create a guest, or restore one from a backup."""
    archive = view.get("archive") or (view.get("ostemplate") if view.has("restore") else "")
    if not is_vmid(view.get("vmid")):
        return CHANGE | {UNKNOWN}
    vmid = int(view.get("vmid"))
    effects = describe_new_config(view.params, vmid) | view.name_twice()
    if view.has("force"):
        over = view.guests.get(vmid) or make_unknown_guest(vmid)
        effects |= {LOSES_DATA, INTERRUPTS} if over.may_run else {LOSES_DATA}
    if not archive:
        return effects
    origin = find_volume_owner(archive)
    if view.get("pool"):
        effects |= {GIVES_ACCESS}
    if origin == vmid or (view.has("unique") and not view.has("start") and not view.has("live-restore")):
        return effects
    return effects | (_compare_with_origin(view, origin) if origin else {DUPLICATES_IDENTITY})


def clone(view: StepView) -> Effects:
    """Proxmox VE gives a clone other MAC addresses, but the static IP addresses of its source."""
    source_vmid = view.place.origin if view.place and view.place.origin else (view.place.vmid if view.place else 0)
    source = view.guests.get(source_vmid) or make_unknown_guest(source_vmid)
    effects: set[str] = {CHANGES, *view.name_twice()}
    if not source.template and (not source.is_known or has_static_address(source.config)):
        effects.add(DUPLICATES_IDENTITY)
    if view.get("pool") and not source.template and view.get("pool") != source.pool:
        effects.add(GIVES_ACCESS)
    return frozenset(effects)


def _compare_with_origin(view: StepView, origin: int) -> Effects:
    """A template never runs."""
    original = view.guests.get(origin) or make_unknown_guest(origin)
    return frozenset({DUPLICATES_IDENTITY}) if original.exists and not original.template else frozenset()


def migrate(view: StepView) -> Effects:
    """A machine moves while it runs; a container, or what is not online, stops meanwhile."""
    if view.has("force"):
        return CHANGE | {INTERRUPTS}
    if view.guest.type == "lxc" or "/lxc/" in view.path or not view.has("online"):
        return interrupt_if_running(view)
    copies_disks = view.has("with-local-disks") or view.get("targetstorage")
    return degrade_if_running(view) if copies_disks else CHANGE


def migrate_all(view: StepView) -> Effects:
    """Machines move online, containers restart."""
    if view.guest.type == "qemu" and view.guest.is_known:
        return degrade_if_running(view)
    return interrupt_if_running(view)


def migrate_away(view: StepView) -> Effects:
    """To another cluster."""
    lost = {LOSES_DATA} if view.has("delete") else set()
    return interrupt_if_running(view) | {GIVES_ACCESS, REACHES_OUT} | lost


def snapshot(view: StepView) -> Effects:
    return degrade_if_running(view) if view.has("vmstate") else CHANGE


def roll_back(view: StepView) -> Effects:
    return view.do_if_running(INTERRUPTS) | {LOSES_DATA}


def back_up(view: StepView) -> Effects:
    """The mode stop shuts the guest down, suspend pauses it; a snapshot hardly stops a machine."""
    return _get_backup_effects(view, view.get("mode") or "snapshot") | _get_pruning(view, default=True)


def schedule_backup(view: StepView) -> Effects:
    """A new job backs up later, when the guest may run whether it does now or not."""
    return _schedule(view, view.get("mode") or "snapshot")


def reschedule_backup(view: StepView) -> Effects:
    """The mode of a job that is there already is not known, unless the request says it."""
    covers = any(name in view.params for name in ("vmid", "all", "pool", "exclude", "node", *_TIMES, "delete"))
    effects = CHANGE | _get_pruning(view, default=False)
    if view.get("mode") or covers or view.has("enabled"):
        effects = _schedule(view, view.get("mode") or "unknown")
    ends = "enabled" in view.params and not view.has("enabled")
    # What is no longer covered, or less often, is not backed up.
    return effects | {LOSES_DATA} if covers or ends else effects


_TIMES = ("schedule", "starttime", "dow")


def _schedule(view: StepView, mode: str) -> Effects:
    effects = CHANGE if mode == "snapshot" else CHANGE | {INTERRUPTS}
    script = {GIVES_ACCESS} if view.get("script") or view.get("dumpdir") else set()
    return effects | script | _get_pruning(view, default=False)


def _get_backup_effects(view: StepView, mode: str) -> Effects:
    script = CHANGE | {GIVES_ACCESS} if view.get("script") or view.get("dumpdir") else CHANGE
    if view.has("stop"):
        # It stops the backups that run on the node.
        script |= {INTERRUPTS, LOSES_DATA}
    if mode != "snapshot":
        return script | interrupt_if_running(view)
    if view.guest.type != "lxc" or not view.guest.may_run:
        return script
    return script | _back_up_container(view.guest)


def _back_up_container(guest: Target) -> Effects:
    """Where a volume can have no snapshot, vzdump suspends the container instead, as long as it takes to copy."""
    effects: set[str] = set() if guest.is_known else {INTERRUPTS}
    for name, value in guest.config.items():
        if get_family(name) not in ("rootfs", "mp"):
            continue
        options = parse_options(get_text(value))
        volume = options.get("", options.get("volume", ""))
        if volume.startswith("/") or (name != "rootfs" and not is_on(options.get("backup"))):
            continue
        # Files of a directory have none; ZFS's have. Of LVM, only thin volumes have, and the name does not tell.
        is_zfs = ":subvol-" in volume or ":basevol-" in volume
        effects.add(INTERRUPTS if "/" in volume else CHANGES if is_zfs else DEGRADES)
    return frozenset(effects)


def _get_pruning(view: StepView, *, default: bool) -> Effects:
    """Older backups go, unless the request says that they stay."""
    if not is_on(view.params.get("remove", "1")):
        return frozenset()
    return frozenset({LOSES_DATA}) if default or view.get("prune-backups") or "remove" in view.params else frozenset()


def take_backup_protection(view: StepView) -> Effects:
    """Without its protection, a backup goes when the next backups are pruned."""
    return CHANGE | {LOSES_DATA} if "protected" in view.params and not view.has("protected") else CHANGE


def move_disk(view: StepView) -> Effects:
    if view.get("target-vmid"):
        return interrupt_if_running(view) | {GIVES_ACCESS}
    return degrade_if_running(view)


def unlink_disk(view: StepView) -> Effects:
    return interrupt_if_running(view) | {LOSES_DATA}


def run_agent_command(view: StepView) -> Effects:
    command = view.get("command")
    if command in ("ping", "fsfreeze-status", "get-osinfo", "info", "network-get-interfaces", "get-fsinfo"):
        return CHANGE
    if command.startswith(("shutdown", "suspend", "fsfreeze")):
        return interrupt_if_running(view)
    return CHANGE | {GIVES_ACCESS, UNKNOWN}


def set_firewall_options(view: StepView) -> Effects:
    """Less of a firewall lets in, more of it keeps out."""
    effects: set[str] = {CHANGES}
    removed = re.split(r"[\s,;]+", view.get("delete")) if view.get("delete") else []
    # A default is the opposite of what was set, so that taking an option away may do either.
    effects |= {GIVES_ACCESS, INTERRUPTS} if set(removed) - _LOG_OPTIONS else set()
    for name, value in view.params.items():
        if name in ("digest", "delete") or name in _LOG_OPTIONS:
            continue
        if name in ("enable", "macfilter", "ipfilter", "ebtables", "nftables"):
            effects.add(INTERRUPTS if is_on(value) else GIVES_ACCESS)
        elif name in ("dhcp", "ndp", "radv"):
            effects.add(GIVES_ACCESS if is_on(value) else INTERRUPTS)
        elif name.startswith("policy_"):
            effects.add(GIVES_ACCESS if value.upper() == "ACCEPT" else INTERRUPTS)
        else:
            effects |= {GIVES_ACCESS, INTERRUPTS}
    return frozenset(effects)


_LOG_OPTIONS = frozenset(
    ("log_level_in", "log_level_out", "log_level_forward", "log_ratelimit", "tcp_flags_log_level", "smurf_log_level")
)


def add_firewall_rule(view: StepView) -> Effects:
    if "enable" in view.params and not view.has("enable"):
        return CHANGE
    action = view.get("action").upper()
    if action == "ACCEPT":
        return CHANGE | {GIVES_ACCESS}
    if action in ("DROP", "REJECT"):
        return CHANGE | {INTERRUPTS}
    return CHANGE | {GIVES_ACCESS, INTERRUPTS}


def change_firewall_rule(view: StepView) -> Effects:
    if view.params.keys() <= {"comment", "log", "digest"}:
        return CHANGE
    return CHANGE | {GIVES_ACCESS, INTERRUPTS}


def add_to_firewall_list(view: StepView) -> Effects:
    """A list that is new is used by no rule yet; a comment changes nothing."""
    is_entry = "cidr" in view.params and "name" not in view.params
    return CHANGE | {GIVES_ACCESS, INTERRUPTS} if is_entry else CHANGE


def set_ha(view: StepView) -> Effects:
    """The HA manager stops what is to be stopped, and no longer helps what it is to ignore."""
    effects = CHANGE
    if "state" in view.params and view.get("state") not in ("started", "enabled"):
        effects |= frozenset({DEGRADES}) if view.get("state") == "ignored" else interrupt_if_running(view)
    no_retry = any(view.params.get(name) == "0" for name in ("max_restart", "max_relocate"))
    if view.get("group") or "delete" in view.params or no_retry:
        effects |= {DEGRADES}
    return effects


def change_pool(view: StepView) -> Effects:
    """Rights on a pool are rights on its members."""
    has_members = any(name in view.params for name in ("vms", "storage"))
    return CHANGE | {GIVES_ACCESS} if has_members else CHANGE


def fetch(_view: StepView) -> Effects:
    return CHANGE | {REACHES_OUT}


def define_storage(view: StepView) -> Effects:
    effects: set[str] = {CHANGES}
    if any(view.get(name) for name in ("server", "portal", "monhost")):
        effects.add(REACHES_OUT)
    if any(view.get(name) for name in ("path", "mountpoint", "is_mountpoint", "content-dirs")):
        effects.add(GIVES_ACCESS)
    if view.get("prune-backups") and "keep-all" not in view.get("prune-backups"):
        effects.add(LOSES_DATA)
    return frozenset(effects)


def change_storage(view: StepView) -> Effects:
    """Guests lose what a storage no longer offers where they are."""
    effects = set(define_storage(view))
    if view.has("disable") or any(name in view.params for name in ("nodes", "content", "delete", "options")):
        effects.add(INTERRUPTS)
    secrets = ("password", "keyring", "encryption-key", "master-pubkey", "username", "skip-cert-verification")
    if any(name in view.params for name in secrets):
        effects |= {GIVES_ACCESS, INTERRUPTS}
    return frozenset(effects)
