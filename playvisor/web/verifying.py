# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifies the ledger in the background: a large one takes longer than anybody waits for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.ledger.verify import LIMITS, Verification
from mcp_bridge.system.identity import current_timestamp

_FAILED = "Playvisor itself failed at this."


class Verifier:
    """The newest verification of one ledger; there is one at a time. Safe to use from several threads."""

    def __init__(self, verify: Callable[[], Verification]) -> None:
        self._verify = verify
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._account: dict[str, Any] = {"state": "never"}

    def follow(self, seconds: float) -> dict[str, Any]:
        """The newest verification as data, when it has ended, or after so many seconds."""
        with self._lock:
            is_running, ended = self._account["state"] == "running", self._ended
        if is_running:
            ended.wait(seconds)
        with self._lock:
            return dict(self._account)

    def start(self, seconds: float) -> dict[str, Any]:
        """Begin a verification unless one is under way, and follow it."""
        with self._lock:
            if self._account["state"] != "running":
                self._ended = threading.Event()
                self._account = {"state": "running", "began_at": current_timestamp()}
                # A daemon: it writes nothing, and nobody waits for it at the end of the process.
                threading.Thread(target=self._work, args=(self._ended,), name="verify", daemon=True).start()
        return self.follow(seconds)

    def _work(self, ended: threading.Event) -> None:
        found: dict[str, Any] = {"state": "failed", "why": _FAILED}
        try:
            verification = self._verify()
            intact = not verification.faults
            found = {"state": "intact" if intact else "damaged", "intact": intact, **asdict(verification)}
        except PlayvisorError as error:
            found["why"] = error.message
        finally:
            with self._lock:
                self._account |= {**found, "ended_at": current_timestamp(), "limits": LIMITS}
            ended.set()
