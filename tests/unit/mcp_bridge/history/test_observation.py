"""Files of observations: read whole, or not at all."""

from __future__ import annotations

import json

import pytest
from observations import START, complete, guest, header, metrics, missing, moment, task

from mcp_bridge.errors import UsageError
from mcp_bridge.history import observation
from mcp_bridge.history.observation import Complete, Missing, parse_observation


@pytest.fixture
def write_text(tmp_path):
    def write(text):
        path = tmp_path / "observation.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def render(*lines):
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def test_a_file_is_read_with_all_that_it_has(write_text):
    lines = [guest(101, config={"cores": "2"}), complete(), complete("network", "pve1"), missing("guest", "102")]
    more = [task(1, "qmstart", 101, 5), metrics(101, 7, cpu=0.5, name="x"), {"line": "of a newer version"}]

    found = parse_observation(write_text(render(header(START), *lines, *more)))

    assert (found.cluster, found.version, found.at) == ("lab 0123456789abcdef", "9.0", moment(0))
    assert [(each.kind, each.key, each.document["config"]) for each in found.objects] == [
        ("guest", "101", {"cores": "2"})
    ]
    assert found.complete == (Complete("guest", None), Complete("network", "pve1"))
    assert found.missing == (Missing("guest", "102", None, "offline"),)
    assert [(each.id, each.started, each.ended, each.has_succeeded) for each in found.tasks] == [
        ("101", moment(5), None, False)
    ]
    assert [(each.key, each.at, dict(each.values)) for each in found.metrics] == [("101", moment(7), {"cpu": 0.5})]
    assert len(list(found.objects)) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("x\n", "line 1: it is no JSON"),
        (b"\xff\xfe\n", "it is no JSON"),
        ("[]\n", "line 1: it is cut off"),
        ("{}\n", "line 1: it is cut off"),
        ("[" * 100_000 + "\n", "it is no JSON"),
        (render(guest(101)), "no header"),
        (render(header(START)).rstrip(), "line 1: it is cut off"),
        (render(header(START), guest(101))[:-1], "line 2: it is cut off"),
        (render(header(START), guest(101))[:-9], "line 2: it is no JSON"),
        (render(header("now")), "is no time"),
        (render(header(True)), "is no time"),
        (render(header(10**20)), "line 1"),
        (render(header(START) | {"cluster": {}}), "'id'"),
        (render(header(START), guest(101) | {"doc": []}), "doc is no object"),
        (render(header(START), guest(101) | {"key": ""}), "is no name"),
        (render(header(START), guest(101) | {"key": 101}), "is no name"),
        (render(header(START), {"line": "complete", "kind": "guest"}), "'scope'"),
        (render(header(START), {"line": "missing", "kind": "guest"}), "line 2"),
        (render(header(START), {"line": "task", "upid": "x"}), "line 2"),
        (render(header(START), metrics(101, 0) | {"points": {"at": None}}), "is no time"),
    ],
)
def test_what_is_no_whole_observation_is_refused(write_text, text, why):
    with pytest.raises(UsageError, match="is no whole observation") as caught:
        parse_observation(write_text(text))

    assert why in caught.value.message


def test_a_line_that_has_no_end_is_refused(write_text, monkeypatch):
    monkeypatch.setattr(observation, "LARGEST_LINE", 2**20)

    with pytest.raises(UsageError, match="longer than 1 MiB"):
        parse_observation(write_text(render(header(START)) + "x" * (2**20 + 1)))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="can't be read: No such file"):
        parse_observation(tmp_path / "nowhere")


def test_keys_are_cut_and_made_of_what_a_database_takes(write_text):
    found = parse_observation(write_text(render(header(START), guest("a\0b"), guest("x" * 999))))

    assert [each.key for each in found.objects] == ["a?b", "x" * 256]
