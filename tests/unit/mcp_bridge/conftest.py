"""Ledgers on each database that Playvisor supports."""

from __future__ import annotations

import itertools

import postgres
import pytest
from sqlalchemy import create_engine, text

_names = (f"ledger_{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def postgresql_server():
    bin_dir = postgres.programs()
    if bin_dir is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    with postgres.server(bin_dir) as url:
        yield url


@pytest.fixture
def new_postgresql(postgresql_server):
    """The URL of an empty schema on PostgreSQL, which is made sooner than a database."""
    name = next(_names)
    engine = create_engine(postgresql_server.replace("://", "+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{postgresql_server}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request, tmp_path):
    """The URL of an empty database, for None the state directory's own file."""
    return None if request.param == "sqlite" else request.getfixturevalue("new_postgresql")
