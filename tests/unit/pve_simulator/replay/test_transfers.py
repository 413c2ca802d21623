"""Files that recordings do not keep."""

from __future__ import annotations

import hashlib

import pytest

from pve_simulator.replay.recording import Exchange
from pve_simulator.replay.transfers import build_stand_in, read_web
from pve_simulator.state.web import WebFile

UPID = "UPID:pve1:00000770:0006AA34:6B00E487:imgcopy::root@pam!mcp:"


def exchange(method, path, params=None, body=None, status=200, reason="OK") -> Exchange:
    return Exchange(method, path, "", params or {}, None, None, None, status, reason, body, "")


def log(*lines) -> Exchange:
    data = [{"n": number, "t": line} for number, line in enumerate(lines, start=1)]
    return exchange("GET", f"/nodes/pve1/tasks/{UPID}/log", body={"data": data})


def test_an_upload_stands_in_with_the_name_size_and_sum_that_the_log_tells():
    item = exchange("POST", "/nodes/pve1/storage/local/upload", body={"data": UPID})
    read = log(
        "calculating checksum...OK, checksum verified", "target file: /x/iso/a.iso", "file size is: 20", "TASK OK"
    )

    file = build_stand_in(item, [read], {"content": "iso", "checksum-algorithm": "sha256", "checksum": "ab"})

    assert (file.filename, len(file.content)) == ("a.iso", 20)
    assert file.params["checksum"] == hashlib.sha256(file.content).hexdigest()


@pytest.mark.parametrize(
    ("lines", "magic"),
    [(("target file: /x/d.qcow2", "file size is: 9"), True), (("Image is not in qcow2 format",), False)],
)
def test_an_image_stands_in_as_good_or_bad_as_it_was(lines, magic):
    item = exchange("POST", "/nodes/pve1/storage/local/upload", body={"data": UPID})

    file = build_stand_in(item, [log(*lines)], {"content": "import"})

    assert file.content.startswith(b"QFI\xfb") == magic


def test_a_refused_name_stands_in_as_one():
    body = {"data": None, "errors": {"filename": "wrong file extension"}}

    assert build_stand_in(exchange("POST", "/upload", body=body), [], {"content": "iso"}).filename == "file.bin"


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        (
            ("HTTP request sent, awaiting response... 200 OK", "Length: 300 [text/x]"),
            WebFile(300, "text/x"),
        ),
        (("HTTP request sent, awaiting response... 404 Gone", "x"), WebFile(status=404, reason="Gone")),
        (
            ("TASK ERROR: download failed: Connecting to h:1... failed: Connection refused.",),
            WebFile(status=0, reason="Connection refused"),
        ),
        (("TASK ERROR: checksum mismatch: got 'ab' != expect 'cd'",), WebFile(checksums={"md5": "ab"})),
    ],
)
def test_a_download_tells_what_its_url_answered(lines, known):
    params = {"url": "http://h:1/x", "checksum-algorithm": "md5"}
    item = exchange("POST", "/nodes/pve1/storage/local/download-url", params, {"data": UPID})

    assert read_web([item, log(*lines)]).files == {"http://h:1/x": known}


def test_a_file_server_that_was_not_there_is_not_here_either():
    reason = "create storage failed: storage 'nfs1' is not online"
    item = exchange("POST", "/storage", {"storage": "nfs1", "type": "nfs", "server": "10.0.0.9"}, {}, 500, reason)

    assert read_web([item]).unreachable == ["10.0.0.9"]


@pytest.mark.parametrize(
    ("status", "reason", "body", "known"),
    [
        (200, "OK", {"data": {"size": 7, "mimetype": "text/x"}}, WebFile(7, "text/x")),
        (500, "invalid server response: '404 Gone'", {}, WebFile(status=404, reason="Gone")),
        (
            500,
            "invalid server response: '500 Can't connect to h:1 (No route)'",
            {},
            WebFile(status=0, reason="No route"),
        ),
    ],
)
def test_metadata_tell_what_a_url_answered(status, reason, body, known):
    item = exchange("GET", "/nodes/pve1/query-url-metadata", {"url": "http://h:1/x"}, body, status, reason)

    assert read_web([item]).files == {"http://h:1/x": known}
