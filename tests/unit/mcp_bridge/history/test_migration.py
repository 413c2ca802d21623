"""The tables of the history come and go, with a million rows in them, and the ledger stays."""

from __future__ import annotations

from collections import Counter

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from observations import LAB, attribute_to_nobody, complete, guest, write_observation
from sqlalchemy import inspect, text

from mcp_bridge.database.open import Database, alembic_config, upgrade
from mcp_bridge.database.tables import metadata
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.query import run_query
from mcp_bridge.history.store import History

ROWS = 1_000_000
NUMBERS = {
    "sqlite": f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS}) SELECT n FROM s)",
    "postgresql": f"generate_series(1, {ROWS})",
}


@pytest.fixture
def full(tmp_path, ledger_url):
    """A database with a million versions of ten thousand guests, and as many words of runs."""
    database = Database(tmp_path, ledger_url)
    kind = database.engine.dialect.name
    numbers = f"{NUMBERS[kind]} AS s{'' if kind == 'sqlite' else '(n)'}"
    micros = "printf('%06d', n / 10000)" if kind == "sqlite" else "lpad((n / 10000)::text, 6, '0')"
    start, since = "'2026-01-01T00:00:00.000000Z'", f"'2026-01-01T00:00:00.' || {micros} || 'Z'"
    with database.engine.begin() as connection:
        for statement in (
            f"INSERT INTO run_words SELECT 'word', n FROM {numbers}",
            "INSERT INTO history_objects (id, cluster, kind, key, name, identity, sections, first_seen, last_seen, "
            f"changed_at) SELECT n, '{LAB}', 'guest', CAST(n AS text), 'web', '{{}}', '{{}}', {start}, {start}, "
            f"{start} FROM {numbers} WHERE n <= 10000",
            "INSERT INTO history_versions (object_id, valid_from, valid_to, what, document, fields, changes) "
            f"SELECT n % 10000 + 1, {since}, CASE WHEN n <= 990000 THEN {since} END, 'changed', "
            f"'{{\"overview\": {{}}}}', '[]', 1 FROM {numbers}",
        ):
            # As it is, so that no colon in it is a parameter.
            connection.exec_driver_sql(statement.replace("%", "%%") if kind == "postgresql" else statement)
    return database


@pytest.mark.thorough
def test_a_million_versions_take_the_next_observation_and_go_and_come_and_the_ledger_stays(full, tmp_path):
    assert run_query(full.engine, "SELECT count(*) FROM versions", seconds=60).rows == [[ROWS]]
    lines = [guest(number, "web", config={"cores": "2"}) for number in range(1, 1001)]
    path = write_observation(tmp_path / "next.jsonl", 0, [*lines, complete()])
    changes = History(full).ingest(parse_observation(path), attribute_to_nobody)
    assert Counter(change.what for change in changes) == {"changed": 1000, "gone": 9000}

    with full.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0006")

    assert not [name for name in inspect(full.engine).get_table_names() if name.startswith("history_")]
    upgrade(full.engine)
    with full.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(text("SELECT count(*) FROM run_words")).scalar() == ROWS
        assert connection.execute(text("SELECT count(*) FROM history_versions")).scalar() == 0
