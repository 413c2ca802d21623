# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNC server of one screen: RFB 3.8 with a password, raw pixels, keys that are counted."""

from __future__ import annotations

import hmac
import secrets
import struct

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from pve_simulator.consoles.screen import HEIGHT, WIDTH, PixelFormat, Screen
from pve_simulator.http.websocket import WebSocket

_VERSION = b"RFB 003.008\n"
_PASSWORD = 2
_RAW = 0
# What follows the type of a client's message, in bytes.
_SIZES = {0: 19, 2: 3, 3: 9, 4: 7, 5: 5, 6: 7}


class _Ended(Exception):
    """The client has gone, or says what is not RFB."""


class _Stream:
    """The messages of a WebSocket as one stream of bytes."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._data = b""

    async def read(self, size: int) -> bytes:
        while len(self._data) < size:
            data = await self._socket.receive()
            if data is None:
                raise _Ended
            self._data += data
        found, self._data = self._data[:size], self._data[size:]
        return found


async def serve_screen(socket: WebSocket, screen: Screen, password: str) -> None:
    """Show a screen to who knows the password, until they go."""
    stream = _Stream(socket)
    try:
        if await _let_in(socket, stream, password):
            await _show(socket, stream, screen)
    except (_Ended, ValueError, ConnectionError):
        return


def encrypt_challenge(password: str, challenge: bytes) -> bytes:
    """The answer to a challenge: DES by the first eight bytes of the password, each with its bits turned round."""
    key = password.encode("utf-8", "replace")[:8].ljust(8, b"\0")
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    # Three times with the same key is DES itself.
    cipher = Cipher(TripleDES(turned * 3), modes.ECB()).encryptor()  # noqa: S305
    return cipher.update(challenge) + cipher.finalize()


async def _let_in(socket: WebSocket, stream: _Stream, password: str) -> bool:
    await socket.send(_VERSION)
    if await stream.read(12) != _VERSION:
        raise _Ended
    await socket.send(bytes([1, _PASSWORD]))
    if await stream.read(1) != bytes([_PASSWORD]):
        raise _Ended
    challenge = secrets.token_bytes(16)
    await socket.send(challenge)
    if not hmac.compare_digest(await stream.read(16), encrypt_challenge(password, challenge)):
        reason = b"Authentication failed"
        await socket.send(struct.pack("!II", 1, len(reason)) + reason)
        return False
    await socket.send(struct.pack("!I", 0))
    return True


async def _show(socket: WebSocket, stream: _Stream, screen: Screen) -> None:
    await stream.read(1)
    form = PixelFormat()
    name = screen.name.encode()
    await socket.send(struct.pack("!HH", WIDTH, HEIGHT) + form.pack() + struct.pack("!I", len(name)) + name)
    # Whether the client waits for a change, and whether it has not seen the last one.
    is_awaited, is_stale = False, True
    while True:
        kind = (await stream.read(1))[0]
        if kind not in _SIZES:
            raise _Ended
        body = await stream.read(_SIZES[kind])
        if kind == 0:
            form, is_stale = PixelFormat.unpack(body[3:]), True
        elif kind == 2:
            await stream.read(4 * struct.unpack("!xH", body)[0])
        elif kind == 3:
            is_awaited, is_stale = True, is_stale or not body[0]
        elif kind == 4 and body[0]:
            screen.press(struct.unpack("!3xI", body)[0])
            is_stale = True
        elif kind == 6:
            await stream.read(struct.unpack("!3xI", body)[0])
        if is_awaited and is_stale:
            head = struct.pack("!BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, _RAW)
            await socket.send(head + screen.draw(form))
            is_awaited = is_stale = False
