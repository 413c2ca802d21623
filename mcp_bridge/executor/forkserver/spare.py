# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fork that waits for a playbook, and meanwhile does what every playbook begins with."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from mcp_bridge.executor.forkserver import child
from mcp_bridge.executor.forkserver.client import LENGTH

_DESCRIPTORS = 4


class Spare:
    """A fork that waits. In it, `close_inherited` closes what belongs to the server; then `rehearse` is called."""

    def __init__(self, close_inherited: Callable[[], None], rehearse: Callable[[], None]) -> None:
        self._link, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            close_inherited()
            self._link.close()
            _wait_for_order(theirs, rehearse)
        theirs.close()

    def send_order(self, order: bytes, link: socket.socket, streams: Sequence[int]) -> bool:
        """Let the fork run a playbook for a client; returns false when it has died."""
        try:
            socket.send_fds(self._link, [len(order).to_bytes(LENGTH, "big")], [link.fileno(), *streams])
            self._link.sendall(order)
        except OSError:
            return False
        finally:
            self._link.close()
        return True

    def dismiss(self) -> None:
        """End the fork, which is not needed."""
        self._link.close()


def _wait_for_order(link: socket.socket, rehearse: Callable[[], None]) -> NoReturn:
    try:
        # If this fails, the playbook will fail too, and say why.
        with suppress(Exception):
            rehearse()
        gc.collect()
        gc.freeze()
        length, descriptors, _flags, _address = socket.recv_fds(link, LENGTH, _DESCRIPTORS)
        order = link.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL)
        link.close()
        if descriptors:
            client, *streams = descriptors
            child.run_in_this_process(child.Order.parse(order), socket.socket(fileno=client), streams)
    finally:
        os._exit(0)
