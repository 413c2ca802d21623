"""What a run of benchmarks was asked for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`rounds` of what is measured often, `rows` of the ledger; `write` renews the committed results and the page."""

    only: tuple[str, ...]
    rounds: int
    rows: int
    postgresql: bool
    write: bool


def parsed(names: Sequence[str], arguments: Sequence[str] | None = None) -> Options:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure Playvisor beside what people use instead.")
    parser.add_argument("only", nargs="*", metavar="BENCHMARK", help=f"one or more of: {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=30, help="measurements of each short way (default 30)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="runs in the ledger (default 1,000,000)")
    parser.add_argument("--postgresql", action="store_true", help="keep the ledger in PostgreSQL, not in SQLite")
    parser.add_argument("--write", action="store_true", help="renew the committed results and docs/performance.md")
    given = parser.parse_args(arguments)
    unknown = set(given.only) - set(names)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return Options(tuple(given.only) or tuple(names), given.rounds, given.rows, given.postgresql, given.write)
