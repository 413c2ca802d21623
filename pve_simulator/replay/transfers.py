# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that were uploaded or downloaded during a recording, which does not keep them: what it shows of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pve_simulator.replay.names import upids_in
from pve_simulator.replay.recording import Exchange
from pve_simulator.state.web import Web, WebFile

_NAMES = {"iso": "plain_name.iso", "vztmpl": "template.tar.gz", "import": "disk.qcow2"}
_MAGIC = {"qcow2": b"QFI\xfb", "vmdk": b"KDMV"}
_SMALL = b"stand-in"
_RESPONSE = re.compile(r"awaiting response\.\.\. (\d+) (.+)")
_LENGTH = re.compile(r"^Length: (\d+).*\[(.+)\]")
_UNREACHED = re.compile(r"Connecting to \S+ failed: (.+?)\.$")
_UNRESOLVED = re.compile(r"^Resolving .*failed: (.+?)\.$")
_INVALID = re.compile(r"invalid server response: '(\d+) (.+)'")
_NO_CONNECTION = re.compile(r"Can't connect to \S+ \((.+)\)")
_MISMATCH = re.compile(r"checksum mismatch: got '([0-9a-f]+)'")


@dataclass(frozen=True, slots=True)
class StandIn:
    """A file to upload in place of the recorded one, and the parameters that go with it."""

    filename: str
    content: bytes
    params: dict[str, Any]


def build_stand_in(item: Exchange, later: Sequence[Exchange], params: dict[str, Any]) -> StandIn:
    """A file with the name, size and nature that the recorded answer and its task's log tell of."""
    content = str(params.get("content"))
    lines = find_log(item, later)
    text = "\n".join(lines)
    name = _NAMES.get(content, "file.bin")
    if isinstance(item.body, dict) and "filename" in (item.body.get("errors") or {}):
        name = "file.bin"
    target = re.search(r"^target file: .*/([^/\n]+)$", text, re.MULTILINE)
    name = target[1] if target else name
    size = re.search(r"^file size is: (\d+)$", text, re.MULTILINE)
    magic = b"" if "Image is not in" in text else _MAGIC.get(name.rpartition(".")[2], b"")
    data = magic.ljust(int(size[1]), b"\0") if size else magic + _SMALL
    if "checksum verified" in text:
        digest = hashlib.new(str(params["checksum-algorithm"]), data, usedforsecurity=False)
        params = {**params, "checksum": digest.hexdigest()}
    return StandIn(name, data, params)


def read_web(recording: Sequence[Exchange]) -> Web:
    """What the URLs of a recording answered, and which file servers did not."""
    web = Web(unreachable=_unreachable_servers(recording))
    for number, item in enumerate(recording):
        url = item.params.get("url")
        if not isinstance(url, str):
            continue
        if item.path.endswith("/query-url-metadata"):
            _learn_metadata(web, url, item)
        elif item.path.endswith("/download-url"):
            lines = find_log(item, recording[number:])
            _learn_download(web, url, lines, str(item.params.get("checksum-algorithm")))
    return web


def _unreachable_servers(recording: Sequence[Exchange]) -> list[str]:
    return [
        str(item.params["server"])
        for item in recording
        if item.path == "/storage" and item.reason.endswith(" is not online") and "server" in item.params
    ]


def _learn_metadata(web: Web, url: str, item: Exchange) -> None:
    invalid = _INVALID.search(item.reason)
    if item.status == 200 and isinstance(item.data, dict):
        file = web.files.setdefault(url, WebFile())
        file.size = item.data.get("size", file.size)
        file.mimetype = item.data.get("mimetype", file.mimetype)
    elif invalid:
        unreached = _NO_CONNECTION.search(invalid[2])
        status, reason = (0, unreached[1]) if unreached else (int(invalid[1]), invalid[2])
        web.files[url] = WebFile(status=status, reason=reason)


def _learn_download(web: Web, url: str, lines: list[str], algorithm: str) -> None:
    for line in lines:
        if match := _RESPONSE.search(line):
            file = web.files.setdefault(url, WebFile())
            file.status, file.reason = int(match[1]), match[2]
        elif match := _LENGTH.search(line):
            file = web.files.setdefault(url, WebFile())
            file.size, file.mimetype = int(match[1]), match[2]
        elif match := _UNREACHED.search(line) or _UNRESOLVED.search(line):
            web.files[url] = WebFile(status=0, reason=match[1])
        elif match := _MISMATCH.search(line):
            web.files.setdefault(url, WebFile()).checksums[algorithm] = match[1]
        elif "Image is not in" in line:
            web.files.setdefault(url, WebFile()).image_format = "raw"


def find_log(item: Exchange, later: Sequence[Exchange]) -> list[str]:
    """The whole log of the task that an exchange started, as a later one read it."""
    upids = upids_in(item.data)
    for other in later:
        if upids and other.path.endswith(f"/{upids[0]}/log") and isinstance(other.data, list):
            return [str(line["t"]) for line in other.data]
    return []
