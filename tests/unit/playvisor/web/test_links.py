"""One-time links, and the servers that they are for."""

from __future__ import annotations

import pytest

from mcp_bridge.errors import UsageError
from playvisor.web.signin.links import LINK_SECONDS, Links


def test_a_link_is_good_once_for_every_server_of_the_same_user(tmp_path):
    code = Links(tmp_path).make()

    assert [Links(tmp_path).use(code) for _time in range(2)] == [True, False]
    assert not Links(tmp_path).use("another")
    assert not Links(tmp_path).use("../../etc/passwd")


def test_a_link_is_good_for_some_minutes_and_then_gone(tmp_path):
    now = {"seconds": 1000.0}
    links = Links(tmp_path, lambda: now["seconds"])
    first, second = links.make(), links.make()
    now["seconds"] += LINK_SECONDS - 1
    assert links.use(first)
    now["seconds"] += 2
    assert not links.use(second)
    links.make()
    assert len(list((tmp_path / "web").iterdir())) == 1


def test_the_code_is_not_on_disk(tmp_path):
    code = Links(tmp_path).make()
    (path,) = (tmp_path / "web").iterdir()

    assert code not in path.name + path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_folder_that_others_may_write_to_lets_nobody_in(tmp_path):
    links = Links(tmp_path)
    code = links.make()
    (tmp_path / "web").chmod(0o777)

    assert not links.use(code)
    with pytest.raises(UsageError, match="is not safe"):
        links.make()


def test_a_server_is_found_while_it_runs(tmp_path):
    links = Links(tmp_path)
    withdraw = links.announce("http://127.0.0.1:8786")
    assert [server.url for server in Links(tmp_path).list_servers()] == ["http://127.0.0.1:8786"]
    withdraw()
    assert Links(tmp_path).list_servers() == []


def test_a_server_that_was_killed_is_forgotten(tmp_path, monkeypatch):
    links = Links(tmp_path)
    links.announce("http://127.0.0.1:8786")
    monkeypatch.setattr("playvisor.web.signin.links.processes.read_start_time", lambda _pid: "")

    assert links.list_servers() == []
    assert list((tmp_path / "web").iterdir()) == []
