# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of a guest's configuration does, key by key. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from mcp_bridge.policy.places import find_volume_owner, get_text, is_on
from mcp_bridge.policy.targets import (
    CHANGES,
    DEGRADES,
    DUPLICATES_IDENTITY,
    GIVES_ACCESS,
    INTERRUPTS,
    LOSES_DATA,
    UNKNOWN,
    Effects,
    Target,
)

_NONE: Effects = frozenset()
KeyRule = Callable[["str | None", "str | None", Target], Effects]
"""From a key's value before and after (None: not set) and the guest, to what the change does beyond `changes`."""

# Parameters that say how the request is carried out, not what becomes of the guest.
_MANNERS = frozenset({"digest", "background_delay", "import-working-storage", "revert", "delete"})
# What these name is taken away: what is set, and what a pending change sets.
_REMOVALS = ("delete", "revert")


def describe_config_change(params: Mapping[str, str], guest: Target) -> Effects:
    """Say what a change of an existing guest's configuration does."""
    effects = {CHANGES}
    for name, value in params.items():
        if name not in _MANNERS | {"force"}:
            effects |= _describe_key(name, value, guest)
    for removal in _REMOVALS:
        for name in filter(None, re.split(r"[\s,;]+", params.get(removal, ""))):
            effects |= _describe_removal(name, removal == "delete" and is_on(params.get("force")), guest)
    return frozenset(effects)


def describe_new_config(params: Mapping[str, str], vmid: int) -> Effects:
    """Say what the configuration of a new guest does: it serves nobody yet, but may reach what it should not."""
    effects = {CHANGES}
    for name, value in params.items():
        family = get_family(name)
        is_console = family == "serial" and value == "socket"
        if (family in _HOST_ACCESS and not is_console) or name in ("cicustom", "features"):
            effects.add(GIVES_ACCESS)
        elif _is_drive(family):
            effects |= _describe_volume(value, vmid)
        elif family == "net" and _has_own_mac(value):
            effects.add(DUPLICATES_IDENTITY)
    return frozenset(effects)


def has_static_address(config: Mapping[str, object]) -> bool:
    """Whether a configuration gives a guest an address of its own, which a copy would have as well."""
    for name, value in config.items():
        if get_family(name) in ("net", "ipconfig"):
            options = parse_options(get_text(value))
            if any(options.get(key, "dhcp") not in ("dhcp", "auto", "manual", "") for key in ("ip", "ip6")):
                return True
    return False


def get_family(name: str) -> str:
    """A key without its number: `net` of `net0`."""
    return name.rstrip("0123456789") or name


def parse_options(value: str) -> dict[str, str]:
    """Read a property string such as `virtio=BC:24:11:00:00:01,bridge=vmbr0`; what has no name gets an empty one."""
    options: dict[str, str] = {}
    for part in value.split(","):
        name, equals, text = part.partition("=")
        options.update({name.strip(): text.strip()} if equals else {"": part.strip()})
    return options


def _describe_key(name: str, value: str, guest: Target) -> Effects:
    rule = _find_rule(name)
    if rule is None:
        return frozenset({UNKNOWN})
    before = guest.config.get(name)
    return rule(None if before is None else get_text(before), value, guest)


def _describe_removal(name: str, is_forced: bool, guest: Target) -> Effects:
    family = get_family(name)
    if family == "unused" or (is_forced and _is_drive(family)):
        return frozenset({LOSES_DATA}) | _interrupt(guest if family != "unused" else None)
    rule = _find_rule(name)
    if rule is None:
        return frozenset({UNKNOWN})
    before = guest.config.get(name)
    return rule(None if before is None else get_text(before), None, guest)


def _find_rule(name: str) -> KeyRule | None:
    return _KEYS.get(name) or _FAMILIES.get(get_family(name))


def _interrupt(guest: Target | None) -> Effects:
    return frozenset({INTERRUPTS}) if guest is not None and guest.may_run else _NONE


def _change_only(_before: str | None, _after: str | None, _guest: Target) -> Effects:
    return _NONE


def _change_hardware(before: str | None, after: str | None, guest: Target) -> Effects:
    """The guest may not start again, or not as it did."""
    return frozenset({DEGRADES}) if guest.may_run and (not guest.is_known or before != after) else _NONE


def _open(before: str | None, after: str | None, guest: Target) -> Effects:
    return frozenset({GIVES_ACCESS}) if not guest.is_known or before != after else _NONE


def _set_autostart(before: str | None, after: str | None, guest: Target) -> Effects:
    """What does not start with its node stays away after the node has failed."""
    was_on = is_on(before) or not guest.is_known
    return frozenset({DEGRADES}) if guest.may_run and was_on and not is_on(after) else _NONE


