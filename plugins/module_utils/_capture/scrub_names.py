# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where names stand in answers of the API, and a pseudonym in place of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

from .._api.client import segment
from .pseudonyms import Pseudonyms
from .scrub_text import TextScrubber
from .volume_names import pseudonymous_volume

# Under these keys stand words of the product, whatever things are called.
_PLAIN_TEXT = """
    action agent arch bios boot cipassword citype console content cpu crm_state cgroup-mode digest families format
    hastate hotplug iface ipversion keyboard level lock log machine macro meta method method6 mode network-type ostype
    plugintype policy_forward policy_in policy_out privs prune-backups proto qmpstatus realm-type release repoid
    running-machine running-qemu runningcpu runningmachine schedule scsihw sid startup state status subtype type
    version vga bridge_ports bridge_stp bridge_fd resources affinity
"""

_BUILT_IN_ROLE = re.compile(r"PVE\w+|Administrator|NoAccess")
_NAME_PATH = re.compile(r"(nodes|storage|ipset|groups|snapshot)/([^/]+)")
_PATH_KINDS = {"nodes": "node", "storage": "storage", "ipset": "ipset", "groups": "security-group"}
_REFERENCE = re.compile(r"(?P<scope>\+?(?:guest/|dc/)?)(?P<name>[A-Za-z][\w-]*)")
_PLACES_TEXT = """
    base datastore domain export fs-name monhost mountpoint namespace path pool portal server server2 share subdir
    target thinpool username vgname
"""
_PLAIN = frozenset(_PLAIN_TEXT.split())
_STORAGE_PLACES = _PLACES_TEXT.split()

Rule = Callable[[str], str]


