# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API trace of a run: a line of JSON for every request, without secrets."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from mcp_bridge.system.identity import current_timestamp
from mcp_bridge.text.redaction import Redactor

TRACE = "api_trace.jsonl"
"""The file in the folder of a playbook run."""


UNSENT = "unsent"
"""The note of a request that is no GET and could not be sent: there was no connection to the cluster."""


@dataclass(eq=False)
class Entry:
    """One request. `status` is None while, and if, no answer came; `bytes` are those of the answer's body.

    `upid` is the task that it started. `note` is `denied` (not granted, so not sent), `unsent` (there was no
    connection), `shared` (answered with an identical one that was under way), or the fault that kept an answer away.
    """

    nr: int
    time: str
    method: str
    path: str
    status: int | None = None
    ms: float | None = None
    bytes: int | None = None
    note: str | None = None
    upid: str | None = None
    started: float = field(default_factory=monotonic, repr=False)

    def render(self) -> str:
        """The request as a line of the trace."""
        facts = {name: value for name, value in vars(self).items() if name not in ("started", "upid")}
        if self.upid:
            facts["upid"] = self.upid
        return f"{json.dumps(facts, ensure_ascii=False)}\n"


class TraceClosed(Exception):
    """The run has ended, and so has its trace."""


class Trace:
    """Writes the trace of one playbook run.

    A request that is no GET is written before it is sent, and again when it is answered; what is still under way at the
    end is written as unanswered.
    """

    def __init__(self, file: Path, redactor: Redactor) -> None:
        self._path = file
        self._redactor = redactor
        self._file: TextIO | None = None
        self._number = 0
        self._pending: set[Entry] = set()
        self._closed = False
        self._writing = threading.Lock()

    def begin(self, method: str, path: str) -> Entry:
        """Note that a request is about to be sent.

        Raises TraceClosed for one that may change something once the run has ended: it could not be recorded.
        """
        with self._writing:
            if self._closed and method != "GET":
                raise TraceClosed
            self._number += 1
            entry = Entry(self._number, current_timestamp(), method, self._redactor.redact_text(path))
            self._pending.add(entry)
            if method != "GET":
                self._write(entry)
        return entry

    def deny(self, method: str, path: str) -> None:
        """Note a request that was not granted, and so was not sent."""
        with self._writing:
            self._number += 1
            self._write(
                Entry(
                    self._number, current_timestamp(), method, self._redactor.redact_text(path), 403, 0.0, 0, "denied"
                )
            )

    def end(
        self, entry: Entry, status: int | None, size: int = 0, note: str | None = None, upid: str | None = None
    ) -> None:
        """Write how a request ended: its HTTP status, None if no answer came, and the bytes of the answer's body."""
        with self._writing:
            self._pending.discard(entry)
            entry.status, entry.bytes, entry.note, entry.upid = status, size, note, upid
            entry.ms = round((monotonic() - entry.started) * 1000, 1)
            self._write(entry)

    def close(self) -> None:
        """Write what is still under way; afterwards the file does not change any more."""
        with self._writing:
            for entry in sorted(self._pending, key=lambda entry: entry.nr):
                self._write(entry)
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _write(self, entry: Entry) -> None:
        if self._closed:
            return
        if self._file is None:
            descriptor = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            self._file = os.fdopen(descriptor, "a", encoding="utf-8")
        self._file.write(entry.render())
        self._file.flush()


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The requests of one playbook run in their order, each as it was written last; none when there is no trace."""
    try:
        text = (folder / TRACE).read_text(encoding="utf-8")
    except OSError:
        return
    entries: dict[int, dict[str, Any]] = {}
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            # Half written by a process that died.
            continue
        if isinstance(entry, dict) and isinstance(entry.get("nr"), int):
            entries[entry["nr"]] = entry
    yield from (entries[number] for number in sorted(entries))
