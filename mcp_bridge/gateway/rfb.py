# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""RFB, the protocol of VNC, as far as it lets somebody in: the gateway logs in, so that no browser needs a password.

Pure, apart from the streams that are passed in.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

VERSION = b"RFB 003.008\n"
_NONE, _PASSWORD = 1, 2
_LONGEST_REASON = 1024
# What a client sends after the type of its message, in bytes; what has a length of its own says it at the end of them.
_SIZES = {0: 19, 2: 3, 3: 9, 4: 7, 5: 5, 6: 7}
_TYPED = frozenset({4, 5, 6})


class RfbError(Exception):
    """The server speaks another protocol, or does not let in."""


class Server(Protocol):
    """The connection to the server: exactly so many bytes from it, and bytes to it."""

    async def read(self, size: int) -> bytes:
        """Read so many bytes."""

    async def write(self, data: bytes) -> None:
        """Write bytes."""


async def log_in(server: Server, password: str) -> None:
    """Go through the handshake with a server, up to where the client says whether it shares. Raises RfbError."""
    version = await server.read(12)
    if not version.startswith(b"RFB 003.") or version < b"RFB 003.007\n":
        raise RfbError("it speaks no VNC that is known here")
    await server.write(min(version, VERSION))
    count = (await server.read(1))[0]
    if not count:
        raise RfbError(await _read_reason(server))
    kinds = await server.read(count)
    if _PASSWORD in kinds:
        await server.write(bytes([_PASSWORD]))
        await server.write(encrypt_challenge(password, await server.read(16)))
    elif _NONE in kinds:
        await server.write(bytes([_NONE]))
        if version < VERSION:
            return
    else:
        raise RfbError("it asks for a log-in that is not known here")
    if struct.unpack("!I", await server.read(4))[0]:
        raise RfbError(await _read_reason(server) if version >= VERSION else "it did not take the password")


async def _read_reason(server: Server) -> str:
    size = struct.unpack("!I", await server.read(4))[0]
    return (await server.read(min(size, _LONGEST_REASON))).decode("utf-8", "replace")


def encrypt_challenge(password: str, challenge: bytes) -> bytes:
    """The answer to a challenge: DES by the first eight bytes of the password, each with its bits turned round."""
    key = password.encode("utf-8", "replace")[:8].ljust(8, b"\0")
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    # Three times with the same key is DES itself, which the protocol demands.
    cipher = Cipher(TripleDES(turned * 3), modes.ECB()).encryptor()  # noqa: S305
    return cipher.update(challenge) + cipher.finalize()


class Entrance:
    """The handshake with a client that needs no password: it starts with VERSION, and ends where `log_in` does."""

    def __init__(self) -> None:
        self._data = b""
        self._steps: list[tuple[int, Callable[[bytes], bool], bytes]] = [
            (len(VERSION), lambda data: data == VERSION, bytes([1, _NONE])),
            (1, lambda data: data == bytes([_NONE]), struct.pack("!I", 0)),
        ]

    @property
    def is_over(self) -> bool:
        """Whether the client is in."""
        return not self._steps

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Take what the client sends; returns the replies, and what is for the server. Raises RfbError."""
        self._data += data
        replies = []
        while self._steps and len(self._data) >= self._steps[0][0]:
            size, is_right, reply = self._steps.pop(0)
            if not is_right(self._data[:size]):
                raise RfbError("the client speaks no VNC that is known here")
            self._data = self._data[size:]
            replies.append(reply)
        if self._steps:
            return replies, b""
        rest, self._data = self._data, b""
        return replies, rest


class ClientMessages:
    """Tells keys, the pointer and the clipboard from what a client sends by itself."""

    def __init__(self) -> None:
        self._data = b""
        # The client says first whether it shares.
        self._skipped = 1
        self._is_known = True

    def feed(self, data: bytes) -> bool:
        """Whether somebody typed, pointed or pasted; messages of a kind that is not known count as that."""
        if not self._is_known:
            return True
        self._data += data
        is_typed = False
        while True:
            dropped = min(self._skipped, len(self._data))
            self._data, self._skipped = self._data[dropped:], self._skipped - dropped
            if not self._data:
                return is_typed
            kind = self._data[0]
            if kind not in _SIZES:
                self._is_known, self._data = False, b""
                return True
            size = 1 + _SIZES[kind]
            if len(self._data) < size:
                return is_typed
            body, self._data = self._data[1:size], self._data[size:]
            is_typed = is_typed or kind in _TYPED
            if kind == 2:
                self._skipped = 4 * int.from_bytes(body[1:3], "big")
            elif kind == 6:
                # The extended clipboard says its length as a negative number.
                self._skipped = abs(int.from_bytes(body[3:7], "big", signed=True))
