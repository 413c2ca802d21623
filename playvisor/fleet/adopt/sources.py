# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests another tool's file names: a Terraform state, an Ansible inventory, or tasks of community.proxmox.

Only who they are is taken from there. What they are like the cluster says, and what it can't say is noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml import YAMLError

from mcp_bridge.errors import UsageError
from mcp_bridge.text.yaml import load_yaml
from playvisor.fleet.adopt.observed import Guest

_LARGEST = 256 * 2**20
# Guests of bpg's provider and of Telmate's, by type of resource.
_TERRAFORM_GUESTS = re.compile(
    r"proxmox_(virtual_environment_(vm|vm2|container|cloned_vm)|vm|cloned_vm|container|vm_qemu|lxc|lxc_guest)"
)
_OTHER_TERRAFORM = re.compile(r"proxmox_")
# Attributes that say how Terraform works, or what the API never shows.
_ONLY_TERRAFORM = re.compile(
    r"timeout_\w+|timeouts?|stop_on_destroy|delete_\w+|purge_on_destroy|reboot\w*|migrate|clone\w*|full_clone|"
    r"additional_wait|automatic_reboot\w*|ci_wait|force_create|force_recreate\w*|define_connection_info|ssh_\w+|"
    r"connection|provisioner|preprovision|os_network_config|cipassword|password|skip_ipv[46]|guest_agent_ready_timeout"
)
_TASKS = re.compile(r"(?:community\.(?:proxmox|general)\.)?(proxmox(?:_\w+)?)")
# Modules of community.proxmox whose tasks are about one guest.
_GUEST_MODULES = frozenset(
    ["proxmox", "proxmox_kvm", "proxmox_disk", "proxmox_nic", "proxmox_snap", "proxmox_template_convert"]
)
_ONLY_TASKS = frozenset(
    ["clone", "full", "force", "timeout", "update", "update_unsafe", "migrate", "password", "cipassword"]
)
_VMID_VARIABLES = ("proxmox_vmid", "pve_vmid", "vmid")
_RANGE = re.compile(r"\[(\w+):(\w+)(?::(\d+))?\]")


@dataclass(frozen=True)
class Mention:
    """A guest that a file names, by id, name or both; without either it is something else that is not carried over."""

    label: str
    vmid: int | None = None
    name: str = ""
    notes: tuple[str, ...] = ()


def read_mentions(file: Path) -> tuple[Mention, ...]:
    """The guests that a file names; raises UsageError for one that is none of the kinds that are known."""
    try:
        if file.stat().st_size > _LARGEST:
            raise UsageError(f"{file} has more than {_LARGEST >> 20} MiB.", "Give a file that names guests.")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} can't be read: {error}.", "Name a file with guests.") from error
    mentions = _merge(_parse(text))
    if not any(mention.vmid or mention.name for mention in mentions):
        raise UsageError(
            f"{file} names no guests of Proxmox VE.",
            "Give what `terraform show -json` writes, an Ansible inventory, or tasks of community.proxmox.",
        )
    return mentions


def find_mentioned(guests: Iterable[Guest], mentions: Sequence[Mention]) -> tuple[list[Guest], list[str]]:
    """The guests that are named, and sentences on names that no guest has."""
    known = list(guests)
    by_vmid = {guest.vmid: guest for guest in known}
    by_name: dict[str, list[Guest]] = {}
    for guest in known:
        by_name.setdefault(guest.name.lower(), []).append(guest)
    found: dict[int, Guest] = {}
    unknown = []
    for mention in mentions:
        if mention.vmid is None and not mention.name:
            continue
        name = mention.name.lower()
        # A host of an inventory may be called by its name in DNS.
        same = by_name.get(name) or by_name.get(name.partition(".")[0]) or []
        if mention.vmid in by_vmid:
            same = [by_vmid[mention.vmid]]
        found.update({guest.vmid: guest for guest in same})
        if not same:
            unknown.append(f"{mention.label}: the cluster has no such guest")
    return [guest for guest in known if guest.vmid in found], unknown


