# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A terminal as termproxy serves it: the client proves who it is, and then types into a shell of few commands."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pve_simulator.http.websocket import WebSocket

Run = Callable[[str], str]
"""Runs a line in the system, and returns what it prints."""

_LONGEST_LOGIN = 2048


@dataclass(frozen=True)
class Typed:
    """What was typed."""

    data: bytes


@dataclass(frozen=True)
class Resized:
    """The size that the terminal has from now on."""

    columns: int
    rows: int


class Messages:
    """Reads what clients send to termproxy: `0:LENGTH:DATA`, `1:COLUMNS:ROWS:`, and `2`, which keeps it open."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> Iterator[Typed | Resized]:
        """Yield what is complete. Raises ValueError for anything else."""
        self._data += data
        while self._data:
            kind, rest = self._data[:1], self._data[1:]
            if kind == b"2":
                self._data = rest
                continue
            if kind == b"0":
                length, colon, text = rest.removeprefix(b":").partition(b":")
                if not colon or len(text) < int(length):
                    return
                size = int(length)
                self._data = text[size:]
                yield Typed(text[:size])
            elif kind == b"1":
                fields = rest.split(b":", 3)
                if len(fields) < 4:
                    return
                self._data = fields[3]
                yield Resized(int(fields[1]), int(fields[2]))
            else:
                raise ValueError("no message of a terminal")


class Shell:
    """Echoes what is typed, and runs each line."""

    def __init__(self, host_name: str, run: Run) -> None:
        self._host_name = host_name
        self._run = run
        self._line = ""
        self._size = (80, 24)
        self.has_ended = False

    @property
    def banner(self) -> str:
        """What it shows first."""
        return f"\r\nWelcome to {self._host_name}, a simulated system.\r\n{self._prompt}"

    @property
    def _prompt(self) -> str:
        return f"root@{self._host_name}:~# "

    def resize(self, columns: int, rows: int) -> None:
        """Note the size of the terminal."""
        self._size = columns, rows

    def type(self, data: bytes) -> str:
        """Take what is typed; returns what the terminal shows for it."""
        return "".join(self._press(key) for key in data.decode("utf-8", "replace") if not self.has_ended)

    def _press(self, key: str) -> str:
        if key in "\r\n":
            line, self._line = self._line.strip(), ""
            shown = self._execute(line).replace("\n", "\r\n") if line else ""
            return f"\r\n{shown}{'' if self.has_ended else self._prompt}"
        if key == "\x03":
            self._line = ""
            return f"^C\r\n{self._prompt}"
        if key == "\x04" and not self._line:
            self.has_ended = True
            return "logout\r\n"
        if key in "\b\x7f":
            shown = "\b \b" if self._line else ""
            self._line = self._line[:-1]
            return shown
        if not key.isprintable():
            return ""
        self._line += key
        return key

    def _execute(self, line: str) -> str:
        if line == "exit":
            self.has_ended = True
            return "logout\n"
        if line == "stty size":
            return f"{self._size[1]} {self._size[0]}\n"
        return self._run(line)


async def serve_terminal(socket: WebSocket, shell: Shell, user: str, ticket: str) -> None:
    """Serve a shell to who has the ticket, until it or they go."""
    login = b""
    while b"\n" not in login:
        data = await socket.receive()
        if data is None or len(login) > _LONGEST_LOGIN:
            return
        login += data
    given, _newline, rest = login.partition(b"\n")
    if not hmac.compare_digest(given, f"{user}:{ticket}".encode()):
        return
    messages = Messages()
    try:
        await socket.send(b"OK")
        await socket.send(shell.banner.encode())
        data = rest
        while data is not None and not shell.has_ended:
            for message in messages.feed(data):
                if isinstance(message, Resized):
                    shell.resize(message.columns, message.rows)
                else:
                    await socket.send(shell.type(message.data).encode())
            if not shell.has_ended:
                data = await socket.receive()
    except (ValueError, ConnectionError):
        return
