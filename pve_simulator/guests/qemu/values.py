# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request values as configurations hold them."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from pve_simulator.schema.perl import split_list, to_text
from pve_simulator.state.cluster import Cluster

QEMU_VERSION = "10.0.13"
_PINNED = "10.0+pve1"
_HASHED = re.compile(r"\$(?:[156]|2[ay])(?:\$.+){2}")


def config_text(key: str, value: Any, cluster: Cluster) -> str | None:
    """One value as its line in the file reads back; None when nothing is left of it."""
    if key == "tags":
        return unique_tags(value, cluster) or " "
    text = "\0".join(to_text(item) for item in value) if isinstance(value, list) else to_text(value)
    if key == "description":
        return text.rstrip() or None
    return text.strip() or " "


def unique_tags(value: Any, cluster: Cluster) -> str:
    """Tags without duplicates, sorted, in lower case unless the datacenter's tag style keeps case."""
    items = [str(item) for item in value] if isinstance(value, list) else split_list(str(value))
    style = dict(part.split("=", 1) for part in cluster.options.get("tag-style", "").split(",") if "=" in part)
    if style.get("case-sensitive", "0") not in ("1", "on", "yes", "true"):
        items = [item.lower() for item in items]
    items = list(dict.fromkeys(item for item in items if item))
    return ";".join(items if style.get("ordering") == "config" else sorted(items))


def render_command_line(params: Mapping[str, Any]) -> str:
    """Parameters as the log names them; passwords hidden."""
    return " ".join(
        f"-{key} {'<hidden>' if key == 'cipassword' else _render_value(params[key])}" for key in sorted(params)
    )


def _render_value(value: Any) -> str:
    return ",".join(to_text(item) for item in value) if isinstance(value, list) else to_text(value)


def meta_text(now: float) -> str:
    """The value of `meta` for a machine created now."""
    return f"creation-qemu={QEMU_VERSION},ctime={int(now)}"


def pinned_machine(config: Mapping[str, str]) -> str | None:
    """The machine version that a new Windows guest is kept at; None for others and for chosen versions."""
    if not config.get("ostype", "").startswith("w"):
        return None
    kind, comma, rest = config.get("machine", "pc").partition(",")
    family = {"pc": "pc-i440fx", "q35": "pc-q35"}.get(kind.removeprefix("type="))
    return f"{family}-{_PINNED}{comma}{rest}" if family else None


def omit_options(params: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The parameters that are no options of the call itself."""
    omitted = set(names)
    return {key: value for key, value in params.items() if key not in omitted}


def hash_password(password: str) -> str:
    """A password as it is kept for systems that read hashes: of the shape of crypt(3) with SHA-256.

    What looks like a hash already stays as it is.
    """
    if _HASHED.match(password):
        return password
    salt = secrets.token_hex(4)
    digest = hashlib.sha256(f"{salt}{password}".encode()).digest()
    return f"$5${salt}${base64.b64encode(digest, b'./').decode().rstrip('=')}"
