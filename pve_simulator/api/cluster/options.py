# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/options: datacenter.cfg(5)."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.conf_file import digest_of, render_section

_MAC_PREFIX = "BC:24:11"
# Options that are property strings, which GET splits.
_NESTED = frozenset(
    {
        "bwlimit",
        "crs",
        "ha",
        "location",
        "migration",
        "next-id",
        "notify",
        "replication",
        "tag-style",
        "u2f",
        "user-tag-access",
        "webauthn",
    }
)
_DEFAULT_KEYS = {"migration": "type"}


@route("GET", "/cluster/options")
def read(call: Call) -> dict[str, Any]:
    """All options; those who may not audit the cluster only see which tags are allowed."""
    options = call.cluster.options
    answer: dict[str, Any] = {}
    if call.subject.may("/", "Sys.Audit"):
        answer = {name: _parse_option(name, value) for name, value in options.items()}
        answer.setdefault("description", "")
        answer.setdefault("mac_prefix", _MAC_PREFIX)
    elif "tag-style" in options:
        answer["tag-style"] = _parse_option("tag-style", options["tag-style"])
    if "registered-tags" in answer:
        answer["registered-tags"] = sorted(_tags(call, "registered-tags"))
    answer["allowed-tags"] = sorted(_allowed_tags(call))
    return answer


@route("PUT", "/cluster/options")
def write(call: Call) -> None:
    """Set and delete options."""
    options = call.cluster.options
    digest = call.text("digest")
    if digest is not None and digest != digest_of(render_section(None, options)):
        raise failure("detected modified configuration - file changed by other user? Try again.")
    for name in call.items("delete"):
        options.pop(name, None)
    for name, value in call.params.items():
        if name in ("delete", "digest"):
            continue
        text = str(int(value)) if isinstance(value, bool) else _to_text(value)
        options[name] = f"{text}\n" if name == "description" and not text.endswith("\n") else text


def _allowed_tags(call: Call) -> set[str]:
    """The tags in use on guests one may see, and the registered ones."""
    used = {
        tag
        for guest in call.cluster.guests.values()
        if guest.config.get("tags", "").strip() and call.subject.may(f"/vms/{guest.vmid}", "VM.Audit")
        for tag in guest.config["tags"].split(";")
    }
    mode = _parse_properties("user-tag-access", call.cluster.options.get("user-tag-access", ""))
    registered = _tags(call, "registered-tags")
    if call.subject.may("/", "Sys.Modify"):
        return used | registered
    if mode.get("user-allow") == "none":
        return set()
    listed = set(str(mode.get("user-allow-list", "")).split(";")) - {""}
    return (used if mode.get("user-allow", "free") in ("free", "existing") else set()) | listed


def _tags(call: Call, name: str) -> set[str]:
    return {tag for tag in call.cluster.options.get(name, "").split(";") if tag}


def _parse_option(name: str, value: str) -> Any:
    # Everything else is text, numbers too.
    return _parse_properties(name, value) if name in _NESTED else value


def _parse_properties(name: str, value: str) -> dict[str, str]:
    properties = {}
    for item in value.split(","):
        key, equals, text = item.partition("=")
        if item:
            properties[key if equals else _DEFAULT_KEYS.get(name, key)] = text if equals else key
    return properties


def _to_text(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)
