# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of this machine that a client may name: those of one folder, so that no answer tells what else there is. Pure.

A person at the command line can look at the files themselves, and may name any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.arguments import Problem

FOLDER = "~/.config/playvisor/secrets"
# By tool, the list that has the options and the option that names a file.
_FILE_OPTIONS = dict.fromkeys(("create_token", "grant_access"), ("tokens", "secret_file"))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def find_foreign_files(tool: str, arguments: Mapping[str, Any]) -> list[Problem]:
    """Find the files that a client names outside of the folder; whether they exist makes no difference."""
    entries_name, option = _FILE_OPTIONS.get(tool, ("", ""))
    folders = (f"{FOLDER}/", f"{Path(FOLDER).expanduser()}/")
    problems = []
    for number, entry in enumerate(arguments.get(entries_name) or ()):
        path = entry.get(option)
        names = [path.removeprefix(folder) for folder in folders if path and path.startswith(folder)]
        if path and not any(map(_NAME.fullmatch, names)):
            place = f"{entries_name}[{number}].{option}"
            problems.append(Problem(place, f"{place} is not a file in {FOLDER}.", f"Use {FOLDER}/NAME."))
    return problems