def _set_protection(before: str | None, after: str | None, guest: Target) -> Effects:
    """Proxmox VE deletes no disks of a protected guest."""
    was_on = is_on(before) or not guest.is_known
    return frozenset({LOSES_DATA}) if was_on and not is_on(after) else _NONE


def _set_tags(before: str | None, after: str | None, guest: Target) -> Effects:
    """The tag `protected` guards as Proxmox VE's protection does."""
    was_on = "protected" in re.split(r"[\s,;]+", before or "") or not guest.is_known
    return frozenset({LOSES_DATA}) if was_on and "protected" not in re.split(r"[\s,;]+", after or "") else _NONE


def _set_agent(before: str | None, after: str | None, guest: Target) -> Effects:
    """With the agent, whoever has rights on the guest can run commands in it."""
    return frozenset({GIVES_ACCESS}) if _is_enabled(after) and not (guest.is_known and _is_enabled(before)) else _NONE


def _is_enabled(agent: str | None) -> bool:
    options = parse_options(agent or "")
    return is_on(options.get("enabled", options.get("")))


def _set_address(before: str | None, after: str | None, guest: Target) -> Effects:
    """Cloud-init sets it at the next start, where clients then look for the guest in vain."""
    return _open(before, after, guest) | (_interrupt(guest) if not guest.is_known or before != after else _NONE)


def _set_serial(before: str | None, after: str | None, guest: Target) -> Effects:
    """A socket is a console of the guest; anything else is a device of the node."""
    return _NONE if after == "socket" else _open(before, after, guest)


def _set_freeze(_before: str | None, after: str | None, _guest: Target) -> Effects:
    return frozenset({INTERRUPTS}) if is_on(after) else _NONE


def _scale(default: Callable[[Target], float]) -> KeyRule:
    """A key that gives the guest more or less of something; without a value it gives `default`."""

    def describe(before: str | None, after: str | None, guest: Target) -> Effects:
        if not guest.may_run:
            return _NONE
        if not guest.is_known:
            return frozenset({DEGRADES})
        try:
            old, new = (default(guest) if value is None else _parse_amount(value) for value in (before, after))
        except ValueError:
            return frozenset({DEGRADES})
        return _NONE if new >= old else frozenset({DEGRADES})

    return describe


def _parse_amount(value: str) -> float:
    options = parse_options(value)
    return float(options.get("current") or options.get("") or value)


def _limit(before: str | None, after: str | None, guest: Target) -> Effects:
    """A limit in which 0, or nothing, is none at all."""
    if not guest.may_run:
        return _NONE
    try:
        old, new = (float(value or 0) or float("inf") for value in (before, after))
    except ValueError:
        return frozenset({DEGRADES})
    return _NONE if new >= old and guest.is_known else frozenset({DEGRADES})


def _balloon(before: str | None, after: str | None, guest: Target) -> Effects:
    """The memory that the guest keeps at least: 0, or nothing, is all of it."""
    return _limit(before, after, guest)


def _set_nic(before: str | None, after: str | None, guest: Target) -> Effects:
    if guest.is_known and before == after:
        return _NONE
    if after is None:
        return _interrupt(guest)
    new = parse_options(after)
    if before is None:
        return frozenset({GIVES_ACCESS}) | (_name_twice(new, {}) if guest.is_known else _interrupt(guest))
    return _compare_nics(parse_options(before), new, guest)


def _compare_nics(old: Mapping[str, str], new: Mapping[str, str], guest: Target) -> Effects:
    effects: set[str] = set()
    if any(old.get(key) != new.get(key) for key in ("bridge", "tag", "trunks", "ip", "gw", "ip6", "gw6")):
        effects.add(GIVES_ACCESS)
    if is_on(old.get("firewall")) and not is_on(new.get("firewall")):
        effects.add(GIVES_ACCESS)
    slower = _limit(old.get("rate"), new.get("rate"), guest)
    is_slower_only = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} <= {"rate", "firewall"}
    effects |= slower if is_slower_only else _interrupt(guest)
    if is_on(new.get("firewall")) and not is_on(old.get("firewall")):
        effects |= _interrupt(guest)
    return frozenset(effects) | _name_twice(new, old)


def _name_twice(new: Mapping[str, str], old: Mapping[str, str]) -> Effects:
    """An address that was given by hand may be another guest's."""
    return frozenset({DUPLICATES_IDENTITY}) if _get_mac(new) not in (None, _get_mac(old)) else _NONE


def _get_mac(options: Mapping[str, str]) -> str | None:
    return next((value.lower() for value in options.values() if _MAC.fullmatch(value)), None)


_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def _has_own_mac(value: str) -> bool:
    return _get_mac(parse_options(value)) is not None


