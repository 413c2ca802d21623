# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a download writes into its task's log. Pure functions."""

from __future__ import annotations

import time
from urllib.parse import urlsplit
from zlib import crc32

from pve_simulator.state.web import WebFile

_UNITS = ("", "K", "M", "G", "T")


def connection_lines(url: str, web: WebFile, now: float) -> list[str]:
    """From the request to the answer's status."""
    lines = [f"--{_format_time(now)}--  {url}"]
    host, port = _split_address(url)
    if not web.status:
        return [*lines, f"Resolving {host} ({host})... failed: {web.reason}."] if _is_unresolved(web) else lines
    if host.replace(".", "").isdecimal():
        lines.append(f"Connecting to {host}:{port}... connected.")
    else:
        address = f"203.0.113.{crc32(host.encode()) % 254 + 1}"
        lines.append(f"Resolving {host} ({host})... {address}")
        lines.append(f"Connecting to {host} ({host})|{address}|:{port}... connected.")
    lines.append(f"HTTP request sent, awaiting response... {web.status} {web.reason}")
    return lines


def describe_failure(url: str, web: WebFile, now: float) -> tuple[list[str], str]:
    """The last lines and the error of a download that got no file."""
    if not web.status:
        host, port = _split_address(url)
        if _is_unresolved(web):
            return [], f"download failed: wget: unable to resolve host address '{host}'"
        return [], f"download failed: Connecting to {host}:{port}... failed: {web.reason}."
    code = 6 if web.status == 401 else 8
    return [f"{_format_time(now)} ERROR {web.status}: {web.reason}."], f"download failed: exit code {code}"


def transfer_lines(web: WebFile, path: str, began: float, now: float) -> list[str]:
    """Length, progress and end of a transfer to a path."""
    seconds = max(now - began, 0.001)
    rate = _human_size(int(web.size / seconds))
    amount, unit = rate.rstrip("KMGT"), rate.lstrip("0123456789.")
    return [
        f"Length: {web.size}{f' ({_human_size(web.size)})' if web.size >= 1024 else ''} [{web.mimetype}]",
        f"Saving to: '{path}'",
        f"     0K                                    100% {rate}={seconds:.3g}s",
        f"{_format_time(now)} ({amount} {unit}B/s) - '{path}' saved [{web.size}/{web.size}]",
    ]


def _is_unresolved(web: WebFile) -> bool:
    return "resol" in web.reason or "Name or service" in web.reason


def _human_size(size: int) -> str:
    power = min((size.bit_length() - 1) // 10, len(_UNITS) - 1) if size else 0
    amount = size / 1024**power
    return f"{amount:.1f}{_UNITS[power]}" if power and amount < 10 else f"{amount:.0f}{_UNITS[power]}"


def _split_address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _format_time(now: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
