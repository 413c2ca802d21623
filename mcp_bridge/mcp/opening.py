# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first moments of an MCP server on stdio: answers what every client asks first, while the server still loads.

Agent programs send their own first request without the tools when those are not there in time, and the SDK alone takes
longer to import than they wait. What a server answers to `initialize` and `tools/list` depends only on its code, its
command line and its settings, so an earlier start has kept it; the very first start makes it from the catalogue. The
server gets every request all the same, and its own answers to these replace the kept ones where they differ. Imports
next to nothing, since a client waits for it.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcp_bridge.executor.forkserver.stamp import read_code_stamp

if TYPE_CHECKING:
    from mcp_bridge.mcp.first_answers import FirstAnswers

# What clients ask first, and gets the same answer until the code or the settings change.
_KEPT_METHODS = frozenset({"initialize", "server/discover", "tools/list"})
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_PACKAGES = ("playvisor", "mcp", "mcp_types")
_CHUNK = 65536
# Files of answers, one for each combination of code, command line and settings.
_MOST_KEPT = 32
# The descriptors of the standard streams stay above theirs.
_LOWEST_FD = 3


streams: Opening | None = None
"""The streams of this process, once `open_streams` was called."""


def open_streams(arguments: Sequence[str], declare: Callable[[], object] = int) -> None:
    """Begin to serve on stdin and stdout: before anything else, and only in a process that is going to be a server.

    `declare` registers the tools of features above the bridge in the catalogue.
    """
    global streams
    streams = Opening(arguments)
    streams.prepare(declare)


