# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the code that a fork server has loaded was last changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from mcp_bridge import collection

Stamp = tuple[object, ...]
_PARTS = ("plugins", "meta", "galaxy.yml", "playbooks")
_NO_CODE = frozenset({"__pycache__", "_collections"})


def read_collection_stamp() -> Stamp:
    """The stamp of the collection and of Ansible itself."""
    root = collection.root()
    ansible = find_spec("ansible")
    return _read_times([*(str(root / part) for part in _PARTS), *filter(None, [ansible.origin if ansible else None])])


def read_code_stamp(modules: Iterable[str] = ()) -> Stamp:
    """The stamp of those, of this package, and of the packages of these modules."""
    packages = dict.fromkeys([__name__.partition(".")[0], *(name.partition(".")[0] for name in modules)])
    specs = [find_spec(name) for name in packages]
    folders = [folder for spec in specs if spec for folder in spec.submodule_search_locations or ()]
    return (*read_collection_stamp(), *_read_times(folders))


def _read_times(paths: list[str]) -> Stamp:
    return tuple(entry for path in paths for entry in _walk_code(path))


def _walk_code(path: str) -> Iterator[tuple[str, int]]:
    """A file, or a folder and the code in it, each with its time of modification in ns. Called for every run."""
    try:
        yield path, os.stat(path).st_mtime_ns
        with os.scandir(path) as entries:
            sorted_entries = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in sorted_entries:
        if entry.is_dir() and entry.name not in _NO_CODE:
            yield from _walk_code(entry.path)
        elif entry.name.endswith(".py"):
            yield entry.path, entry.stat().st_mtime_ns
