"""A history on each database that Playvisor supports, to take observations."""

from __future__ import annotations

import pytest
from observations import LAB, attribute_to_nobody, write_observation
from sqlalchemy import create_engine, delete, event, text

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import metadata
from mcp_bridge.database.transactions import transaction
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.store import History

_TABLES = [table for table in metadata.sorted_tables if table.name.startswith("history_")]


# What does not depend on the database runs on the other one now and then.
@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def shared_database(request, tmp_path_factory):
    """A database that is made once, for all tests."""
    folder = tmp_path_factory.mktemp("history")
    if request.param == "sqlite":
        made = Database(folder / "state")
        # No test here is about a power cut.
        event.listen(made.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF"))
        made.engine.dispose()
        return made
    url = request.getfixturevalue("postgresql_server")
    with create_engine(url.replace("://", "+psycopg://")).begin() as connection:
        connection.execute(text("CREATE SCHEMA history"))
    return Database(folder / "state", f"{url}&options=-csearch_path%3Dhistory")


@pytest.fixture
def database(shared_database):
    """A database without history."""
    with transaction(shared_database.engine) as connection:
        for table in _TABLES:
            connection.execute(delete(table))
    return shared_database


@pytest.fixture
def history(database):
    return History(database)


@pytest.fixture
def write(tmp_path):
    """Write and parse an observation at so many seconds after the start."""

    def write_lines(at, *lines, cluster=LAB):
        return parse_observation(write_observation(tmp_path / "observation.jsonl", at, lines, cluster))

    return write_lines


@pytest.fixture
def observe(history, write):
    """Take an observation; returns what has changed."""

    def take(at, *lines, attribute=attribute_to_nobody, cluster=LAB):
        return history.ingest(write(at, *lines, cluster=cluster), attribute)

    return take
