# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of this process that have not ended, and how other processes cancel them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp_bridge.run.control_pipe import ControlPipe, Message


@dataclass(eq=False)
class Control:
    """What other processes and callers ask of a run: to end, and to end its tasks in Proxmox VE with it."""

    cancel: threading.Event
    stop_tasks: bool = False


class ActiveRuns:
    """The runs of one bridge. Safe to use from several threads."""

    def __init__(self, state_dir: Path) -> None:
        self._controls: dict[str, Control] = {}
        self._pipe = ControlPipe(state_dir, self._receive)

    @contextmanager
    def register(self, run_id: str, cancel: threading.Event) -> Iterator[Control]:
        """Let a run be cancelled, by `cancel` and from other processes, for as long as the context lasts."""
        control = Control(cancel)
        self._controls[run_id] = control
        self._pipe.open()
        try:
            yield control
        finally:
            del self._controls[run_id]

    @property
    def has_any(self) -> bool:
        """Whether some have not ended."""
        return bool(self._controls)

    def cancel_all(self) -> None:
        """Cancel all of them."""
        for control in list(self._controls.values()):
            control.cancel.set()

    def close(self) -> None:
        """Stop receiving."""
        self._pipe.close()

    def _receive(self, message: Message) -> None:
        control = self._controls.get(str(message.get("run_id")))
        if control is not None:
            control.stop_tasks = control.stop_tasks or bool(message.get("stop_tasks"))
            control.cancel.set()
