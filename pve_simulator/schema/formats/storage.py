# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes, sizes and what storages hold (pve-storage)."""

from __future__ import annotations

import re

from pve_simulator.schema.formats._base import Validator, accepts, format_error, match_pattern
from pve_simulator.schema.formats.network import FORMATS as NETWORK

CONTENT_TYPES = frozenset(("images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none", "import"))

_verify_volume_id = match_pattern(r"(?i)^[a-z][a-z0-9\-_.]*[a-z0-9]:.+$", "unable to parse volume ID '{}'")


def _verify_volume_or_path(value: str) -> None:
    if not value.startswith("/"):
        _verify_volume_id(value)


def _verify_volume_or_qm_path(value: str) -> None:
    if value not in ("none", "cdrom"):
        _verify_volume_or_path(value)


def _verify_content(value: str) -> None:
    if value not in CONTENT_TYPES:
        raise format_error(f"invalid content type '{value}'")


def _verify_path(value: str) -> None:
    if not re.search(r"^/[^;()]+", value):
        raise format_error("value does not look like a valid absolute path")


def _verify_server(value: str) -> None:
    if not accepts(NETWORK["address"], value):
        raise format_error("value does not look like a valid server name or IP address")


def _verify_portal(value: str) -> None:
    host, dummy, port = value.rpartition(":") if re.search(r":\d+$", value) else (value, "", "")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not accepts(NETWORK["address"], host) or (port and int(port) > 65535):
        raise format_error("value does not look like a valid portal address")


def _verify_mountpoint(value: str) -> None:
    """A volume or path of a container: any text that does not climb with `.` or `..`."""
    if re.search(r"/\.\.?/|/\.\.?$|^\.\./", value):
        raise format_error(f"{value} contains illegal character sequences")


FORMATS: dict[str, Validator] = {
    "pve-volume-id": _verify_volume_id,
    "pve-volume-id-or-absolute-path": _verify_volume_or_path,
    "pve-volume-id-or-qm-path": _verify_volume_or_qm_path,
    "pve-lxc-mp-string": _verify_mountpoint,
    "disk-size": match_pattern(r"^(\d+(\.\d+)?)([KMGT])?$", "value does not look like a valid disk size: {}"),
    "pve-storage-content": _verify_content,
    "pve-storage-path": _verify_path,
    "pve-storage-path-in-property-string": _verify_path,
    "pve-storage-server": _verify_server,
    "pve-storage-portal-dns": _verify_portal,
    "pve-storage-vgname": match_pattern(
        r"(?i)^[a-z0-9][a-z0-9\-_.]*[a-z0-9]$", "lvm name '{}' contains illegal characters"
    ),
    "pve-storage-options": match_pattern(r"^\S+$", "invalid options '{}'"),
    # A relative path without two dots in a row and none at the end.
    "pve-dir-override": match_pattern(
        rf"^({'|'.join(sorted(CONTENT_TYPES))})=([^.]|\.(?=[^.]))+$", "invalid override '{}'"
    ),
    "pve-storage-zfs-blocksize": match_pattern(r"(?i)^\d+[km]?$", "value does not look like a valid block size"),
}
