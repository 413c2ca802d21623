# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Proxmox VE lets only root@pam do, logged in with a password: known before a request is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._api.errors import PERMISSION_DENIED, PveError
from .._guest.options import parse_flag, read_option
from .._module.plan import Step

_ROOT = "root@pam"
_CONFIG = re.compile(r"/nodes/[^/]+/(?P<kind>qemu|lxc)(?:/\d+/config)?")
# Of machines, as qemu-server's check_vm_modify_config_perm has them.
_OPTIONS = frozenset(
    (
        *("affinity", "amd-sev", "arch", "args", "hookscript", "hugepages", "intel-tdx", "ivshmem", "keephugepages"),
        *("parallel0", "parallel1", "parallel2", "spice_enhancements", "vmgenid"),
    )
)
_MAPPED = re.compile(r"(?:hostpci|usb)\d+")
_HOST_PATH = re.compile(r"(?:^|(?:^|,)(?:file|volume|import-from)=)/")
_DRIVE = re.compile(r"(?:ide|sata|scsi|virtio|mp)\d+|rootfs")


def check_rights(steps: Sequence[Step], config: Mapping[str, Any], identity: str) -> None:
    """Raise C(permission_denied) for requests that Proxmox VE keeps for another than this user or token.

    I(config) is the configuration of the guest that they are for. Who the user is may be unknown, an empty text.
    """
    if identity in ("", _ROOT):
        return
    reserved: dict[str, str] = {}
    for step in steps:
        match = _CONFIG.fullmatch(step.path)
        if match:
            reserved |= dict((_find_of_machine if match["kind"] == "qemu" else _find_of_container)(step, config))
        elif step.path == "/access/password" and "!" in identity:
            reserved["password"] = "not with a token"  # noqa: S105 (it is said of it)
    if reserved:
        raise PveError(
            PERMISSION_DENIED,
            f"{identity} can't set {', '.join(f'{name} ({why})' for name, why in sorted(reserved.items()))}.",
            "Proxmox VE reserves this for root@pam logged in with a password; an API token can't do it.",
            fields=reserved,
        )


def _find_of_machine(step: Step, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _list_names(step):
        value = str(step.params.get(name, config.get(name, "")))
        if name in _OPTIONS:
            yield name, "only root@pam itself"
        elif re.fullmatch(r"serial\d+", name) and value not in ("socket", ""):
            yield name, "only root@pam itself for a real device"
        elif (
            _MAPPED.fullmatch(name) and value and "mapping=" not in value and not re.match("(host=)?spice", value, re.I)
        ):
            yield name, "only root@pam itself for a device without a mapping"
        elif _is_path_of_host(name, value):
            yield name, "only root@pam itself for a path of the node"


def _find_of_container(step: Step, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _list_names(step):
        if name == "hookscript" or re.fullmatch(r"dev\d+", name):
            yield name, "only root@pam itself"
        elif _is_path_of_host(name, str(step.params.get(name, ""))):
            yield name, "only root@pam itself for a path of the node"
        elif name == "features":
            unprivileged = parse_flag(step.params.get("unprivileged", config.get("unprivileged", 0)))
            before, after = read_option("lxc", config, name) or {}, read_option("lxc", step.params, name) or {}
            changed = {key for key in {*before, *after} if before.get(key, "0") != after.get(key, "0")}
            if changed and not unprivileged:
                yield name, "only root@pam itself for a privileged container"
            elif changed - {"nesting"}:
                yield name, "only root@pam itself for all but nesting"


def _list_names(step: Step) -> list[str]:
    return [*step.params, *filter(None, str(step.params.get("delete") or "").split(","))]


def _is_path_of_host(name: str, value: str) -> bool:
    """Whether a drive, a mount point or what one is made from is to be a file, directory or device of the node."""
    if name == "ostemplate":
        return value.startswith("/")
    return _DRIVE.fullmatch(name) is not None and _HOST_PATH.search(value) is not None
