# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an object's document says of it: its name, its node, which guest it is; and its one form as text. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from mcp_bridge.text.redaction import Redactor, make_writable

GUEST = "guest"
OVERVIEW = "overview"
"""The section that is read each time; the others are details."""


@dataclass(frozen=True)
class Identity:
    """What tells a guest from another with its vmid; None where it is not known."""

    type: str | None = None
    uuid: str | None = None
    vmgenid: str | None = None
    created: str | None = None

    def is_other(self, found: Identity) -> bool:
        """Whether `found` is another guest for sure.

        A restored backup keeps uuid and time of creation, a rollback changes vmgenid, and people may change the uuid.
        """
        both = {name: (value, getattr(found, name)) for name, value in asdict(self).items()}
        differs = {name for name, (old, new) in both.items() if old and new and old != new}
        same = {name for name, (old, new) in both.items() if old and old == new} - {"type"}
        return bool(differs & {"type", "created"} or {"uuid", "vmgenid"} <= differs or ("uuid" in differs and not same))

    def is_proven(self, found: Identity) -> bool:
        """Whether both say enough to know."""
        return bool((self.uuid and found.uuid) or (self.created and found.created))

    def update(self, found: Identity) -> Identity:
        """These facts with those that were found now."""
        return Identity(**{**asdict(self), **{name: value for name, value in asdict(found).items() if value}})

    def render(self) -> str:
        """These facts as text."""
        return render_json({name: value for name, value in asdict(self).items() if value})


def find_identity(kind: str, document: Mapping[str, Any]) -> Identity:
    """Which guest it is, as far as a document says so; of other kinds, the key says it."""
    if kind != GUEST:
        return Identity()
    config = _get_section(document, "config")
    return Identity(
        _get_text(_get_section(document, OVERVIEW), "type"),
        _find_option(config.get("smbios1"), "uuid"),
        _get_text(config, "vmgenid"),
        _find_option(config.get("meta"), "ctime"),
    )


def find_name(kind: str, key: str, document: Mapping[str, Any]) -> str:
    """What people call it."""
    if kind != GUEST:
        return key
    config = _get_section(document, "config")
    name = _get_text(_get_section(document, OVERVIEW), "name")
    return name or _get_text(config, "name") or _get_text(config, "hostname") or key


def find_node(kind: str, key: str, document: Mapping[str, Any]) -> str | None:
    """The node that it is on; None for what is the whole cluster's."""
    if kind == GUEST:
        return _get_text(_get_section(document, OVERVIEW), "node")
    return find_home(kind, key)


def find_home(kind: str, key: str) -> str | None:
    """The node that its key names, which it can't leave."""
    match kind:
        case "node":
            return key
        case "volumes":
            return key.rpartition("@")[2] if "@" in key else None
        case "network":
            return key.partition("/")[0]
        case "firewall" if key.startswith("node/"):
            return key.removeprefix("node/")
    return None


def clean_document(document: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    """The document as it is kept: nothing that looks like a secret, and characters that every database takes."""
    return {make_writable(str(name)): _clean(section, redactor) for name, section in document.items()}


def render_json(data: Any) -> str:
    """The one form of plain data as text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def compute_digest(section: Any) -> str:
    """What a section is recognized by."""
    text = json.dumps(section, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _clean(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return make_writable(redactor.redact_text(value))
    if isinstance(value, Mapping):
        return {make_writable(str(name)): _clean(item, redactor) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, redactor) for item in value]
    # No database takes what is no number.
    return None if isinstance(value, float) and not isfinite(value) else value


def _get_section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = document.get(name)
    return section if isinstance(section, Mapping) else {}


def _get_text(section: Mapping[str, Any], name: str) -> str | None:
    value = section.get(name)
    return str(value) if isinstance(value, (str, int)) and value != "" else None


def _find_option(value: Any, name: str) -> str | None:
    """An option of a text such as `uuid=…,base64=1`."""
    if not isinstance(value, str):
        return None
    options = dict(part.partition("=")[::2] for part in value.split(","))
    return options.get(name) or None
