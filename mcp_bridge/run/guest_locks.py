# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time for each guest, whichever process of whichever host it is in."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_bridge.database.open import Database

_POLL_SECONDS = 0.05


@contextmanager
def hold(database: Database, cluster: str, targets: Iterable[str], cancel: threading.Event) -> Iterator[bool]:
    """Hold the locks of the targets, taken in one order so that no two runs wait for each other.

    `cluster` is the cluster's identity. False when `cancel` was set while somebody else held one. Where hosts share the
    ledger, the locks are leases in its database, and `cancel` is set when one is lost; otherwise they are files.
    Whoever dies loses its locks. Raises LedgerError when the database can't be used.
    """
    names = sorted({hashlib.sha256(f"{cluster} {target}".encode()).hexdigest()[:32] for target in targets})
    if database.file is None:
        # SQLAlchemy takes long to import, and one host needs none of it here.
        from mcp_bridge.run.leases import hold_leases

        with hold_leases(database, names, cancel) as is_alone:
            yield is_alone
        return
    with _hold_files(database.state_dir / "locks", names, cancel) as is_alone:
        yield is_alone


@contextmanager
def _hold_files(folder: Path, names: Iterable[str], cancel: threading.Event) -> Iterator[bool]:
    """The kernel lets go of the locks of a process that dies."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        yield all(_take(stack.enter_context((folder / name).open("w")), cancel) for name in names)


def _take(file: IO[str], cancel: threading.Event) -> bool:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if cancel.wait(_POLL_SECONDS):
                return False
        else:
            return True
