# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger's database: opening it, bringing its schema up to date, and transactions that append."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from mcp_bridge.database.tables import SCHEMA_VERSION
from mcp_bridge.errors import LedgerError

_BUSY_SECONDS = 30
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
# Any number; who holds this lock upgrades the tables.
_UPGRADING = 0x506C6179
_MIGRATIONS = Path(__file__).with_name("migrations")


def open_database(url: str) -> Engine:
    """Connect to the ledger's database, creating or upgrading its tables. Raises LedgerError."""
    try:
        engine = _engine(url)
        current = _current(engine)
        if current is not None and current > SCHEMA_VERSION:
            raise LedgerError(
                f"The ledger was written by a newer Playvisor: its tables are of version {current}, "
                f"and this one knows {SCHEMA_VERSION}.",
                "Upgrade playvisor here, too.",
            )
        if current != SCHEMA_VERSION:
            upgrade(engine)
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"The ledger can't be used: the driver {error.name} is not installed.",
            "For PostgreSQL, install playvisor[postgresql], and set PLAYVISOR_LEDGER_URL to postgresql://…",
        ) from error
    except (SQLAlchemyError, ValueError) as error:
        raise unusable(error) from error
    return engine


def _engine(url: str) -> Engine:
    made = make_url(url)
    made = made.set(drivername=_DRIVERS.get(made.drivername, made.drivername))
    # A server may have closed a connection that was kept for long, or been restarted.
    engine = create_engine(made, pool_pre_ping=made.get_backend_name() != "sqlite")
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction; on SQLite it is the only writing one from its start. Raises LedgerError."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise unusable(error) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the ledger and keeps nobody from writing. Raises LedgerError."""
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection = connection.execution_options(reading=True)
            else:
                # Elsewhere each statement would see what was committed before it.
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
    except SQLAlchemyError as error:
        raise unusable(error) from error


def unusable(error: Exception) -> LedgerError:
    """The error for people: the database's own words, without SQL and its parameters."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return LedgerError(
        f"The ledger can't be used: {reason}.",
        "Check PLAYVISOR_LEDGER_URL and PLAYVISOR_STATE_DIR, free space and access rights. Nothing runs without it.",
    )


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision`."""
    # Alembic takes a third of a second to import, and is needed once per version.
    from alembic import command

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # On SQLite, there is one writing transaction at a time.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADING})
        command.upgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection | None = None) -> Any:
    """Alembic's configuration for these migrations, run on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(engine: Engine) -> str | None:
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # Transactions are ours to begin: the driver would begin a reading one, and two of those can't both write.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        # A row that is committed survives a power cut.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        kind = "DEFERRED" if connection.get_execution_options().get("reading") else "IMMEDIATE"
        connection.exec_driver_sql(f"BEGIN {kind}")
