# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests another tool's file names: a Terraform state, an Ansible inventory, or tasks of community.proxmox.

Only who they are is taken from there. What they are like the cluster says, and what it can't say is noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from yaml import YAMLError

from mcp_bridge.errors import UsageError
from mcp_bridge.text.plain import one_line
from mcp_bridge.text.yaml import load_yaml
from playvisor.fleet.adopt import inventories
from playvisor.fleet.adopt.mentions import Mention, merge_mentions
from playvisor.fleet.adopt.tasks import read_tasks
from playvisor.fleet.adopt.terraform import is_terraform, read_terraform

_LARGEST = 256 * 2**20
_KINDS = "Give what `terraform show -json` writes, an Ansible inventory, or tasks of community.proxmox."
_LISTED = "Of an inventory in a folder or from a plugin, give what `ansible-inventory --list` prints."
# The first line of YAML that has plays, tasks or groups; an inventory in INI has no such one.
_YAML = re.compile(r"\A(?:\s*(?:#[^\n]*)?\n)*(?:---|- |\{|[\w.-]+:\s*(?:#[^\n]*)?\n)")


def read_mentions(file: Path) -> tuple[Mention, ...]:
    """The guests that a file names; raises UsageError for one that is none of the kinds that are known."""
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a folder.", f"Name a file. {_LISTED}")
        if file.stat().st_size > _LARGEST:
            raise UsageError(f"{file} has more than {_LARGEST >> 20} MiB.", "Give a file that names guests.")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} can't be read: {error}.", "Name a file with guests.") from error
    try:
        mentions = merge_mentions(_parse(file, text))
    except RecursionError:
        mentions = ()
    if not any(mention.vmid or mention.name for mention in mentions):
        said = next((f" {mention.label}: {note}." for mention in mentions for note in mention.notes), "")
        raise UsageError(f"{file} names no guests of Proxmox VE.{said}", f"{_KINDS} {_LISTED}")
    return mentions


def _parse(file: Path, text: str) -> Iterator[Mention]:
    data = _load(file, text)
    if isinstance(data, list):
        return read_tasks(data)
    if is_terraform(data):
        return read_terraform(data)
    if isinstance(data, Mapping) and "_meta" in data:
        return inventories.read_list_output(data)
    if inventories.is_inventory(data):
        return inventories.read_groups(data)
    if isinstance(data, Mapping):
        return iter(())
    return inventories.read_ini(text)


def _load(file: Path, text: str) -> Any:
    """The data of JSON or YAML; None for text that is neither, and is not meant to be."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        broken = error
    try:
        return load_yaml(text, marked=True)
    except (YAMLError, ValueError, RecursionError) as error:
        if _YAML.match(text):
            is_json = text.lstrip().startswith("{")
            why = one_line(str(broken if is_json else error))
            raise UsageError(
                f"{file} is no whole {'JSON' if is_json else 'YAML'}: {why}.", "Write it anew, or correct it."
            ) from error
    return None
