# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts of an Ansible inventory, in any of its forms, as guests by name or by a variable that has their id."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_bridge.errors import UsageError
from playvisor.fleet.adopt.mentions import Mention, read_list, read_mapping, read_vmid

_VMID_VARIABLES = ("proxmox_vmid", "pve_vmid", "vmid")
_RANGE = re.compile(r"\[(\w+):(\w+)(?::(\d+))?\]")
_HOST = re.compile(r"[A-Za-z0-9_\[][\w.\[\]:-]*")
_SECTION = re.compile(r"\[([^\]]*)\]\s*(?:[#;].*)?")
_PORT = re.compile(r":\d+$")
# A range may be a mistake; so many hosts no cluster has.
_MOST_HOSTS = 100_000
# Where Ansible itself runs.
_LOCAL = ("localhost", "127.0.0.1", "::1")


def read_list_output(data: Mapping[str, Any]) -> Iterator[Mention]:
    """What `ansible-inventory --list` writes."""
    variables = read_mapping(read_mapping(data["_meta"]).get("hostvars"))
    hosts = [str(host) for group in data.values() for host in read_list(read_mapping(group).get("hosts"))]
    for host in dict.fromkeys([*hosts, *variables]):
        yield from _make_hosts(host, read_mapping(variables.get(host)))


def is_inventory(data: Any) -> bool:
    """Whether this is an inventory in YAML: groups by name."""
    return (
        isinstance(data, Mapping)
        and bool(data)
        and all(group is None or isinstance(group, Mapping) for group in data.values())
        and any({"hosts", "children", "vars"} & read_mapping(group).keys() for group in data.values())
    )


def read_groups(groups: Mapping[str, Any]) -> Iterator[Mention]:
    """An inventory in YAML."""
    for group in map(read_mapping, groups.values()):
        hosts = group.get("hosts")
        # One host may stand there as a text, and many as a list.
        listed = [host for host in read_list(hosts) or [hosts] if host and not isinstance(host, (list, Mapping))]
        named = hosts if isinstance(hosts, Mapping) else dict.fromkeys(listed)
        for host, variables in named.items():
            for name in _expand_host(str(host)):
                yield from _make_hosts(name, read_mapping(variables))
        yield from read_groups(read_mapping(group.get("children")))


def read_ini(text: str) -> Iterator[Mention]:
    """An inventory in INI."""
    section = ""
    for line in text.splitlines():
        try:
            words = shlex.split(line.split(" ;", 1)[0], comments=True)
        except ValueError:
            # A quote that is not closed, as in `it's`.
            words = line.split()
        if not words or words[0].startswith(";"):
            continue
        if match := _SECTION.fullmatch(line.strip()):
            section = match[1]
        elif not section.endswith((":vars", ":children")) and _HOST.fullmatch(words[0]):
            variables = dict(word.split("=", 1) for word in words[1:] if "=" in word)
            for name in _expand_host(words[0]):
                yield from _make_hosts(name, variables)


def _make_hosts(host: str, variables: Mapping[str, Any]) -> Iterator[Mention]:
    if host in _LOCAL:
        return
    vmid = next(filter(None, (read_vmid(variables.get(name)) for name in _VMID_VARIABLES)), None)
    others = [name for name in variables if name not in _VMID_VARIABLES and not name.startswith(("proxmox_", "pve_"))]
    notes = (f"its variables stay in the inventory: {', '.join(sorted(others))}",) if others else ()
    name = _PORT.sub("", host)
    yield Mention(name, vmid, name, notes)


def _expand_host(pattern: str) -> list[str]:
    """The hosts of a pattern such as `web[01:12]` or `db-[a:c]`."""
    match = _RANGE.search(pattern)
    if match is None:
        return [pattern]
    items = _expand_range(match[1], match[2], int(match[3] or 1))
    names = []
    for item in items:
        names += _expand_host(pattern[: match.start()] + item + pattern[match.end() :])
        if len(names) > _MOST_HOSTS:
            raise UsageError(f"{pattern} is more than {_MOST_HOSTS} hosts.", "Correct the range.")
    return names


def _expand_range(first: str, last: str, step: int) -> Iterator[str]:
    if step < 1:
        return
    if first.isdecimal() and last.isdecimal():
        width = len(first) if first.startswith("0") else 1
        yield from (f"{number:0{width}d}" for number in range(int(first), int(last) + 1, step))
    elif len(first) == len(last) == 1:
        yield from (chr(code) for code in range(ord(first), ord(last) + 1, step))
