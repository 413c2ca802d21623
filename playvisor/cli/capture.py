# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor sim capture`: a state file for the simulator, made of the live cluster."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.result import Result
from mcp_bridge.run import summary
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import console, results
from playvisor.cli.call import exit_status, make_request, run_interruptibly
from pve_simulator import dump_seed, load_seed

_SUFFIXES = (".json", ".yaml", ".yml")


def capture_cluster(file: Path, *, scrub_names: bool, content: bool, as_json: bool) -> int:
    """Read the cluster and write the state file; returns the exit status.

    Raises UsageError for a file that can't be written, PlayvisorError for a capture that can't be used.
    """
    _check(file)
    settings = load_settings()
    # Beside the file, so that what can be written here can be there too. Its name says what to do with a leftover.
    readings = file.absolute().with_name(f".{file.name}.readings.json")
    given = {"dest": str(readings), "names": "scrub" if scrub_names else "keep", "content": content}
    asked = make_request(settings, "capture_cluster", given, mode=settings.mode or "read", internal=True)
    try:
        result = run_interruptibly(make_bridge(settings), asked, quiet=as_json)
        if result.failure is None:
            _convert(readings, file)
    finally:
        readings.unlink(missing_ok=True)
    if result.failure is None:
        found = summary.describe_capture(result.data["counts"])
        told = f"Captured {found} into {file}, without secrets."
        result = result.model_copy(update={"dest": str(file), "summary": told})
    if as_json:
        console.print_json({**result.as_dict(), **_next_steps(file, result)})
    else:
        _show(result, file)
    return exit_status(result)


def _check(file: Path) -> None:
    if file.suffix not in _SUFFIXES:
        raise UsageError(
            f"{file} has no suffix that says how to write it.", f"Name it with one of {', '.join(_SUFFIXES)}."
        )
    if file.is_dir() or not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise UsageError(f"{file} can't be written.", "Name a file in a folder that exists and that you may write to.")


def _convert(readings: Path, file: Path) -> None:
    """Replace the state file as a whole, readable by its owner only, as the users in it have tokens."""
    draft = file.absolute().with_name(f".{file.stem}.draft{file.suffix}")
    try:
        cluster = load_seed(readings)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        dump_seed(cluster, draft)
        draft.replace(file)
    except (OSError, ValueError) as error:
        raise PlayvisorError(
            f"No state file can be made of what was read: {error}.",
            "If the cluster answers as usual, this is a bug of Playvisor's.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _next_steps(file: Path, result: Result) -> dict[str, str]:
    return {} if result.failure else {"rehearse": f"playvisor sim --seed {shlex.quote(str(file))}"}


def _show(result: Result, file: Path) -> None:
    results.show(result.model_copy(update={"counts": None, "dest": None}))
    for command in _next_steps(file, result).values():
        console.err().print("To rehearse on it, run this and set what it prints:")
        console.out().print(command, soft_wrap=True)
