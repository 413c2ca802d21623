"""What the history costs with a year of 10,000 guests in it.

Fills a history with versions as ingesting writes them (`--rows` in all, so a hundred for each guest of a million),
then measures the net difference between moments, the steady state's ingest, in which hardly anything has changed,
reading one guest as it was, the newest changes, and a query. With `--postgresql` it starts a server of its own, which
does not wait for its disk.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import observations
from harness.options import Options
from harness.results import Outcome
from harness.timing import timed
from ledger import _server
from sqlalchemy import Engine, insert

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import history_objects, history_versions
from mcp_bridge.database.transactions import transaction
from mcp_bridge.history.documents import compute_digest, render_json
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.query import run_query
from mcp_bridge.history.store import History
from mcp_bridge.system.identity import format_timestamp

_GUESTS = 10_000
_YEAR = 365 * 86400
_TIMES = 7
_CHANGED = 20


def measure(options: Options) -> Outcome:
    """Fill a history of its own, then measure."""
    place = "PostgreSQL" if options.postgresql else "SQLite"
    outcome = Outcome(f"a year of {_GUESTS:,} guests with {options.rows:,} versions in {place}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_server()) if options.postgresql else None
        database = Database(folder / "state", url)
        history = History(database)
        each = max(1, options.rows // _GUESTS)
        fill(database.engine, each)
        _diff(outcome, history, database.engine)
        _ingest(outcome, history, folder)
        _read(outcome, history, database.engine)
    return outcome


def _diff(outcome: Outcome, history: History, engine: Engine) -> None:
    begin, end = observations.moment(1), observations.moment(_YEAR)
    found = history.diff(begin, end)
    if len(found) != _GUESTS:
        raise SystemExit(f"{len(found)} guests differ, not all {_GUESTS}: the times mean nothing.")
    parsed = timed(lambda: _parse_twice(engine), 3)
    year = timed(lambda: history.diff(begin, end), _TIMES)
    day = timed(lambda: history.diff(end - timedelta(days=1), end), _TIMES)
    outcome.figure("net difference of a year, p50", year.p50, "s", 1)
    outcome.figure("net difference of its last day, p50", day.p50, "s")
    # All that any way has to do: read and parse a document for each guest at either moment.
    outcome.ratio("net difference of a year / reading both documents of each guest", year.p50 / parsed.p50)


def _parse_twice(engine: Engine) -> None:
    """Read and parse as many documents as a difference has."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT document FROM history_versions LIMIT {2 * _GUESTS}").all()
    for (document,) in rows:
        json.loads(document)


def _ingest(outcome: Outcome, history: History, folder: Path) -> None:
    samples, parsed = [], []
    for turn in range(1, 4):
        lines = [_line(number, _YEAR, turn if number < _CHANGED else 0) for number in range(_GUESTS)]
        at = _YEAR + 300 * turn
        numbers = [
            observations.metrics(101 + number, at, cpu=0.1, mem=2**30, netin=turn * 1000) for number in range(_GUESTS)
        ]
        file = observations.write_observation(folder / "steady.jsonl", at, [*lines, observations.complete(), *numbers])
        parsed.append(timed(lambda file=file: list(parse_observation(file).objects)))
        samples.append(timed(lambda file=file: history.ingest(parse_observation(file), observations.attribute_to_jo)))
    # Once in five minutes, numbers are taken, too.
    taken, read = samples[-1].p50, parsed[-1].p50
    outcome.figure(f"an observation of {_GUESTS:,} guests in steady state", taken, "s", 3)
    outcome.ratio("an observation in steady state / reading its file", taken / read)


