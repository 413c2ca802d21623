# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening the database: connecting to it, and bringing its tables up to date."""

from __future__ import annotations

import sqlite3
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from mcp_bridge.database.tables import SCHEMA_VERSION
from mcp_bridge.database.transactions import describe_unusable, reading
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.system.trusted_path import require_trusted

_BUSY_SECONDS = 30
_BUSY_PAUSE = 0.01
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
# Any number; who holds this lock upgrades the tables.
_UPGRADING = 0x506C6179
_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """The database of one state directory: SQLite in a file there, or what a URL leads to. Opened on first use."""

    def __init__(self, state_dir: Path, url: str | None = None) -> None:
        self.state_dir = state_dir
        self.file = None if url else state_dir / "ledger.db"
        """The file that it is in; None for a server."""
        self.url = url or f"sqlite:///{self.file}"

    @cached_property
    def engine(self) -> Engine:
        """The connections. Raises LedgerError when the database can't be opened, or other users can change it."""
        try:
            self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                f"The state directory {self.state_dir} can't be made: {error.strerror}.",
                "Set PLAYVISOR_STATE_DIR to a directory that you may write to.",
            ) from error
        try:
            require_trusted(self.state_dir, "The state directory")
            if self.file:
                require_trusted(self.file, "The ledger")
        except UsageError as error:
            raise LedgerError(error.message, error.hint) from None
        return open_database(self.url)


def open_database(url: str) -> Engine:
    """Connect to the ledger's database, creating or upgrading its tables. Raises LedgerError."""
    try:
        engine = _create_engine(url)
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
        raise describe_unusable(error) from error
    return engine


def _create_engine(url: str) -> Engine:
    made = make_url(url)
    made = made.set(drivername=_DRIVERS.get(made.drivername, made.drivername))
    # A server may have closed a connection that was kept for long, or been restarted.
    engine = create_engine(made, pool_pre_ping=made.get_backend_name() != "sqlite")
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    return engine


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


def _switch_to_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Have a database keep a write-ahead log. SQLite itself does not wait for others here, whatever its time-out is."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_BUSY_PAUSE)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # Transactions are ours to begin: the driver would begin a reading one, and two of those can't both write.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        _switch_to_write_ahead_log(connection)
        # A row that is committed survives a power cut.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        kind = "DEFERRED" if connection.get_execution_options().get("reading") else "IMMEDIATE"
        connection.exec_driver_sql(f"BEGIN {kind}")
