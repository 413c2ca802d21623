"""Connections that a listening socket accepts."""

from __future__ import annotations

import socket

from mcp_bridge.system.serving import Listening, open_listening


def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged():
    with open_listening(Listening("127.0.0.1", 0)) as listening:
        listening.setblocking(True)
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
