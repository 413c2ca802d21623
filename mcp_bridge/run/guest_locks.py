# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time for each guest, whichever process it is in."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

_POLL_SECONDS = 0.05


@contextmanager
def hold(state_dir: Path, cluster: str, targets: Iterable[str], cancel: threading.Event) -> Iterator[bool]:
    """Hold the locks of the targets, taken in one order so that no two runs wait for each other.

    False when `cancel` was set while somebody else held one. The kernel lets go of the locks of a process that dies.
    """
    folder = state_dir / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = sorted({hashlib.sha256(f"{cluster} {target}".encode()).hexdigest()[:32] for target in targets})
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
