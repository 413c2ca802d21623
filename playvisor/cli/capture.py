# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor sim capture`: make a state file for the simulator from the live cluster."""

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
from playvisor.cli.call import get_exit_status, make_request, run_interruptibly
from playvisor.cli.output import Output, print_document
from pve_simulator import dump_seed, load_seed

_SUFFIXES = (".json", ".yaml", ".yml")


def capture_cluster(file: Path, *, scrub_names: bool, content: bool, output: Output) -> int:
    """Read the cluster and write the state file; returns the exit status.

    Raises UsageError for a file that can't be written, PlayvisorError for a capture that can't be used.
    """
    _check_file(file)
    settings = load_settings()
    # In the same folder, where we know that we may write. The name says what a leftover is.
    readings = file.absolute().with_name(f".{file.name}.readings.json")
    arguments = {"dest": str(readings), "names": "scrub" if scrub_names else "keep", "content": content}
    request = make_request(settings, "capture_cluster", arguments, mode=settings.mode or "read", internal=True)
    try:
        result = run_interruptibly(make_bridge(settings), request, quiet=output.is_quiet)
        if result.failure is None:
            _convert(readings, file)
    finally:
        readings.unlink(missing_ok=True)
    if result.failure is None:
        counts = summary.describe_capture(result.data["counts"])
        sentence = f"Captured {counts} into {file}, without secrets."
        result = result.model_copy(update={"dest": str(file), "summary": sentence})
    if output.is_document:
        print_document({**result.as_dict(), **_list_next_steps(file, result)}, output)
    else:
        _show_result(result, file)
    return get_exit_status(result)


def _check_file(file: Path) -> None:
    if file.suffix not in _SUFFIXES:
        raise UsageError(
            f"The name {file} does not say in which format to write it.",
            f"Give a name that ends in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}.",
        )
    if file.is_dir() or not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise UsageError(f"{file} can't be written.", "Name a file in a folder that exists and that you may write to.")


def _convert(readings: Path, file: Path) -> None:
    """Replace the state file as a whole; readable by its owner only, since the users in it have tokens."""
    draft = file.absolute().with_name(f".{file.stem}.draft{file.suffix}")
    try:
        cluster = load_seed(readings)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        dump_seed(cluster, draft)
        draft.replace(file)
    except (OSError, ValueError) as error:
        raise PlayvisorError(
            f"What was read can't be made into a state file: {error}.",
            "If the cluster answers as usual, this is a bug in Playvisor.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _list_next_steps(file: Path, result: Result) -> dict[str, str]:
    return {} if result.failure else {"rehearse": f"playvisor sim --seed {shlex.quote(str(file))}"}


def _show_result(result: Result, file: Path) -> None:
    results.show(result.model_copy(update={"counts": None, "dest": None}))
    for command in _list_next_steps(file, result).values():
        console.get_stderr().print("To rehearse on it, run this and set the variables that it prints:")
        console.get_stdout().print(command, soft_wrap=True)
