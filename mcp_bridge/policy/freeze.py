# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The freeze: while it is on, nobody changes anything on the cluster."""

from __future__ import annotations

import json
from dataclasses import asdict

from mcp_bridge.database.open import Database
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger.entries import appending
from mcp_bridge.ledger.freezes import FROZEN, SUBJECT, THAWED, Freeze, FreezeState, make_unclear, write_state
from mcp_bridge.ledger.records import Act
from mcp_bridge.system.identity import current_timestamp, local_user


class Freezer:
    """Freezes and thaws, for every host and process that uses the ledger.

    Cheap enough to be asked before every request that changes something. The file `frozen` in the state directory
    counts, too: earlier versions wrote it, and it is written when the ledger can't be.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = database.state_dir / "frozen"
        self._state = FreezeState()

    def read_freeze(self) -> Freeze | None:
        """Return the freeze that is on, if any; one that can't be read counts as on."""
        freeze = self._read_file()
        if freeze:
            return freeze
        try:
            with reading(self._database.engine) as connection:
                return self._state.read(connection)
        except LedgerError as error:
            return make_unclear(f"the ledger can't be read: {error.message}")

    def freeze(self, why: str = "") -> Freeze:
        """Freeze, and return the freeze; one that is on already stays as it is.

        Raises LedgerError when it can be written neither into the ledger nor into a file.
        """
        freeze = self._read_file()
        if freeze:
            return freeze
        try:
            with appending(self._database) as connection:
                if self._state.read(connection) is None:
                    write_state(connection, Act(FROZEN, {"why": why}, SUBJECT))
        except LedgerError:
            self._write_file(Freeze(local_user(), current_timestamp(), why))
        return self.read_freeze() or self.freeze(why)

    def thaw(self) -> Freeze | None:
        """Thaw, and return the freeze that was on. Raises LedgerError when it can't be recorded; then it stays on."""
        freeze = self.read_freeze()
        if freeze:
            with appending(self._database) as connection:
                write_state(connection, Act(THAWED, {"was": asdict(freeze)}, SUBJECT))
        self._file.unlink(missing_ok=True)
        return freeze

    def _read_file(self) -> Freeze | None:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            return make_unclear(f"the file {self._file} can't be read: {error}")
        try:
            return Freeze(**json.loads(text))
        except (ValueError, TypeError):
            return make_unclear(f"the file {self._file} is not as it was written")

    def _write_file(self, freeze: Freeze) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("x", encoding="utf-8") as file:
                json.dump(asdict(freeze), file)
        except FileExistsError:
            pass
        except OSError as error:
            raise LedgerError(f"It can't be frozen: {error}.", "Free some space, or stop the servers.") from error
