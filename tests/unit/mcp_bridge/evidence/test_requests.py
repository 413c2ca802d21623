"""What a run that was broken off had sent is told as it is known."""

from __future__ import annotations

import json

import pytest

from mcp_bridge.evidence.requests import SentRequest, describe_requests, missing_steps, read_requests, with_task_states

UPID = "UPID:pve1:000003FE:00089254:6B00E968:qmstart:101:root@pam!mcp:"
START = {"method": "POST", "path": "/nodes/pve1/qemu/101/status/start", "vmid": 101, "name": "web-01"}
OTHER = {**START, "path": "/nodes/pve1/qemu/102/status/start", "vmid": 102, "name": "web-02"}


def line(number, method, path, status=None, note=None, upid=None):
    return json.dumps({"nr": number, "method": method, "path": path, "status": status, "note": note, "upid": upid})


@pytest.fixture
def folder(tmp_path):
    """`folder(lines, upids)`: what a playbook has left."""

    def make(*lines, upids=()):
        (tmp_path / "api_trace.jsonl").write_text("".join(f"{one}\n" for one in lines))
        (tmp_path / "upids").write_text("".join(f"{one}\n" for one in upids))
        return tmp_path

    return make


def test_sent_requests_are_those_of_the_trace_without_reads_and_denials(folder):
    path = START["path"]
    found = read_requests(
        folder(
            line(1, "GET", path),
            line(2, "POST", path),
            line(2, "POST", path, 200, upid=UPID),
            line(3, "DELETE", "/nodes/pve1/qemu/103", 403, note="denied"),
            line(4, "PUT", "/pools"),
            '{"nr": 5, "meth',
            upids=[UPID],
        ),
        [START, OTHER],
    )

    assert [(one.label, one.status, one.upid) for one in found] == [
        ("start of 101 (web-01)", 200, UPID),
        ("PUT /pools", None, None),
    ]
    assert missing_steps(found, [START, OTHER]) == ["start of 102 (web-02)"]


def test_a_task_that_only_the_module_knows_of_counts(folder):
    assert [one.upid for one in read_requests(folder(upids=[UPID]), [])] == [UPID]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"status": None}, "start of 101 was sent, and no answer was seen: it may have been done (unknown)."),
        ({"status": 500}, "start of 101 was refused (500)."),
        ({"status": 200}, "start of 101 was sent."),
        ({"status": 200, "upid": "U", "state": "running"}, "start of 101 was sent; its task still runs (U)."),
        (
            {"status": 200, "upid": "U", "state": "stopped", "exitstatus": "OK"},
            "start of 101 was sent; its task ended OK.",
        ),
        ({"status": 200, "upid": "U"}, "start of 101 was sent; what became of its task is not known (U)."),
        (
            {"status": 200, "upid": "U", "unknown": "no connection"},
            "start of 101 was sent; what became of its task is not known: no connection (U).",
        ),
    ],
)
def test_each_request_is_told_in_a_sentence(facts, sentence):
    assert describe_requests([SentRequest("start of 101", "POST", "/x", **facts)], []) == sentence


@pytest.mark.parametrize(
    ("task", "state", "exitstatus"),
    [
        ({"before": {"state": "running"}, "after": {"state": "stopped"}, "exitstatus": None}, "running", None),
        ({"before": {"state": "running"}, "exitstatus": "received interrupt"}, "stopped", "received interrupt"),
        ({"before": {"state": "stopped"}, "exitstatus": "OK"}, "stopped", "OK"),
        ({"before": {}, "failure": {"message": "Node pve1 is down."}}, None, None),
    ],
)
def test_what_the_cluster_says_of_a_task_is_taken_over(task, state, exitstatus):
    (found,) = with_task_states([SentRequest("start", "POST", "/x", 200, UPID)], [{"upid": UPID, **task}])

    assert (found.state, found.exitstatus) == (state, exitstatus)
    assert (found.unknown is None) == ("failure" not in task)


def test_whatever_a_playbook_has_written_there_can_be_read(folder):
    nonsense = ['"x"', "7", '{"nr": "a"}', '{"nr": 1}', '{"nr": 2, "path": "//..", "status": "x", "upid": 7}']

    found = read_requests(folder(*nonsense), [{}, "x", {"method": "POST", "path": "/../"}])

    assert [one.status for one in found] == [None, None]
    assert missing_steps(found, [{}, {"method": "POST", "path": "/../"}]) == ["POST /../"]


@pytest.mark.parametrize(
    ("status", "may_have_changed", "is_unknown"),
    [(None, True, True), (200, True, False), (403, False, False), (500, False, False)]
    + [(status, True, True) for status in (502, 503, 504, 595, 596, 599)],
)
def test_an_answer_that_leaves_it_open_is_not_a_refusal(status, may_have_changed, is_unknown):
    sent = SentRequest("start of 101", "POST", "/nodes/pve1/qemu/101/status/start", status)

    assert (sent.may_have_changed, sent.is_unknown) == (may_have_changed, is_unknown)
    assert ("unknown" in sent.description) == is_unknown


def test_a_request_that_could_not_be_sent_is_not_among_those_that_were(tmp_path):
    entries = [{"nr": 1, "method": "POST", "path": "/a", "note": "unsent"}, {"nr": 2, "method": "POST", "path": "/b"}]
    (tmp_path / "api_trace.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")

    assert [sent.path for sent in read_requests(tmp_path, [])] == ["/b"]


def test_a_request_that_may_be_any_of_several_is_not_told_as_one_of_them(tmp_path):
    path = "/nodes/pve1/qemu/9000/clone"
    entries = [{"nr": number, "method": "POST", "path": path, "status": 200} for number in (1, 2)]
    (tmp_path / "api_trace.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    steps = [{"method": "POST", "path": path, "vmid": vmid, "name": f"web-{vmid}"} for vmid in (101, 102, 103)]

    assert {sent.label for sent in read_requests(tmp_path, steps)} == {"clone of one of 3 guests"}
    assert {sent.label for sent in read_requests(tmp_path, steps[:1])} == {"clone of 101 (web-101)"}


def test_of_many_requests_those_are_told_that_are_not_done():
    done = SentRequest("config of 101", "PUT", "/x", 200)
    ended = SentRequest("start of 101", "POST", "/x", 200, "UPID:1", "stopped", "OK")
    runs = SentRequest("start of 102", "POST", "/x", 200, "UPID:2", "running")

    assert describe_requests([*[done] * 8, *[ended] * 8, runs], []) == (
        "16 requests were sent and done. start of 102 was sent; its task still runs (UPID:2)."
    )
