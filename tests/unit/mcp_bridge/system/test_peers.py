"""Whose process is at the other end of a connection."""

from __future__ import annotations

import os
import socket

import pytest

from mcp_bridge.system.peers import find_peer_user

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2252 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:9C40 0100007F:2252 01 00000000:00000000 00:00000000 00000000  4711        0 2 1
"""


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_user_of_a_connection_of_this_process_is_ours(family):
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    try:
        listening = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("there is no IPv6 here")
    with listening, socket.create_connection(listening.getsockname()[:2]) as client:
        accepted, peer = listening.accept()
        with accepted:
            assert find_peer_user(peer[:2], accepted.getsockname()[:2]) == os.geteuid()
            assert client.getsockname()[:2] == peer[:2]


def test_the_other_end_counts_and_not_this_one(tmp_path):
    (tmp_path / "tcp").write_text(TABLE)

    assert find_peer_user(("127.0.0.1", 40000), ("127.0.0.1", 8786), tmp_path) == 4711
    assert find_peer_user(("127.0.0.1", 8786), ("127.0.0.1", 40000), tmp_path) == 0
    assert find_peer_user(("127.0.0.1", 40001), ("127.0.0.1", 8786), tmp_path) is None


@pytest.mark.parametrize("table", [None, "", "head\nshort\n"])
def test_without_a_table_it_is_not_known(tmp_path, table):
    if table is not None:
        (tmp_path / "tcp").write_text(table)

    assert find_peer_user(("127.0.0.1", 1), ("127.0.0.1", 2), tmp_path) is None
    assert find_peer_user(("not an address", 1), ("127.0.0.1", 2), tmp_path) is None
