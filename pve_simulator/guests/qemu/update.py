# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing the configuration of a machine: what is checked at once, and what is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.guests import power, sizes
from pve_simulator.guests.qemu.access import GuestAccess
from pve_simulator.guests.qemu.changing import ConfigUpdate
from pve_simulator.guests.qemu.drives import is_drive, parse_drive, parse_new_cloudinit, parse_new_disk, tidy_drive
from pve_simulator.guests.qemu.identity import new_uuid
from pve_simulator.guests.qemu.networks import is_net, with_mac
from pve_simulator.guests.qemu.ssh_keys import check_ssh_keys
from pve_simulator.guests.qemu.values import config_text, omit_options, render_command_line
from pve_simulator.requests.call import Call
from pve_simulator.schema import config_schema
from pve_simulator.schema.perl import split_list
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config, Guest
from pve_simulator.storage.lookup import parse_volid
from pve_simulator.storage.names import split_volid
from pve_simulator.storage.volumes import Say, Volumes

_NOT_SETTINGS = ("node", "vmid", "digest", "background_delay", "import-working-storage")
_CONTROLS = ("delete", "revert", "force", "skiplock")
# Keys that can be deleted though no request can set them.
_DELETABLE = frozenset({"vmstate", "runningmachine", "runningcpu", "running-nets-host-mtu"})


@dataclass
class Change:
    """One request's change; `settings` are as configurations hold them."""

    settings: Config = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    revert: list[str] = field(default_factory=list)
    force: bool = False
    skiplock: bool = False
    digest: str | None = None
    line: str = ""


def read_change(call: Call, params: dict[str, Any] | None = None) -> Change:
    """The change that a call asks for; raises what is wrong with it whatever the guest is like."""
    params = omit_options(call.params if params is None else params, _NOT_SETTINGS)
    call.only_root("skiplock")
    change = Change(
        force=bool(params.get("force")),
        skiplock=bool(params.get("skiplock")),
        digest=call.text("digest"),
        line=render_command_line(params),
    )
    if "sshkeys" in params:
        check_ssh_keys(str(params["sshkeys"]))
    settings = omit_options(params, _CONTROLS)
    if not settings and not params.get("delete") and not params.get("revert"):
        raise failure("no options specified")
    if "cdrom" in settings:
        if "ide2" in settings:
            raise invalid({"cdrom": "conflicts with option 'ide2'"})
        settings["ide2"] = cdrom_drive(settings.pop("cdrom"))
    change.revert = _parse_reverts(str(params.get("revert") or ""), settings)
    change.delete = _parse_deletions(str(params.get("delete") or ""), settings, change.revert)
    for key, value in settings.items():
        text = config_text(key, value, call.cluster)
        if text is None:
            change.delete.append(key)
        else:
            change.settings[key] = text
    change.settings = tidy_settings(call.cluster, change.settings)
    access = GuestAccess(call.subject, call.cluster, call.vmid)
    access.check_options(change.delete)
    access.check_options(change.settings)
    access.check_storages(change.settings)
    access.check_bridges(change.settings)
    return change


def tidy_settings(cluster: Cluster, settings: Config) -> Config:
    """Settings as the server rewrites them before it looks at the guest."""
    tidied: Config = {}
    for key, value in settings.items():
        if is_drive(key):
            tidied[key] = tidy_drive(key, value)
            _check_media(cluster, key, tidied[key])
        elif is_net(key):
            tidied[key] = with_mac(cluster, value)
        elif key == "vmgenid" and value == "1":
            tidied[key] = new_uuid()
        else:
            tidied[key] = value
    return tidied


def cdrom_drive(value: str) -> str:
    """What `ide2` is for a value of `cdrom`."""
    return value if "media=" in value else f"{value},media=cdrom"


def check_change(guest: Guest, change: Change, *, resolve: bool) -> None:
    """Raise what keeps a guest as it is now from being changed; `resolve` also what is to be reverted."""
    if change.digest and change.digest != guest.digest:
        raise failure("checksum mismatch (file change by other user?)")
    suspended = "vmstate" in change.delete and guest.lock == "suspended"
    power.check_lock(guest, skiplock=change.skiplock or suspended)
    if resolve:
        if "vmstate" in change.delete:
            saved = ("runningmachine", "runningcpu", "running-nets-host-mtu")
            change.delete += ["lock"] if suspended else []
            change.delete += [key for key in saved if key in guest.config]
        change.delete += [key for key in change.revert if key not in guest.config and key in guest.pending]
    change.settings |= {key: guest.config[key] for key in change.revert if key in guest.config}
    _check_balloon(guest, change.settings)


def apply_change(call: Call, guest: Guest, change: Change, say: Say) -> None:
    """Change the guest: at once what can be, the rest when it is next started. Raises what goes wrong."""
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), say)
    access = GuestAccess(call.subject, call.cluster, guest.vmid)
    call.world.write_log(guest.node, call.subject.userid, f"update VM {guest.vmid}: {change.line}")
    errors = ConfigUpdate(guest, volumes, access, force=change.force).run(change.settings, change.delete)
    if errors:
        raise invalid(errors)


def _check_media(cluster: Cluster, key: str, text: str) -> None:
    drive = parse_drive(key, text)
    if parse_new_disk(drive) or parse_new_cloudinit(drive) or split_volid(drive["file"]) is None:
        return
    if parse_volid(cluster, drive["file"])[1].content == "iso" and drive.get("media") != "cdrom":
        raise invalid({key: "explicit 'media=cdrom' is required for iso images"})


def _parse_reverts(text: str, settings: dict[str, Any]) -> list[str]:
    keys = split_list(text)
    for key in keys:
        if not _is_option(key):
            raise invalid({"revert": f"unknown option '{key}'"})
        if key in settings:
            raise invalid({"delete": f"you can't use '-{key}' and -revert {key}' at the same time"})
    return keys


def _parse_deletions(text: str, settings: dict[str, Any], revert: list[str]) -> list[str]:
    keys = ["ide2" if key == "cdrom" else key for key in split_list(text)]
    for key in keys:
        if key in settings:
            raise invalid({"delete": f"you can't use '-{key}' and -delete {key}' at the same time"})
        if key in revert:
            raise invalid({"revert": f"you can't use '-delete {key}' and '-revert {key}' at the same time"})
        if not _is_option(key):
            raise invalid({"delete": f"unknown option '{key}'"})
    return keys


def _is_option(key: str) -> bool:
    return key in config_schema("qemu") or key in _DELETABLE


def _check_balloon(guest: Guest, settings: Config) -> None:
    if "memory" not in settings and "balloon" not in settings:
        return
    config = {**guest.config, **guest.pending, **settings}
    balloon = int(config.get("balloon", 0))
    if balloon * sizes.MIB > sizes.memory(Guest(guest.vmid, "qemu", guest.node, config)):
        raise failure("balloon value too large (must be smaller than assigned memory)")