class NameScrubber:
    """Gives every name in a set of readings its pseudonym."""

    def __init__(self, pseudonyms: Pseudonyms | None = None) -> None:
        self._of = pseudonyms or Pseudonyms()
        self._in = TextScrubber(self._of)
        self._rules: dict[str, Rule] = {
            "node": self._named("node"),
            "storage": self._named("storage"),
            "hostname": self._named("guest"),
            "poolid": self._pool,
            "pool": self._pool,
            "tags": self._tags,
            "userid": self._in.users,
            "user": self._in.users,
            "tokenid": self._named("token"),
            "ciuser": self._named("user"),
            "groupid": self._named("group"),
            "realm": self._named("realm"),
            "roleid": self._role,
            "volid": self._in.volume,
            "vmstate": self._in.volume,
            "hookscript": self._in.volume,
            "searchdomain": self._named("domain", "{kind}-{number}.example"),
            "vmgenid": self._of.uuid,
            "id": self._id,
            "nodes": self._node_list,
            "rule": self._named("rule"),
            "upid": self._in.text,
        }

    def scrub(self, readings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The readings under pseudonyms. The first of two passes only gets to know the names."""
        for reading in readings:
            self._reading(reading)
        return [self._reading(reading) for reading in readings]

    def _reading(self, reading: dict[str, Any]) -> dict[str, Any]:
        path = reading["path"]
        return {
            "path": self._in.upids(_NAME_PATH.sub(lambda match: self._path_part(path, match), path)),
            "params": {name: self._value(name, value, {}) for name, value in reading["params"].items()},
            "data": self._data(reading["data"], self._rules_of(path)),
        }

    def _path_part(self, path: str, match: re.Match[str]) -> str:
        if match[1] == "snapshot":
            return f"snapshot/{segment(self._snapshot(unquote(match[2])))}"
        return f"{match[1]}/{segment(self._of.name(_PATH_KINDS[match[1]], unquote(match[2])))}"

    def _rules_of(self, path: str) -> dict[str, Rule]:
        """What stands in the answer of one path and means something else elsewhere."""
        part = path.rpartition("/")[2]
        if "/firewall/" in path:
            return self._firewall_rules(path, part)
        if path == "/storage":
            return dict.fromkeys(_STORAGE_PLACES, self._where)
        if path == "/cluster/backup":
            return {"id": self._named("job")}
        if path.startswith("/cluster/replication"):
            return {"target": self._named("node"), "source": self._named("node")}
        if path.startswith("/access/"):
            return {"path": self._acl_path, "ugid": self._subject, "groups": self._groups, "users": self._in.users}
        if part == "snapshot":
            return {"name": self._snapshot, "parent": self._snapshot}
        if part in ("config", "pending"):
            return {"name": self._named("guest"), "parent": self._snapshot}
        if part == "content":
            return {"parent": self._parent_volume}
        return {"name": self._named("guest")} if part != "options" else {}

    def _firewall_rules(self, path: str, part: str) -> dict[str, Rule]:
        rules: dict[str, Rule] = {"source": self._endpoint, "dest": self._endpoint, "group": self._group_name}
        if part in ("aliases", "ipset"):
            kind = "alias" if part == "aliases" else "ipset"
            rules["name"] = lambda text: self._of.name(kind, text.lower())
        return {**rules, "cidr": self._endpoint}

    def _data(self, value: Any, rules: dict[str, Rule]) -> Any:
        if isinstance(value, list):
            return [self._data(item, rules) for item in value]
        if not isinstance(value, dict):
            return self._in.text(value) if isinstance(value, str) else value
        if isinstance(value.get("key"), str) and {"value", "pending", "delete"} & value.keys():
            return {k: item if k == "key" else self._value(value["key"], item, rules) for k, item in value.items()}
        if value.get("type") in ("node", "cluster"):
            rules = {**rules, "name": self._named(value["type"])}
        if value.get("type") == "group":
            rules = {**rules, "action": self._group_name}
        return {key: self._value(key, item, rules) for key, item in value.items()}

    def _value(self, key: str, value: Any, rules: dict[str, Rule]) -> Any:
        if isinstance(value, list) and key in ("allowed-tags", "registered-tags"):
            return [self._tags(tag) for tag in value]
        if not isinstance(value, str):
            return self._data(value, rules)
        rule = rules.get(key) or self._rules.get(key)
        if rule is not None:
            return rule(value) if value.strip() else value
        if key in _PLAIN:
            return value
        if key == "registered-tags" or key.endswith("color-map") or key == "user-allow-list":
            return self._tags(value)
        return self._in.property_string(key, value)

    def _named(self, kind: str, form: str = "{kind}-{number}") -> Rule:
        return lambda text: self._in.name(kind, text, form)

    def _snapshot(self, text: str) -> str:
        return self._in.name("snapshot", text)

    def _group_name(self, text: str) -> str:
        return self._of.name("security-group", text.lower())

    def _pool(self, text: str) -> str:
        return "/".join(self._of.name("pool", part) for part in text.split("/"))

    def _tags(self, text: str) -> str:
        tags = []
        for item in text.split(";"):
            tag, colon, color = item.partition(":")
            tags.append(f"{self._of.name('tag', tag)}{colon}{color}" if tag.strip() else item)
        return ";".join(tags)

    def _role(self, text: str) -> str:
        return text if _BUILT_IN_ROLE.fullmatch(text) else self._of.name("role", text)

    def _node_list(self, text: str) -> str:
        parts = [item.partition(":") for item in text.split(",")]
        return ",".join(f"{self._of.name('node', node)}{colon}{priority}" for node, colon, priority in parts)

    def _groups(self, text: str) -> str:
        return ",".join(self._of.name("group", item) for item in text.split(",") if item)

    def _subject(self, text: str) -> str:
        return self._in.users(text) if "@" in text else self._of.name("group", text)

    def _acl_path(self, text: str) -> str:
        _root, *parts = text.split("/")
        kinds: dict[str, Rule] = {
            "nodes": self._named("node"),
            "storage": self._named("storage"),
            "pool": self._pool,
            "groups": self._named("group"),
            "realm": self._named("realm"),
        }
        start = 2 if parts[0] == "access" else 1
        rule = kinds.get(parts[start - 1]) if len(parts) > start else None
        if rule is not None:
            parts[start:] = [rule(part) for part in parts[start:]]
        return "/".join(["", *parts])

    def _id(self, text: str) -> str:
        kind, *rest = text.split("/")
        if kind in ("node", "network", "sdn", "storage") and rest:
            rest[0] = self._of.name("node", rest[0])
        if kind == "storage" and len(rest) > 1:
            rest[1] = self._of.name("storage", rest[1])
        if kind == "pool":
            rest = [self._of.name("pool", part) for part in rest]
        return "/".join([kind, *rest])

    def _endpoint(self, text: str) -> str:
        """Addresses, or the name of an alias or IP set."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            return self._of.addresses_in(text)
        kind = "ipset" if match["scope"].startswith("+") else "alias"
        return f"{match['scope']}{self._of.name(kind, match['name'].lower())}"

    def _parent_volume(self, text: str) -> str:
        return pseudonymous_volume(self._of, text)

    def _where(self, text: str) -> str:
        """Where a storage really is: a path, a server, a volume group."""
        if self._of.address(text) != text:
            return self._of.address(text)
        if text == "/var/lib/vz":
            return text
        return self._of.name("place", text, "/place-{number}" if text.startswith("/") else "place-{number}")
