# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What git says of the folder of a fleet. Nothing is written, and no program of the repository is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 5
_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false")


@dataclass(frozen=True)
class Repository:
    """The branch that is checked out, its commit, and the files below the folder that differ from it, by path."""

    branch: str | None
    commit: str | None
    changed: dict[str, str]


def read_repository(folder: Path) -> Repository | None:
    """What git says of a folder; None for one in no repository, or where there is no git, or it takes too long."""
    program = shutil.which("git")
    if program is None:
        return None
    status = ("status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z", "--", ".")
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603
            [program, "-C", str(folder), *_QUIET, *status],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        prefix = subprocess.run(  # noqa: S603
            [program, "-C", str(folder), *_QUIET, "rev-parse", "--show-prefix"],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode or prefix.returncode:
        return None
    return parse_status(done.stdout.decode("utf-8", "replace"), prefix.stdout.decode("utf-8", "replace").strip())


def parse_status(text: str, prefix: str = "") -> Repository:
    """Parse `git status --porcelain=v2 --branch -z`; paths lose the `prefix` of the folder. Pure."""
    branch = commit = None
    changed: dict[str, str] = {}
    records = iter(text.split("\0"))
    for record in records:
        kind, _space, rest = record.partition(" ")
        if kind == "#":
            name, _space, value = rest.partition(" ")
            if name == "branch.head":
                branch = None if value == "(detached)" else value
            elif name == "branch.oid":
                commit = None if value == "(initial)" else value
        elif kind == "?":
            changed[rest.removeprefix(prefix)] = "new"
        elif kind in ("1", "u"):
            path = rest.split(" ", 7 if kind == "1" else 9)[-1]
            changed[path.removeprefix(prefix)] = "deleted" if "D" in rest[:2] else "changed"
        elif kind == "2":
            # A renamed file comes with its former name behind it.
            changed[rest.split(" ", 8)[-1].removeprefix(prefix)] = "changed"
            next(records, None)
    return Repository(branch, commit, changed)
