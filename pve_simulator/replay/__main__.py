# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m pve_simulator.replay DIR`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from pve_simulator.replay.player import Outcome, play
from pve_simulator.replay.recording import Exchange, load_recording


def main(arguments: Sequence[str] | None = None) -> int:
    """Print differences and totals; 0 when all matched, 1 when not, 2 when nothing could be read."""
    options = _build_parser().parse_args(arguments)
    folder = Path(options.folder)
    start_file = Path(options.start) if options.start else folder.parent / "start.json"
    files = sorted(path for path in folder.glob("*.json") if _is_selected(path, options.files))
    if not files:
        sys.stderr.write(f"no recordings in {folder}\n")
        return 2
    try:
        start = load_recording(start_file) if start_file.exists() else []
        recordings = {path: load_recording(path) for path in files}
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    matched = total = 0
    for path, recording in recordings.items():
        outcomes = _in_range(asyncio.run(play(start, recording)), options.range)
        good = sum(not outcome.differences for outcome in outcomes)
        if not options.quiet:
            _print_outcomes(path, outcomes)
        sys.stdout.write(f"{path.name}: {good}/{len(outcomes)}\n")
        matched, total = matched + good, total + len(outcomes)
    sys.stdout.write(f"total: {matched}/{total}\n")
    return 0 if matched == total else 1


def _print_outcomes(path: Path, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.differences:
            sys.stdout.write(f"{path.name}#{outcome.number} {_describe_exchange(outcome.item)}\n")
            for difference in outcome.differences:
                sys.stdout.write(f"    {difference}\n")


def _describe_exchange(item: Exchange) -> str:
    query = f"?{item.query}" if item.query else ""
    return f"{item.method} {item.path}{query} {item.params or ''}".strip()


def _is_selected(path: Path, prefixes: list[str]) -> bool:
    return not prefixes or any(path.name.startswith(name) for name in prefixes)


def _in_range(outcomes: list[Outcome], text: str | None) -> list[Outcome]:
    if text is None:
        return outcomes
    first, dummy, last = text.partition("-")
    low, high = int(first or 0), int(last) if last else sys.maxsize
    return [outcome for outcome in outcomes if low <= outcome.number <= high]


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pve_simulator.replay", description=__doc__)
    parser.add_argument("folder", metavar="DIR", help="directory of recordings")
    parser.add_argument("files", nargs="*", metavar="NAME", help="only files whose name begins so, such as 02")
    parser.add_argument("--start", help="readings of the server at the start (default: start.json beside DIR)")
    parser.add_argument("--range", help="count only exchanges FIRST-LAST of each file")
    parser.add_argument("--quiet", action="store_true", help="totals only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
