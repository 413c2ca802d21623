# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of cloud-init: how they are wished, read, compared and written."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from .._api.errors import INVALID_PARAMETER, PveError, refuse_values
from .._module.plan import HIDDEN
from .._values.ssh_keys import WHAT, is_public_key
from .options import encode, normalize, read_option

_BUSES = ("ide", "sata", "scsi", "virtio")
_UNCONDITIONAL = ("always",)
# Options of the guest's configuration, by ours.
_OPTIONS = {
    "user": "ciuser",
    "nameservers": "nameserver",
    "searchdomain": "searchdomain",
    "citype": "citype",
    "upgrade": "ciupgrade",
    "custom": "cicustom",
}


def parse_desired_options(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are set, by their names in the API and as results show them; None for those to unset.

    Raises C(invalid_parameter) for what Proxmox VE would refuse.
    """
    values = {key: params[option] for option, key in _OPTIONS.items() if params.get(option) is not None}
    for entry in params.get("ipconfig") or ():
        values[f"ipconfig{entry['interface']}"] = {
            key: entry[key] for key in ("ip", "gw", "ip6", "gw6") if entry.get(key)
        }
    desired = {key: _to_shown(key, normalize("qemu", key, value)) for key, value in values.items()}
    if params.get("ssh_keys") is not None:
        desired["sshkeys"] = split_keys("\n".join(params["ssh_keys"])) or None
    return desired


def require_public_key(keys: list[str] | None) -> None:
    """Raise C(invalid_parameter) where none of the keys is one, which Proxmox VE refuses."""
    if keys and not any(map(is_public_key, keys)):
        raise refuse_values([("ssh_keys", keys[0], f"it must be {WHAT}")])


def describe_doubts(params: Mapping[str, Any]) -> list[str]:
    """What Proxmox VE takes although the guest can't use it, as sentences."""
    keys = split_keys("\n".join(params.get("ssh_keys") or ()))
    doubts = [
        f"{key!r} in ssh_keys is no public key; no system will let anybody in with it."
        for key in keys
        if not is_public_key(key)
    ]
    for entry in params.get("ipconfig") or ():
        for address, gateway in (("ip", "gw"), ("ip6", "gw6")):
            doubts += _describe_gateway(entry.get(address), entry.get(gateway))
    return doubts


def _describe_gateway(address: str | None, gateway: str | None) -> list[str]:
    try:
        network, router = ipaddress.ip_interface(address or "").network, ipaddress.ip_address(gateway or "")
    except ValueError:
        return []
    if router in network or router.is_link_local:
        return []
    return [f"The gateway {gateway} is not in the network {network} of {address}; the guest may not reach it."]


def split_keys(text: str) -> list[str]:
    """The SSH keys in a text that has one in each line, each once, without comments."""
    lines = [line.strip() for line in text.splitlines()]
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def normalize_value(key: str, config: Mapping[str, Any]) -> Any:
    """An option of the configuration in the form in which it is shown and compared."""
    if key == "sshkeys":
        return split_keys(unquote(config.get(key) or "")) or None
    return _to_shown(key, read_option("qemu", config, key))


def _to_shown(key: str, value: Any) -> Any:
    return " ".join(value) or None if isinstance(value, list) else value


def encode_value(key: str, value: Any) -> Any:
    """A value as the API takes it; SSH keys are percent-encoded inside the form value."""
    if key == "sshkeys":
        return quote("\n".join(value) + "\n", safe="")
    return value if key in ("cipassword", "drive") else encode("qemu", key, value)


def describe_options(config: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The named options of a configuration as results show them; the password only as set or not."""
    described: dict[str, Any] = {
        key: normalize_value(key, config) for key in keys if key not in ("cipassword", "drive")
    }
    if "cipassword" in keys:
        described["cipassword"] = HIDDEN if config.get("cipassword") else None
    if "drive" in keys:
        described["drive"] = find_cloudinit_drive(config)
    return described


def find_cloudinit_drive(config: Mapping[str, Any]) -> str | None:
    """The drive that holds a cloud-init image, such as C(ide2)."""
    for key, value in config.items():
        volume = str(value).split(",", 1)[0]
        if key.rstrip("0123456789") in _BUSES and (volume.endswith(":cloudinit") or "-cloudinit" in volume):
            return key
    return None


def find_differences(
    config: dict[str, Any], values: dict[str, Any], params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The state before and after as results show it, and the options to set; None for those to unset."""
    before = describe_options(config, values)
    after = dict(values)
    changes = {key: value for key, value in values.items() if value != before[key]}
    if params["password"] and (params["update_password"] in _UNCONDITIONAL or not config.get("cipassword")):
        before["cipassword"] = HIDDEN if config.get("cipassword") else None
        after["cipassword"] = HIDDEN
        changes["cipassword"] = params["password"]
    if params["drive_storage"]:
        before["drive"] = find_cloudinit_drive(config)
        after["drive"] = before["drive"] or params["drive"]
        if before["drive"] is None:
            _require_free(config, params["drive"])
            changes[params["drive"]] = f"{params['drive_storage']}:cloudinit"
    return before, after, changes


def _require_free(config: dict[str, Any], drive: str) -> None:
    volume = str(config.get(drive) or "")
    if volume and not volume.startswith("none"):
        raise PveError(
            INVALID_PARAMETER,
            f"{drive} holds {volume.split(',', 1)[0]}, which the cloud-init drive would replace.",
            "Choose a free drive, such as ide0 or scsi30, or empty that one first.",
        )
