# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The freeze: while it is on, nobody changes anything on the cluster."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mcp_bridge.errors import LedgerError
from mcp_bridge.system.identity import current_timestamp, local_user


@dataclass(frozen=True)
class Freeze:
    """A freeze: by whom, since when (UTC, ISO 8601), and why."""

    by: str
    since: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.by} has frozen it at {self.since[:19]}Z{f': {self.why}' if self.why else ''}"


class Freezer:
    """Freezes and thaws by a file in the state directory, which holds for every process that uses the directory."""

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / "frozen"

    def read_freeze(self) -> Freeze | None:
        """Return the freeze that is on, if any; one that can't be read counts as on."""
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            return Freeze("somebody", "", f"the file {self._file} can't be read: {error}")
        try:
            return Freeze(**json.loads(text))
        except (ValueError, TypeError):
            return Freeze("somebody", "", f"the file {self._file} is not as it was written")

    def freeze(self, why: str = "") -> Freeze:
        """Freeze, and return the freeze; one that is on already stays as it is.

        Raises LedgerError when it can't be written.
        """
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("x", encoding="utf-8") as file:
                json.dump(asdict(Freeze(local_user(), current_timestamp(), why)), file)
        except FileExistsError:
            pass
        except OSError as error:
            raise LedgerError(f"It can't be frozen: {error}.", "Free some space, or stop the servers.") from error
        return self.read_freeze() or self.freeze(why)

    def thaw(self) -> Freeze | None:
        """Thaw, and return the freeze that was on."""
        freeze = self.read_freeze()
        self._file.unlink(missing_ok=True)
        return freeze
