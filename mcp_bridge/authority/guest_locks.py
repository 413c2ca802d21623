# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time for each guest, whichever process of whichever host it is in."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mcp_bridge.errors import LedgerError

if TYPE_CHECKING:
    from mcp_bridge.database.open import Database

_POLL_SECONDS = 0.05
_LONGEST_LABEL = 64
OnWait = Callable[[str, str], None]
"""Called when a target has to be waited for, with it and with the label of who holds it, where that is known."""


@dataclass(frozen=True)
class Manner:
    """How targets are held: `shared` ones beside others that share them; those in `free` are not waited for.

    `label` is what others are told of the holder.
    """

    shared: Collection[str] = ()
    free: Collection[str] = ()
    label: str = ""
    on_wait: OnWait = lambda _target, _holder: None


@contextmanager
def hold(
    database: Database, cluster: str, targets: Collection[str], cancel: threading.Event, manner: Manner = Manner()
) -> Iterator[bool]:
    """Hold the locks of the targets, taken in one order so that no two runs wait for each other.

    `cluster` is the cluster's identity. False when `cancel` was set while somebody else held one, and when somebody
    holds one that is to be free. Where hosts share the ledger, the locks are leases in its database, none of which is
    shared, and `cancel` is set when one is lost; otherwise they are files. Whoever dies loses its locks. Raises
    LedgerError when the database can't be used, or the files can't be written.
    """
    named = _name_all(cluster, targets)
    if database.file is None:
        # SQLAlchemy takes long to import, and one host needs none of it here.
        from mcp_bridge.authority.leases import hold_leases

        free = {name for name, target in named.items() if target in manner.free}
        with hold_leases(database, list(named), cancel, free, lambda name: manner.on_wait(named[name], "")) as is_alone:
            yield is_alone
        return
    with _hold_files(database.state_dir / "locks", named, cancel, manner) as is_alone:
        yield is_alone


def find_held(database: Database, cluster: str, targets: Collection[str]) -> set[str]:
    """Those of the targets that somebody holds right now."""
    named = _name_all(cluster, targets)
    if database.file is None:
        from mcp_bridge.authority.leases import find_held_leases

        return {named[name] for name in find_held_leases(database, list(named))}
    return {target for name, target in named.items() if _is_held(database.state_dir / "locks" / name)}


def _name_all(cluster: str, targets: Collection[str]) -> Mapping[str, str]:
    """The targets by the names of their locks, in the order in which these are taken."""
    named = {hashlib.sha256(f"{cluster} {target}".encode()).hexdigest()[:32]: target for target in targets}
    return {name: named[name] for name in sorted(named)}


@contextmanager
def _hold_files(folder: Path, named: Mapping[str, str], cancel: threading.Event, manner: Manner) -> Iterator[bool]:
    """The kernel lets go of the locks of a process that dies."""
    with ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What is in a file is who holds its lock, so it is not emptied before.
            files = (stack.enter_context((folder / name).open("a+", encoding="utf-8")) for name in named)
            is_held = all(_take(file, named[name], cancel, manner) for file, name in zip(files, named, strict=True))
        except OSError as error:
            raise LedgerError(
                f"The locks in {folder} can't be written: {error.strerror}.",
                "Check free space and access rights of the state directory (PLAYVISOR_STATE_DIR).",
            ) from error
        yield is_held


def _take(file: IO[str], target: str, cancel: threading.Event, manner: Manner) -> bool:
    kind = fcntl.LOCK_SH if target in manner.shared else fcntl.LOCK_EX
    has_waited = False
    while not _try(file, kind):
        if target in manner.free:
            return False
        if not has_waited:
            file.seek(0)
            manner.on_wait(target, file.read(_LONGEST_LABEL))
            has_waited = True
        if cancel.wait(_POLL_SECONDS):
            return False
    file.truncate(0)
    file.write(manner.label)
    file.flush()
    return True


def _is_held(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return not _try(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _try(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