def _read(outcome: Outcome, history: History, engine: Engine) -> None:
    (found,) = history.find_objects("web-00001")
    middle = observations.moment(_YEAR // 2)
    for what, way in (
        ("one guest as it was half a year ago", lambda: history.read_document(found.id, middle)),
        ("one guest found by its name", lambda: history.find_objects("web-00001")),
        ("the newest 100 changes", lambda: history.list_changes(limit=100)),
        ("the newest 100 changes of one guest", lambda: history.list_changes(object_ids=[found.id], limit=100)),
        ("the newest 100 changes of one user", lambda: history.list_changes(user="jo@pve", limit=100)),
    ):
        outcome.figure(f"{what}, p50", timed(way, 11).p50 * 1000, "ms", 50)
    counted = timed(lambda: run_query(engine, "SELECT node, count(*) FROM guests GROUP BY node"), 5)
    outcome.figure("guests of each node by SQL, p50", counted.p50, "s", 1)


def fill(engine: Engine, versions: int) -> None:
    """Write the objects and so many versions of each, evenly over the year."""
    rows: list[dict[str, Any]] = []
    with transaction(engine) as connection:
        connection.execute(insert(history_objects), [_object(number) for number in range(_GUESTS)])
    for number in range(_GUESTS):
        rows += _versions(number, versions)
        if len(rows) >= 20_000 or number == _GUESTS - 1:
            with transaction(engine) as connection:
                connection.execute(insert(history_versions), rows)
            rows = []


def _line(number: int, second: int, turn: int) -> dict[str, Any]:
    # The overview of the newest version, so that only those of a turn have changed.
    return {"line": "object", "kind": "guest", "key": str(101 + number), "doc": {"overview": _overview(number, turn)}}


def _overview(number: int, turn: int) -> dict[str, Any]:
    overview = {"type": "qemu", "name": f"web-{number:05}", "node": f"pve{number % 16 + 1}", "status": "running"}
    sizes = {"cpus": 4, "maxmem": 8 * 2**30, "maxdisk": 64 * 2**30, "template": False}
    return {**overview, **sizes, "tags": f"prod;turn{turn}"}


def _document(number: int, version: int) -> dict[str, Any]:
    config = {f"scsi{disk}": f"ceph:vm-{101 + number}-disk-{disk},iothread=1,size=64G" for disk in range(4)}
    config |= {f"net{nic}": f"virtio=BC:24:11:00:{number % 256:02X}:{nic:02X},bridge=vmbr0" for nic in range(2)}
    config |= {"cores": "4", "memory": str(4096 + version), "name": f"web-{number:05}", "boot": "order=scsi0;net0"}
    config |= {"smbios1": f"uuid=00000000-0000-4000-8000-{number:012}", "meta": "creation-qemu=9.0.2,ctime=17"}
    config |= {"description": "A web server of the shop, which its team takes care of.\n" * 4}
    snapshots = [{"name": f"daily-{version % 7}", "snaptime": version, "description": "made by night"}]
    firewall = {"options": {"enable": 1}, "rules": [{"action": "ACCEPT", "dport": "443", "type": "in"}] * 3}
    overview = _overview(number, 0)
    return {"overview": overview, "config": config, "snapshots": snapshots, "firewall": firewall, "pending": {}}


def _object(number: int) -> dict[str, Any]:
    document = _document(number, 0)
    start, end = (format_timestamp(observations.moment(second)) for second in (0, _YEAR - 1))
    return {
        "id": number + 1,
        "cluster": observations.LAB,
        "kind": "guest",
        "key": str(101 + number),
        "name": f"web-{number:05}",
        "node": f"pve{number % 16 + 1}",
        "identity": '{"type":"qemu"}',
        "sections": render_json({name: compute_digest(section) for name, section in document.items()}),
        "first_seen": start,
        "last_seen": end,
        "detailed_at": end,
        "tried_at": end,
        "changed_at": end,
    }


def _versions(number: int, count: int) -> Iterator[dict[str, Any]]:
    rng = random.Random(number)
    moments = sorted({0, *(rng.randrange(2, _YEAR) for _version in range(count - 1))})
    times = [format_timestamp(observations.moment(second)) for second in moments]
    for version, since in enumerate(times):
        yield {
            "object_id": number + 1,
            "valid_from": since,
            "valid_to": times[version + 1] if version + 1 < len(times) else None,
            "what": "changed" if version else "known",
            "document": render_json(_document(number, version)),
            "fields": f'[["config.memory","{4095 + version}","{4096 + version}"]]' if version else "[]",
            "source": "task",
            "user": rng.choice(("root@pam", "ops@pve", "jo@pve")),
            "changes": 1,
        }
