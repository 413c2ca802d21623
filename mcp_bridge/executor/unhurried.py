"""ansible-runner without its pauses: a tenth of a second at the end of every run, and a little after each read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pexpect  # type: ignore[import-untyped]
from ansible_runner import runner  # type: ignore[import-untyped]


class _Terminal(pexpect.spawn):  # type: ignore[misc]
    """A terminal that is closed when its process has ended and has nothing left to say, so without a pause."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delayafterread = None

    def _spawnpty(self, args: list[str], **kwargs: Any) -> Any:
        process = super()._spawnpty(args, **kwargs)
        process.delayafterclose = 0
        return process


def apply() -> None:
    """Let the runs of this process use it. Nothing else that uses pexpect is touched."""
    runner.pexpect = SimpleNamespace(**{**vars(pexpect), "spawn": _Terminal})