def _merge(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """One mention of each guest, with the notes of all."""
    merged: dict[tuple[int | None, str], Mention] = {}
    for mention in mentions:
        key = (mention.vmid, mention.name or ("" if mention.vmid else mention.label))
        former = merged.get(key)
        notes = (*former.notes, *mention.notes) if former else mention.notes
        merged[key] = Mention(
            former.label if former else mention.label, *key[:1], mention.name, tuple(dict.fromkeys(notes))
        )
    return tuple(merged.values())


def _parse(text: str) -> Iterator[Mention]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        try:
            data = load_yaml(text)
        except (YAMLError, ValueError, RecursionError):
            data = None
    if isinstance(data, list):
        return _read_tasks(data)
    if isinstance(data, Mapping) and ("terraform_version" in data or "values" in data or "format_version" in data):
        return _read_terraform((data.get("values") or {}).get("root_module") or {})
    if isinstance(data, Mapping) and "_meta" in data:
        return _read_inventory_list(data)
    if isinstance(data, Mapping) and all(isinstance(group, Mapping | None) for group in data.values()):
        return _read_inventory(data)
    return _read_ini(text)


def _read_terraform(module: Mapping[str, Any]) -> Iterator[Mention]:
    for resource in module.get("resources") or ():
        kind, label = str(resource.get("type")), str(resource.get("address"))
        if resource.get("mode", "managed") != "managed":
            continue
        if _TERRAFORM_GUESTS.fullmatch(kind):
            yield _read_terraform_guest(label, resource.get("values") or {})
        elif _OTHER_TERRAFORM.match(kind):
            yield Mention(label, notes=(f"{kind} is no guest; --part imports what a fleet has beside guests",))
    for child in module.get("child_modules") or ():
        yield from _read_terraform(child)


def _read_terraform_guest(label: str, values: Mapping[str, Any]) -> Mention:
    vmid = str(values.get("vm_id") or values.get("vmid") or str(values.get("id") or "").rpartition("/")[2])
    name = values.get("name") or values.get("hostname") or _find_hostname(values)
    only = sorted(
        key
        for key, value in values.items()
        if value not in (None, [], {}, "", False) and _ONLY_TERRAFORM.fullmatch(key)
    )
    account = [part for entry in values.get("initialization") or () for part in (entry.get("user_account") or ())]
    only += ["initialization.user_account.password"] if any(part.get("password") for part in account) else []
    notes = (f"not carried over: {', '.join(only)}",) if only else ()
    return Mention(label, int(vmid) if vmid.isdecimal() else None, str(name or ""), notes)


def _find_hostname(values: Mapping[str, Any]) -> Any:
    return next((entry["hostname"] for entry in values.get("initialization") or () if entry.get("hostname")), None)


def _read_inventory_list(data: Mapping[str, Any]) -> Iterator[Mention]:
    """What `ansible-inventory --list` writes."""
    variables = (data["_meta"] or {}).get("hostvars") or {}
    hosts = [host for group in data.values() if isinstance(group, Mapping) for host in group.get("hosts") or ()]
    for host in dict.fromkeys([*hosts, *variables]):
        yield _make_host(str(host), variables.get(host) or {})


def _read_inventory(groups: Mapping[str, Any]) -> Iterator[Mention]:
    for group in groups.values():
        for host, variables in ((group or {}).get("hosts") or {}).items():
            for name in _expand_host(str(host)):
                yield _make_host(name, variables or {})
        yield from _read_inventory((group or {}).get("children") or {})


def _read_ini(text: str) -> Iterator[Mention]:
    section = ""
    for line in text.splitlines():
        words = line.split("#", 1)[0].split(";", 1)[0].split()
        if words and words[0].startswith("["):
            section = line.strip().strip("[]")
        elif words and not section.endswith((":vars", ":children")) and re.fullmatch(r"[\w.:\[\]-]+", words[0]):
            variables = dict(word.split("=", 1) for word in words[1:] if "=" in word)
            for name in _expand_host(words[0]):
                yield _make_host(name, variables)


def _make_host(host: str, variables: Mapping[str, Any]) -> Mention:
    vmid = next((variables[name] for name in _VMID_VARIABLES if str(variables.get(name, "")).isdecimal()), None)
    others = [name for name in variables if name not in _VMID_VARIABLES and not name.startswith(("proxmox_", "pve_"))]
    notes = (f"its variables stay in the inventory: {', '.join(sorted(others))}",) if others else ()
    return Mention(host, None if vmid is None else int(vmid), host, notes)


def _expand_host(pattern: str) -> list[str]:
    """The hosts of a pattern such as `web[01:12]` or `db-[a:c]`."""
    match = _RANGE.search(pattern)
    if match is None:
        return [pattern]
    first, last, step = match[1], match[2], int(match[3] or 1)
    if first.isdecimal() and last.isdecimal():
        width = len(first) if first.startswith("0") else 1
        items = [f"{number:0{width}d}" for number in range(int(first), int(last) + 1, step)]
    else:
        items = [chr(code) for code in range(ord(first[0]), ord(last[0]) + 1, step)]
    return [name for item in items for name in _expand_host(pattern[: match.start()] + item + pattern[match.end() :])]


def _read_tasks(tasks: Sequence[Any]) -> Iterator[Mention]:
    """Tasks, wherever in plays and blocks they stand."""
    for task in tasks:
        if not isinstance(task, Mapping):
            continue
        for key, value in task.items():
            match = _TASKS.fullmatch(str(key))
            if match and isinstance(value, Mapping):
                yield _read_task(match[1], str(task.get("name") or key), task, value)
            elif isinstance(value, list):
                yield from _read_tasks(value)


def _read_task(module: str, label: str, task: Mapping[str, Any], options: Mapping[str, Any]) -> Mention:
    if module not in _GUEST_MODULES:
        return Mention(label, notes=(f"{module} is about no guest",))
    vmid = str(options.get("newid") or ("" if options.get("clone") else options.get("vmid") or ""))
    name = str(options.get("name") or options.get("hostname") or "")
    if "{{" in f"{vmid} {name}" or {"loop", "with_items"} & task.keys():
        return Mention(label, notes=("it names guests by a template; use --select, or an inventory, for these",))
    if options.get("state") == "absent":
        return Mention(label, notes=("it deletes a guest, which no fleet does",))
    only = sorted(_ONLY_TASKS & options.keys())
    notes = (f"not carried over: {', '.join(only)}",) if only else ()
    return Mention(label, int(vmid) if vmid.isdecimal() else None, name, notes)
