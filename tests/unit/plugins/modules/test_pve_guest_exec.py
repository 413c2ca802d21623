from __future__ import annotations

import base64
import hashlib

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.agent import (
    MAX_CONTENT,
    MAX_STDIN,
    Content,
    api_text_to_bytes,
    bytes_to_result,
    require_qemu,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.modules.pve_guest_exec import (
    Executions,
    ObservedExec,
    check_exit,
    check_options,
    describe_exit,
)

GUEST = Guest(101, "web", "pve1", "qemu", "running")
AGENT = "/nodes/pve1/qemu/101/agent"
OPTIONS = {
    "command": None,
    "stdin": None,
    "creates": None,
    "removes": None,
    "fail_on_rc": True,
    "file": None,
    "content": None,
    "encoding": "utf-8",
    "max_output": 100,
}
RUN = {"command": ["sh", "-c", "exit 3"]}
WRITE = {"file": "/etc/motd", "content": "größer\n"}


def resource(**options):
    return Executions({**OPTIONS, **options})


def plan(inside, **options):
    return resource(**options).plan(inside, {**OPTIONS, **options})


def wanted(text, encode=None):
    return {"file": "/etc/motd", "content": text, **({} if encode is None else {"encode": encode})}


@pytest.mark.parametrize(
    ("inside", "options", "requests"),
    [
        (ObservedExec(GUEST), RUN, [("exec", {"command": RUN["command"]})]),
        (ObservedExec(GUEST), {**RUN, "stdin": "ü"}, [("exec", {"command": RUN["command"], "input-data": "Ã¼"})]),
        (
            ObservedExec(GUEST),
            {**RUN, "stdin": "/w==", "encoding": "base64"},
            [("exec", {"command": RUN["command"], "input-data": "ÿ"})],
        ),
        (ObservedExec(GUEST, done="it exists"), RUN, []),
        (ObservedExec(GUEST), {"file": "/etc/motd", "content": "a\r\n\tb\n"}, [("file-write", wanted("a\r\n\tb\n"))]),
        (ObservedExec(GUEST), WRITE, [("file-write", wanted(base64.b64encode("größer\n".encode()).decode(), 0))]),
        (ObservedExec(GUEST, Content(b"old")), {**WRITE, "content": ""}, [("file-write", wanted(""))]),
        (ObservedExec(GUEST, Content("größer\n".encode())), WRITE, []),
        (
            ObservedExec(GUEST, Content(b"new", truncated=True)),
            {**WRITE, "content": "new"},
            [("file-write", wanted("new"))],
        ),
        (ObservedExec(GUEST, Content(b"any")), {"file": "/etc/motd"}, []),
    ],
)
def test_a_guest_is_asked_by_these_requests(inside, options, requests):
    made = plan(inside, **options)

    assert [(step.method, step.path, step.params) for step in made.steps] == [
        ("POST", f"{AGENT}/{command}", params) for command, params in requests
    ]
    assert not any(step.task for step in made.steps)


def test_what_a_file_holds_after_it_was_written_is_foreseen():
    made = plan(ObservedExec(GUEST), **WRITE)
    data = "größer\n".encode()

    assert made.before == {"exists": False, "size": None, "sha256": None}
    assert made.after == {"exists": True, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_a_file_to_be_read_must_be_there():
    with pytest.raises(errors.PveError) as caught:
        plan(ObservedExec(GUEST), file="/nosuch")

    assert caught.value.code == errors.NOT_FOUND


def test_a_container_is_told_what_to_do_instead():
    with pytest.raises(errors.PveError) as caught:
        require_qemu(Guest(200, "ct", "pve1", "lxc", "running"))

    assert (caught.value.code, "pct exec" in caught.value.hint) == (errors.UNSUPPORTED, True)


@pytest.mark.parametrize(
    "options",
    [
        {"command": []},
        {"command": [""]},
        {**RUN, "stdin": "x" * (MAX_STDIN + 1)},
        {**RUN, "stdin": "no base64", "encoding": "base64"},
        {"file": "/x", "content": "x" * (MAX_CONTENT + 1)},
        {"file": "/x", "content": "ü" * (MAX_CONTENT // 2)},
        {"file": "/x", "content": "no base64", "encoding": "base64"},
        {**RUN, "max_output": -1},
    ],
)
def test_options_that_can_not_work_are_refused_before_any_guest_is_asked(options):
    with pytest.raises(errors.PveError) as caught:
        check_options({**OPTIONS, **options})

    assert caught.value.code == errors.INVALID_PARAMETER


@pytest.mark.parametrize(
    ("data", "encoding", "most", "result"),
    [
        (b"", "utf-8", 9, ("", False)),
        ("größer".encode(), "utf-8", 9, ("größer", False)),
        ("größer".encode(), "utf-8", 3, ("gr", True)),
        (b"\xff\x00a", "utf-8", 9, ("\xff\x00a", False)),
        (b"\xff\x00a", "base64", 2, ("/wA=", True)),
        (b"abc", "utf-8", 0, ("", True)),
    ],
)
def test_bytes_come_out_as_text_that_loses_none_of_them(data, encoding, most, result):
    assert bytes_to_result(data, encoding, most) == result


@pytest.mark.parametrize(("text", "data"), [("GrÃ¼n", "Grün".encode()), ("€", "€".encode()), (None, b"")])
def test_the_api_hands_out_a_character_for_each_byte(text, data):
    assert api_text_to_bytes(text) == data


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"exitcode": 3, "out-data": "a", "err-data": "b"}, (3, None, "a", "b", False)),
        ({"exitcode": 0, "out-data": "a", "out-truncated": 1}, (0, None, "a", "", True)),
        ({"signal": 9}, (None, 9, "", "", False)),
        ({"exitcode": 0, "out-data": "a" * 101}, (0, None, "a" * 100, "", True)),
    ],
)
def test_how_a_command_ended_is_told(status, expected):
    assert tuple(describe_exit({"exited": 1, **status}, OPTIONS).values()) == expected


@pytest.mark.parametrize("ended", [{"exitcode": 3, "signal": None}, {"exitcode": None, "signal": 9}])
def test_an_end_that_is_no_success_is_a_failure(ended):
    check_exit(GUEST, {"exitcode": 0, "signal": None})
    with pytest.raises(errors.PveError) as caught:
        check_exit(GUEST, ended)

    assert caught.value.code == errors.TASK_FAILED


@pytest.mark.parametrize(
    ("inside", "options", "content"),
    [
        (ObservedExec(GUEST, Content(b"a" * 101)), {"file": "/x"}, ("a" * 100, True)),
        (ObservedExec(GUEST, Content(b"a", truncated=True)), {"file": "/x"}, ("a", True)),
    ],
)
def test_a_file_that_is_read_is_in_the_result(inside, options, content):
    assert tuple(resource(**options).extra_facts(inside, plan(inside, **options)).values()) == content


def test_what_is_written_is_not_repeated_in_the_result():
    inside = ObservedExec(GUEST, Content(b"old"))

    assert resource(**WRITE).extra_facts(inside, plan(inside, **WRITE)) == {}