def _set_drive(before: str | None, after: str | None, guest: Target) -> Effects:
    old, new = _get_volume(before), _get_volume(after)
    if old is not None and old != new:
        # What was in the slot is taken out; an image of a CD may go at any time.
        taken = _NONE if _is_removable(before or "") else _interrupt(guest)
        return taken | (_describe_volume(after, guest.vmid or 0) if after else _NONE)
    if after is None:
        return _NONE if guest.is_known else _interrupt(guest)
    if old is None:
        unknown = _NONE if guest.is_known else _interrupt(guest)
        return unknown | _describe_volume(after, guest.vmid or 0)
    slower = (_limit(*pair, guest) for pair in _pair_limits(before or "", after))
    return frozenset().union(*slower)


def _pair_limits(before: str, after: str) -> Iterable[tuple[str | None, str | None]]:
    old, new = parse_options(before), parse_options(after)
    names = [name for name in {**old, **new} if re.match(r"iops|mbps|bps", name)]
    return [(old.get(name), new.get(name)) for name in names]


def _describe_volume(value: str, vmid: int) -> Effects:
    """A volume that belongs to another guest, or a path of the node, lets this guest read what is not its own."""
    options = parse_options(value)
    sources = [options.get("", options.get("file", options.get("volume", ""))), options.get("import-from", "")]
    for source in filter(None, sources):
        owner = find_volume_owner(source)
        if source.startswith("/") or (owner is not None and owner != vmid):
            return frozenset({GIVES_ACCESS})
    return _NONE


def _get_volume(value: str | None) -> str | None:
    if value is None:
        return None
    options = parse_options(value)
    return options.get("") or options.get("file") or options.get("volume") or ""


def _is_removable(value: str) -> bool:
    return parse_options(value).get("media") == "cdrom" or "cloudinit" in value or value.startswith("none")


def _is_drive(family: str) -> bool:
    return family in ("ide", "sata", "scsi", "virtio", "mp", "efidisk", "tpmstate") or family == "rootfs"


def _set_features(before: str | None, after: str | None, guest: Target) -> Effects:
    """Containers with nesting, mounts or keyctl get nearer to the node."""
    return _open(before, after, guest)


# What gives a guest the node's devices, files or shell, or lets it run something on the node.
_HOST_ACCESS = frozenset(
    {"args", "hookscript", "hostpci", "usb", "parallel", "serial", "virtiofs", "ivshmem", "dev", "entrypoint", "env"}
)

_HARMLESS = (
    "name hostname description startup tablet localtime startdate keyboard migrate_downtime migrate_speed ciupgrade "
    "citype hotplug vmstatestorage timezone cmode console tty debug keephugepages shares rng0 spice_enhancements"
)
_HARDWARE = (
    "bios machine cpu arch acpi kvm numa scsihw ostype vga smbios1 smp vmgenid affinity hugepages allow-ksm reboot tdf "
    "amd-sev intel-tdx audio0 boot bootdisk watchdog"
)

# Each key of a configuration. Those with a number are in _FAMILIES.
_KEYS: dict[str, KeyRule] = {
    **dict.fromkeys(_HARMLESS.split(), _change_only),
    **dict.fromkeys(_HARDWARE.split(), _change_hardware),
    **dict.fromkeys(_HOST_ACCESS, _open),
    "onboot": _set_autostart,
    "autostart": _set_autostart,
    "protection": _set_protection,
    "tags": _set_tags,
    "memory": _scale(lambda _guest: 512),
    "swap": _scale(lambda _guest: 512),
    "cores": _scale(lambda guest: float("inf") if guest.type == "lxc" else 1),
    "sockets": _scale(lambda _guest: 1),
    "vcpus": _scale(lambda _guest: float("inf")),
    "cpulimit": _limit,
    "cpuunits": _scale(lambda _guest: 100),
    "balloon": _balloon,
    "ciuser": _open,
    "cipassword": _open,
    "sshkeys": _open,
    "cicustom": _open,
    "nameserver": _open,
    "searchdomain": _open,
    "agent": _set_agent,
    "features": _set_features,
    "unprivileged": _set_features,
    "freeze": _set_freeze,
    "cdrom": _set_drive,
    "rootfs": _set_drive,
    "efidisk0": _set_drive,
    "tpmstate0": _set_drive,
}
_FAMILIES: dict[str, KeyRule] = {
    **dict.fromkeys(("ide", "sata", "scsi", "virtio", "mp", "unused"), _set_drive),
    **dict.fromkeys(("hostpci", "usb", "parallel", "virtiofs", "dev"), _open),
    "serial": _set_serial,
    "net": _set_nic,
    "ipconfig": _set_address,
    "numa": _change_hardware,
}
