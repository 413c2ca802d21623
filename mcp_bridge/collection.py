# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the collection is: inside the installed package, or in the checkout that this package is a part of."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.text.yaml import load_yaml

NAME = "playvisor.proxmox"
_PACKAGE = Path(__file__).resolve().parent
_INSIDE = Path("ansible_collections", *NAME.split("."))


@cache
def collections_path() -> Path:
    """The directory for ANSIBLE_COLLECTIONS_PATH. In a checkout, the link to the collection is made when missing."""
    bundled = _PACKAGE / "_collections"
    if (bundled / _INSIDE).is_dir():
        return bundled
    checkout = _PACKAGE.parent
    if not (checkout / "galaxy.yml").is_file():
        raise PlayvisorError(
            f"The collection {NAME} is neither in {bundled} nor in a checkout around it.",
            "Install playvisor again; its wheel carries the collection.",
        )
    link = checkout / ".collections" / _INSIDE
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.symlink_to("../../..", target_is_directory=True)
        except FileExistsError:
            # Another process has just made it.
            return checkout / ".collections"
    return checkout / ".collections"


def root() -> Path:
    """The directory of the collection itself."""
    return collections_path() / _INSIDE


def playbook_path(name: str) -> Path:
    """The file of one of the collection's playbooks."""
    return root() / "playbooks" / f"{name}.yml"


@cache
def load_rules(file: str) -> ModuleType:
    """Rules of the collection in a file that imports nothing of it, such as `plugins/module_utils/_api/pasted.py`."""
    name = f"_playvisor_{Path(file).stem}"
    spec = importlib.util.spec_from_file_location(name, root() / file)
    if spec is None or spec.loader is None:
        raise PlayvisorError(f"The collection has no {file}.", "Install playvisor again.")
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    return rules


@cache
def version() -> str:
    """The collection's version, from its galaxy.yml."""
    data = load_yaml((root() / "galaxy.yml").read_text(encoding="utf-8"))
    return str(data["version"])
