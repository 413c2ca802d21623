"""What the ledger costs with a million runs in it.

    python tests/benchmarks/bench_ledger.py [--json] [--rows N] [--postgresql]

Fills a ledger with runs as the bridge writes them, then measures appending (opening and closing a run, each durable
when it returns), filtered lists of the newest 20, and verifying the whole chain. Missed goals are reported
and no more. On PostgreSQL it starts a server of its own, which does not wait for its disk.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, update

from mcp_bridge.ledger import chain
from mcp_bridge.ledger.database import open_database, transaction
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.ledger.tables import fitting, head, runs

_GOALS = {"append": 2.0, "list": 50.0, "verify": 100_000.0}
_READINGS = 200
_BATCH = 10_000
_CLIENTS = ("claude-desktop", "playvisor-cli", "cursor", "nightly")
_TOOLS = ("list_guests", "get_guest", "stop_guest", "start_guest", "snapshot_guest")
_FILTERS: dict[str, dict[str, str]] = {
    "all": {},
    "tool": {"tool": "stop_guest"},
    "client": {"client_name": "nightly"},
    "outcome": {"outcome": "failed"},
    "outcome that is rare": {"outcome": "interrupted"},
    "guest": {"guest": "web-01234"},
    "since": {"since": "2026-01-01T00:00:00.000000Z"},
}


@dataclass(frozen=True)
class Measure:
    """One figure, and its goal where there is one."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.goal is None or (self.value <= self.goal if self.at_most else self.value >= self.goal)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_server()) if options.postgresql else f"sqlite:///{place / 'ledger.db'}"
        measures = _measure(place, url, options.rows)
    if options.json:
        print(json.dumps([{**asdict(one), "met": one.met} for one in measures], indent=2))
    else:
        print(f"{options.rows:,} runs, {'PostgreSQL' if options.postgresql else 'SQLite'}")
        for one in measures:
            goal = f"goal {'<=' if one.at_most else '>='} {one.goal:,.0f}" if one.goal else ""
            print(f"  {one.name:<32}{one.value:>14,.2f} {one.unit:<10}{goal:<18}{'' if one.met else 'MISSED'}")


def _measure(place: Path, url: str, rows: int) -> list[Measure]:
    engine = open_database(url)
    started = time.perf_counter()
    _fill(engine, rows)
    filled = time.perf_counter() - started
    ledger = Ledger(place, url)
    # The first use imports, connects and looks at the tables.
    ledger.recent(1)
    # What any durable transaction takes on this disk, in turns with the others.
    bare, opened, closed = [], [], []
    for number in range(rows, rows + _READINGS):
        opening, closing = _run(number)
        bare.append(_milliseconds(lambda: _touch(engine)))
        opened.append(_milliseconds(lambda opening=opening: ledger.open(opening)))
        closed.append(_milliseconds(lambda run_id=opening.run_id, closing=closing: ledger.close(run_id, closing)))
    measures = [
        Measure("fill (not as runs do it)", rows / filled, "runs/s"),
        Measure("a bare durable transaction", statistics.median(bare), "ms"),
        Measure("append an opening", statistics.median(opened), "ms", _GOALS["append"]),
        Measure("append a closing", statistics.median(closed), "ms", _GOALS["append"]),
        Measure("append, 95th percentile", _percentile([*opened, *closed]), "ms"),
    ]
    for name, wanted in _FILTERS.items():
        listed = [_milliseconds(lambda wanted=wanted: ledger.recent(20, **wanted)) for _reading in range(11)]
        measures.append(Measure(f"list, {name}", statistics.median(listed), "ms", _GOALS["list"]))
    started, used = time.perf_counter(), time.process_time()
    checked = ledger.verify()
    took, busy = time.perf_counter() - started, time.process_time() - used
    assert checked.faults == []
    assert checked.runs == rows + _READINGS
    measures.append(Measure("verify", checked.runs / took, "runs/s", _GOALS["verify"], at_most=False))
    measures.append(Measure("verify, entries", checked.entries / took, "entries/s"))
    measures.append(Measure("verify, of which this process", 100 * busy / took, "%"))
    return measures


def _server() -> Any:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import postgres

    bin_dir = postgres.programs()
    if bin_dir is None:
        raise SystemExit("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    return postgres.server(bin_dir)


def _run(number: int) -> tuple[Opening, Closing]:
    """The number-th run, of the usual size; one in fifty failed."""
    run_id = f"{number:08x}-0000-4000-8000-000000000000"
    tool = _TOOLS[number % len(_TOOLS)]
    writes = not tool.startswith(("list", "get"))
    who = Who(_CLIENTS[number % len(_CLIENTS)], "1.0.0", "ops@pve!ai", "https://pve1.example.com:8006")
    guest = f"web-{number % 5000:05}"
    opening = Opening(run_id, tool, {"name": guest}, "apply", who, "0.1.0", "guest_state")
    failed = number % 50 == 0
    closing = Closing(
        outcome="failed" if failed else "ok",
        decision="allowed",
        changed=writes and not failed,
        summary=f"Changed guest {number % 5000} ({guest})." if writes else "12 guests.",
        plan_digest="d" * 64 if writes else None,
        failure_code="timeout" if failed else None,
        upids=[f"UPID:pve1:{number:08X}:0008B4E0:65A1B2C3:qmshutdown:101:ops@pve!ai:"] if writes else [],
        rules="operate" if writes else None,
    )
    return opening, closing


def _fill(engine: Engine, rows: int) -> None:
    """Append runs in large transactions: the chain that comes of it is the same."""
    seq, previous = 0, chain.GENESIS
    for first in range(0, rows, _BATCH):
        made = []
        for number in range(first, min(first + _BATCH, rows)):
            opening, closing = _run(number)
            row = fitting({**opening.row(), **closing.row()})
            for kind in ("opened", "closed"):
                row |= {f"{kind}_seq": seq + 1, f"{kind}_prev": previous}
                row[f"{kind}_hash"] = chain.entry_hash(kind, seq + 1, previous, row)
                seq, previous = seq + 1, row[f"{kind}_hash"]
            made.append(row)
        with transaction(engine) as connection:
            connection.execute(insert(runs), made)
            connection.execute(update(head).values(seq=seq, hash=previous))


def _touch(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(update(head).values(id=1))


def _milliseconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
