# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file beside the ledger that says how far it has come, so that one that is removed or put back is noticed."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger.chain import GENESIS

NAME = "ledger.head"
_NO_ROOM = "Check free space and access rights. Nothing runs without it."
# In one sector of a disk, which is written whole or not at all.
_SIZE = 256
_ANOTHER = f"its beginning is gone, while {NAME} says that entry {{}} was written"


class Head(NamedTuple):
    """The newest entry of a ledger: its number and hash."""

    ledger_id: str
    seq: int
    hash: str


class HeadFile:
    """The newest entry that processes with this state directory have seen. It never goes back."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / NAME

    def read(self) -> Head | None:
        """What it says; None when it is not there. Raises LedgerError when it is not as it was written."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerError(f"{self.path} can't be read: {error.strerror}.", "Give it back its rights.") from error
        return self._parse(text)

    def begin(self, ledger_id: str) -> None:
        """Begin with a ledger that has just got its id. Raises LedgerError when another one was written here."""
        known = self.read()
        if known is not None and known.seq:
            raise _make_refusal(self.path, _ANOTHER.format(known.seq))
        self._create(Head(ledger_id, 0, GENESIS))

    def require_no_newer(self, head: Head) -> bool:
        """Require that this ledger is the one that was written here, as far as it had come. False when nothing says.

        Raises LedgerError.
        """
        known = self.read()
        if known is None:
            self._create(head)
            return False
        found = find_difference(known, head)
        if found:
            raise _make_refusal(self.path, found)
        return True

    def advance(self, head: Head) -> None:
        """Write the newest entry, unless a newer one is there.

        It is committed already, so what can't be written does no harm: the file may lag behind.
        """
        with suppress(OSError, LedgerError):
            file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._parse(os.pread(file, _SIZE, 0)).seq < head.seq:
                    os.pwrite(file, _format(head), 0)
            finally:
                os.close(file)

    def _create(self, head: Head) -> None:
        """Put the file there, whole."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self.path.with_suffix(f".{os.getpid()}")
            new.write_bytes(_format(head))
            new.chmod(0o600)
            new.replace(self.path)
        except OSError as error:
            raise LedgerError(f"{self.path} can't be written: {error.strerror}.", _NO_ROOM) from error

    def _parse(self, text: bytes) -> Head:
        try:
            said = json.loads(text)
            return Head(str(said["ledger"]), int(said["seq"]), str(said["hash"]))
        except (ValueError, TypeError, KeyError) as error:
            raise LedgerError(
                f"{self.path} is not as it was written.", "Find out who changed it, and then rename it."
            ) from error


def find_difference(known: Head, head: Head) -> str | None:
    """Why a ledger with this head can't be the one whose head is known; None when it can."""
    if not known.seq:
        return None
    if head.ledger_id != known.ledger_id:
        what = f"it is another ledger, while {NAME} says that entry {known.seq} was written"
        return what if head.ledger_id else _ANOTHER.format(known.seq)
    if head.seq < known.seq:
        return f"it ends with entry {head.seq}, while {NAME} says that entry {known.seq} was written"
    return f"entry {known.seq} is another one than was written" if head[1] == known.seq and head != known else None


def _format(head: Head) -> bytes:
    return (json.dumps({"ledger": head.ledger_id, "seq": head.seq, "hash": head.hash}).ljust(_SIZE - 1) + "\n").encode()


def _make_refusal(path: Path, found: str) -> LedgerError:
    return LedgerError(
        f"The ledger is not the one that was written here: {found}.",
        f"Put back the newer one. If it is lost for good, rename {path}: the ledger records that, and goes on.",
    )
