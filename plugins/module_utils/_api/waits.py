# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell what is waited for, for as long as it takes, to whoever shows it to people."""

from __future__ import annotations

import itertools
import json
import os
import time
from typing import Any

# What ends sooner is not worth telling.
_LASTING_SECONDS = 2.0
_numbers = itertools.count()


class Wait:
    """A wait for C(what), for I(seconds) at most, which is told in the file that C(PVE_WAITS) names once it lasts.

    A line of JSON says when it began and what for, and another one that it has ended. Whoever waits calls L(note) each
    time that it has looked.
    """

    def __init__(self, what: str, seconds: float) -> None:
        self._path = os.environ.get("PVE_WAITS")
        self._facts = {"id": f"{os.getpid()}-{next(_numbers)}"}
        self._told = {"what": what, "since": time.time(), "seconds": round(seconds)}
        self._began = time.monotonic()
        self._is_told = False

    def __enter__(self) -> Wait:
        return self

    def __exit__(self, *_exception: Any) -> None:
        if self._is_told:
            self._write(self._facts)

    def note(self) -> None:
        """Tell of it, if it has lasted for some time and was not told yet."""
        if not self._is_told and time.monotonic() - self._began >= _LASTING_SECONDS:
            self._is_told = True
            self._write({**self._facts, **self._told})

    def _write(self, facts: dict[str, Any]) -> None:
        if self._path:
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(f"{json.dumps(facts)}\n")
