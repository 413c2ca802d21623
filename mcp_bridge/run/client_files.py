# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of this machine that may be named from afar: those of one folder; no answer tells what else there is. Pure.

Who is at the command line can look at the files themselves, and may name any; people on the web may be anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.arguments import Problem

FOLDER = "~/.config/playvisor/secrets"
# By tool, where the list is whose entries have an option that names a file, and that option.
_FILE_OPTIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(("create_token", "grant_access"), (("tokens",), "secret_file")),
    "plan_fleet": (("fleet", "access", "tokens"), "secret_file"),
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def find_foreign_files(tool: str, arguments: Mapping[str, Any]) -> list[Problem]:
    """Find the files that are named outside of the folder; whether they exist makes no difference."""
    place, option = _FILE_OPTIONS.get(tool, ((), ""))
    folders = (f"{FOLDER}/", f"{Path(FOLDER).expanduser()}/")
    problems = []
    for number, entry in enumerate(_find_entries(arguments, place)):
        # A module takes text for a mapping, too.
        path = entry.get(option) if isinstance(entry, Mapping) else entry
        names = [path.removeprefix(folder) for folder in folders if isinstance(path, str) and path.startswith(folder)]
        if path and not any(map(_NAME.fullmatch, names)):
            where = f"{'.'.join(place)}[{number}].{option}"
            problems.append(Problem(where, f"{where} is not a file in {FOLDER}.", f"Use {FOLDER}/NAME."))
    return problems


def _find_entries(arguments: Mapping[str, Any], place: Sequence[str]) -> Sequence[Any]:
    """The list at a place of arguments; what stands there instead is one entry, as for a module."""
    found: Any = arguments if place else None
    for name in place:
        found = found.get(name) if isinstance(found, Mapping) else found
    return found if isinstance(found, list) else [found] if found else []