class Opening:
    """The standard streams of a server, from its first moment on: `stdin` and `stdout` for the SDK's transport.

    Until the server reads, a thread answers from the answers that are kept for these `arguments`. Nothing else in the
    process can read what the client sends, or write to it.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._kept = KeptAnswers(arguments)
        # Held while something is written, and while it changes who answers.
        self._lock = threading.RLock()
        self._read_fd, self._write_fd = _claim_streams()
        self._lines: deque[str | None] = deque()
        self._announce: Callable[[], object] = int
        self._has_server = False
        self._keeps = True
        self._unseen = set(_KEPT_METHODS)
        # The keys of kept answers, by the id of the request that the server has still to answer.
        self._asked: dict[str | int, str] = {}
        self._answered: set[str | int] = set()
        self._version = ""
        self._arguments = arguments
        # Answers for a start of which nothing is kept, once it is known whether there are some.
        self._made: FirstAnswers | None = None
        self._is_prepared = threading.Event()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def prepare(self, declare: Callable[[], object]) -> None:
        """Make the first answers before anything else is loaded, unless they are kept."""
        # What is wrong, the server itself will tell.
        with suppress(Exception):
            if not self._kept.has_tools:
                from mcp_bridge.mcp.first_answers import make_first_answers

                declare()
                self._made = make_first_answers(self._arguments)
        self._is_prepared.set()

    def stop_keeping(self) -> None:
        """Keep none of this server's answers for the next ones."""
        self._keeps = False

    def __aiter__(self) -> Opening:
        """The client's lines; from now on, the server alone answers."""
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._arrived = arrived
        with self._lock:
            self._has_server = True
            self._announce = lambda: loop.call_soon_threadsafe(arrived.set)
        return self

    async def __anext__(self) -> str:
        while not self._lines:
            self._arrived.clear()
            if not self._lines:
                await self._arrived.wait()
        line = self._lines.popleft()
        if line is None:
            raise StopAsyncIteration
        return line

    async def write(self, text: str) -> None:
        """Send the server's message, unless the client has had it; waits until the client takes it."""
        if self._asked and self._settle(text):
            return
        await asyncio.to_thread(self._write, text)

    async def flush(self) -> None:
        """Do nothing: every message is sent at once."""

    def _read(self) -> None:
        """Pass the client's lines on until it closes them, with an answer where one is kept."""
        rest = b""
        while chunk := os.read(self._read_fd, _CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace"))
        self._deliver([rest.decode(errors="replace")] if rest else [])
        self._deliver([None])

    def _take(self, line: str) -> None:
        if self._unseen:
            self._answer_first(line)
        self._deliver([f"{line}\n"])

    def _deliver(self, lines: Sequence[str | None]) -> None:
        self._lines.extend(lines)
        with self._lock, suppress(RuntimeError):
            self._announce()

    def _answer_first(self, line: str) -> None:
        """Answer the first request of its kind, if an answer is kept and no server reads yet."""
        request = _parse(line)
        method, number = request.get("method"), request.get("id")
        if method not in self._unseen or not isinstance(number, str | int):
            return
        self._unseen.remove(method)
        key = self._make_key(method, request.get("params") or {})
        answer = self._kept.find(key)
        if answer is None:
            self._is_prepared.wait()
            answer = self._made.find(method, request.get("params") or {}, self._version) if self._made else None
        with self._lock:
            self._asked[number] = key
            if answer is not None and not self._has_server:
                self._answered.add(number)
                self._write(json.dumps({"jsonrpc": "2.0", "id": number, "result": answer}) + "\n")

    def _make_key(self, method: str, params: Mapping[str, Any]) -> str:
        """What an answer depends on: everything that the client says, but who it is."""
        said = {name: value for name, value in params.items() if name not in {"_meta", "clientInfo", "capabilities"}}
        meta = params.get("_meta")
        own = params.get("protocolVersion") or (meta.get(_VERSION_KEY) if isinstance(meta, dict) else None)
        self._version = str(own or self._version)
        return json.dumps([method, self._version, said], sort_keys=True)

    def _settle(self, text: str) -> bool:
        """Keep the server's answer to one of the first requests; returns whether the client has had it."""
        message = _parse(text)
        number = message.get("id")
        if "method" in message or not isinstance(number, str | int) or number not in self._asked:
            return False
        key = self._asked.pop(number)
        if "result" in message and self._keeps:
            self._kept.keep(key, message["result"])
        return number in self._answered

    def _write(self, text: str) -> None:
        data = text.encode()
        try:
            with self._lock:
                while data:
                    data = data[os.write(self._write_fd, data) :]
        except BrokenPipeError:
            # Who does not read any more has left, as one has who sends nothing any more.
            self._deliver([None])


class KeptAnswers:
    """Answers of earlier servers with the same code, command line and settings, in the user's cache folder."""

    def __init__(self, arguments: Sequence[str]) -> None:
        settings = sorted((name, value) for name, value in os.environ.items() if name.startswith("PLAYVISOR_"))
        facts = (list(arguments), settings, read_code_stamp(_PACKAGES))
        name = hashlib.sha256(repr(facts).encode(errors="surrogateescape")).hexdigest()
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self._folder = os.path.join(cache, "playvisor", "mcp")
        self._path = os.path.join(self._folder, f"{name}.json")
        self._answers: dict[str, Any] = self._load()

    @property
    def has_tools(self) -> bool:
        """Whether a list of tools is kept."""
        return any(key.startswith('["tools/list"') for key in self._answers)

    def find(self, key: str) -> Any:
        """The answer; None when none is kept."""
        return self._answers.get(key)

    def keep(self, key: str, answer: Any) -> None:
        """Keep an answer, unless it is kept already."""
        if self._answers.get(key) == answer:
            return
        self._answers[key] = answer
        new = f"{self._path}.{os.getpid()}"
        # Without a place to keep them, every start takes its time.
        with suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with open(new, "w", encoding="utf-8", opener=_open_privately) as file:
                json.dump(self._answers, file)
            os.replace(new, self._path)
            self._remove_oldest()

    def _remove_oldest(self) -> None:
        """Remove what was kept for other code and settings, but for the newest."""
        entries = sorted(os.scandir(self._folder), key=lambda entry: entry.stat().st_mtime)
        for entry in entries[:-_MOST_KEPT]:
            os.unlink(entry.path)

    def _load(self) -> dict[str, Any]:
        try:
            with open(self._path, encoding="utf-8") as file:
                is_own = os.fstat(file.fileno()).st_uid == os.getuid()
                answers = json.load(file) if is_own else {}
        except (OSError, ValueError):
            return {}
        return answers if isinstance(answers, dict) else {}


def _claim_streams() -> tuple[int, int]:
    """Take the client's streams away from everything else in this process: stray output goes to stderr."""
    reading, writing = (fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _LOWEST_FD) for number in (0, 1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return reading, writing


def _parse(text: str) -> dict[str, Any]:
    """A message; empty unless the text is a JSON object."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
