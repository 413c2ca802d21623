# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest agent of QEMU guests: read and write files, wait for commands, and say why that is impossible."""

from __future__ import annotations

import base64
import binascii
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._api.errors import INVALID_PARAMETER, TIMEOUT, UNSUPPORTED, PveError
from .._api.tasks import poll_delays
from .._api.waits import Wait

if TYPE_CHECKING:
    from .._api.client import Client
    from .guest import Guest

# The longest values that parameters of the API take, in characters.
MAX_STDIN = 65536
MAX_CONTENT = 61440
_PLAIN = re.compile(rb"[\t\n\r -~]*")
_MISSING = re.compile(r"No such file or directory|cannot find the (?:file|path)", re.IGNORECASE)
_FOLDER = re.compile(r"Is a directory", re.IGNORECASE)
_NOT_RUNNING = re.compile(r"VM \d+ (?:is )?not running")


@dataclass(frozen=True)
class Content:
    """The content of a file in a guest; I(truncated): there is more than the API returns (16 MiB)."""

    data: bytes
    truncated: bool = False


def require_qemu(guest: Guest) -> None:
    """Raise C(unsupported) for a container."""
    if guest.type == "lxc":
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is a container, in which the API of Proxmox VE can't run commands or reach files.",
            "Reach it over SSH, or run pct exec, pct push or pct pull on its node.",
        )


def check_allowed(client: Client, guest: Guest, command: str) -> None:
    """Raise C(unsupported) unless the guest's agent answers and allows a command such as C(guest-exec)."""
    answer = _ask(client, guest, "info").get("result")
    entries = answer.get("supported_commands", []) if isinstance(answer, dict) else []
    allowed = {entry["name"]: bool(entry.get("enabled", True)) for entry in entries}
    if allowed and not allowed.get(command, False):
        raise PveError(
            UNSUPPORTED,
            f"The agent of guest {guest.label} does not allow {command}.",
            "Allow it in the guest, mostly in /etc/sysconfig/qemu-ga or /etc/qemu/qemu-ga.conf, and restart the agent. "
            "While its file systems are frozen for a backup, an agent allows nothing either.",
        )


def read_file(client: Client, guest: Guest, path: str) -> Content | None:
    """The content of a file, None when there is no such file; raises C(unsupported) without an agent."""
    try:
        answer = _ask(client, guest, "file-read", file=path)
    except PveError as error:
        if _MISSING.search(error.message):
            return None
        raise
    return Content(api_text_to_bytes(answer.get("content")), bool(int(answer.get("truncated") or 0)))


def exists(client: Client, guest: Guest, path: str) -> bool:
    """Whether there is a file or a folder at I(path) in the guest."""
    try:
        return read_file(client, guest, path) is not None
    except PveError as error:
        if _FOLDER.search(error.message):
            return True
        raise


def wait_for_exit(client: Client, guest: Guest, pid: int, deadline: float) -> dict[str, Any]:
    """The status of a command that has ended; raises C(timeout) when C(time.monotonic()) reaches I(deadline) first.

    The agent returns it only once.
    """
    delays = poll_delays()
    with Wait(f"the command in guest {guest.label}", deadline - time.monotonic()) as wait:
        while True:
            status = client.get(f"{guest.path}/agent/exec-status", pid=pid)
            if int(status.get("exited") or 0):
                return status
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise PveError(
                    TIMEOUT,
                    f"The command in guest {guest.label} still runs after the timeout, as process {pid}.",
                    "It was not stopped: end it inside the guest, or run it with a larger timeout.",
                )
            wait.note()
            time.sleep(min(next(delays), remaining))


def _ask(client: Client, guest: Guest, command: str, **params: Any) -> dict[str, Any]:
    try:
        return client.get(f"{guest.path}/agent/{command}", **params)
    except PveError as error:
        if _NOT_RUNNING.search(error.message):
            hint = "Start it first, as with pve_guest_state."
            raise PveError(UNSUPPORTED, f"Guest {guest.label} does not run.", hint, error.http_status) from error
        raise


def api_text_to_bytes(text: str | None) -> bytes:
    """The bytes of a text from a guest, in which the API has a character for each byte."""
    try:
        return (text or "").encode("latin-1")
    except UnicodeEncodeError:
        return (text or "").encode()


def bytes_to_api_text(data: bytes) -> str:
    """Bytes as the API takes them for a guest: a character for each byte, since it takes no others."""
    return data.decode("latin-1")


def option_to_bytes(option: str, text: str, encoding: str) -> bytes:
    """The bytes of an option's value; raises C(invalid_parameter) for base64 that is invalid."""
    if encoding != "base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise PveError(
            INVALID_PARAMETER, f"{option} is not base64: {exc}", "Correct it, or leave encoding out."
        ) from exc


def bytes_to_result(data: bytes, encoding: str, limit: int) -> tuple[str, bool]:
    """At most I(limit) bytes as text for a result, and whether any were cut off.

    Bytes that are not UTF-8 are decoded as Latin-1, a character for each byte, so that nothing is lost.
    """
    kept = data[:limit]
    cut = len(kept) < len(data)
    if encoding == "base64":
        return base64.b64encode(kept).decode(), cut
    try:
        return kept.decode(), cut
    except UnicodeDecodeError as exc:
        # The limit cut a character in two.
        if cut and exc.start >= len(kept) - 3:
            return kept[: exc.start].decode(), cut
    return bytes_to_api_text(kept), cut


def build_write_params(path: str, data: bytes) -> dict[str, Any]:
    """The parameters of the request that writes a file; raises C(invalid_parameter) for more than the API takes."""
    plain = _PLAIN.fullmatch(data) is not None
    content = data.decode() if plain else base64.b64encode(data).decode()
    if len(content) > MAX_CONTENT:
        raise PveError(
            INVALID_PARAMETER,
            f"{path} would have {len(data)} bytes, more than the API of Proxmox VE writes into a guest.",
            "It writes 60 KiB of plain ASCII or 45 KiB of anything else; let the guest fetch what is larger.",
        )
    return {"file": path, "content": content, **({} if plain else {"encode": 0})}
