"""What the ledger costs with a million runs in it.

Fills a ledger with runs as the bridge writes them, then measures appending (opening and closing a run, each durable
when it returns), filtered lists of the newest 20, and verifying the whole chain. With `--postgresql` it starts a server
of its own, which does not wait for its disk.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.options import Options
from harness.results import Outcome
from harness.timing import Samples, timed
from sqlalchemy import Engine, insert, update

from mcp_bridge.database.open import open_database
from mcp_bridge.database.tables import fit_row, head, run_words, runs
from mcp_bridge.database.transactions import transaction
from mcp_bridge.ledger import chain, guest_index
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.ledger.verify import Verification
from mcp_bridge.ledger.writer import LedgerWriter

_READINGS = 200
# What the hash of an entry covers, on average.
_ENTRY_BYTES = 560
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
    "guest of one run": {"guest": "db-once"},
    "guest of no run": {"guest": "db-never"},
    "since": {"since": "2026-01-01T00:00:00.000000Z"},
}


def measure(options: Options) -> Outcome:
    """Fill a ledger of its own, then measure."""
    outcome = Outcome(f"a ledger of {options.rows:,} runs in {'PostgreSQL' if options.postgresql else 'SQLite'}")
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_server()) if options.postgresql else f"sqlite:///{place / 'ledger.db'}"
        _fill(open_database(url), options.rows)
        # The first use imports, connects and looks at the tables.
        ledger = LedgerWriter(place, url)
        ledger.recent(1)
        _append(outcome, ledger, open_database(url), options.rows)
        _list(outcome, ledger)
        _verify(outcome, ledger, options.rows + _READINGS)
    return outcome


def _append(outcome: Outcome, ledger: LedgerWriter, engine: Engine, rows: int) -> None:
    bare, opened, closed = Samples(), Samples(), Samples()
    for number in range(rows, rows + _READINGS):
        opening, closing = _run(number)
        # What any durable transaction takes on this disk, in turns with the others.
        bare.take(lambda: _touch(engine))
        opened.take(lambda opening=opening: ledger.open(opening))
        closed.take(lambda run_id=opening.run_id, closing=closing: ledger.close(run_id, closing))
    appended = Samples([*opened.seconds, *closed.seconds])
    ways = {"an entry appended": appended, "an opening": opened, "a closing": closed, "a bare transaction": bare}
    outcome.compare(ways)
    outcome.figure("append an entry, p50", appended.p50 * 1000, "ms", 2)
    outcome.ratio("append an entry / a bare durable transaction, p50", appended.p50 / bare.p50)


def _list(outcome: Outcome, ledger: LedgerWriter) -> None:
    for name, wanted in _FILTERS.items():
        listed = timed(lambda wanted=wanted: ledger.recent(20, **wanted), 11)
        outcome.figure(f"the newest 20 by {name}, p50", listed.p50 * 1000, "ms", 50)


def _verify(outcome: Outcome, ledger: LedgerWriter, runs: int) -> None:
    found: list[Verification] = []
    taken = timed(lambda: found.append(ledger.verify()))
    if found[0].faults or found[0].runs != runs:
        raise SystemExit(f"{found[0].runs} runs of {runs}, {len(found[0].faults)} faults; the time means nothing.")
    hashing = timed(lambda: _hash(found[0].entries))
    outcome.figure("verify", found[0].runs / taken.p50, "runs/s", 100_000, at_most=False)
    outcome.figure("verify, two entries for every run", found[0].entries / taken.p50, "entries/s")
    outcome.ratio("verify / bare SHA-256 of as many entries", taken.p50 / hashing.p50)


def _hash(entries: int) -> None:
    text = "x" * _ENTRY_BYTES
    for _entry in range(entries):
        hashlib.sha256(text.encode()).hexdigest()


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
    # The oldest one, which a search from the newest on would find last.
    guest = f"web-{number % 5000:05}" if number else "db-once"
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
        made, named = [], []
        for number in range(first, min(first + _BATCH, rows)):
            opening, closing = _run(number)
            row = fit_row({**opening.row(), **closing.row()})
            for kind in ("opened", "closed"):
                row |= {f"{kind}_seq": seq + 1, f"{kind}_prev": previous}
                row[f"{kind}_hash"] = chain.entry_hash(kind, seq + 1, previous, row)
                seq, previous = seq + 1, row[f"{kind}_hash"]
            made.append(row)
            found = {*guest_index.find_in_arguments(row["arguments"]), *guest_index.find_in_summary(row["summary"])}
            named += [{"word": word, "opened_seq": row["opened_seq"]} for word in found]
        with transaction(engine) as connection:
            connection.execute(insert(runs), made)
            connection.execute(insert(run_words), named)
            connection.execute(update(head).values(seq=seq, hash=previous))


def _touch(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(update(head).values(id=1))
