# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace each name in answers of the API by its pseudonym. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .._api.client import segment
from .pseudonyms import Pseudonyms
from .scrub_text import TextScrubber
from .volume_names import replace_volume_name

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[[str], str]

# The values of these keys are words of Proxmox VE, even if something has such a name.
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


class NameScrubber:
    """Replaces every name in a set of readings by its pseudonym."""

    def __init__(self, pseudonyms: Pseudonyms | None = None) -> None:
        self._pseudonyms = pseudonyms or Pseudonyms()
        self._texts = TextScrubber(self._pseudonyms)
        self._rules: dict[str, Rule] = {
            "node": self._make_rule("node"),
            "storage": self._make_rule("storage"),
            "hostname": self._make_rule("guest"),
            "poolid": self._replace_pool,
            "pool": self._replace_pool,
            "tags": self._replace_tags,
            "userid": self._texts.replace_users,
            "user": self._texts.replace_users,
            "tokenid": self._make_rule("token"),
            "ciuser": self._make_rule("user"),
            "groupid": self._make_rule("group"),
            "realm": self._make_rule("realm"),
            "roleid": self._replace_role,
            "volid": self._texts.replace_volume,
            "vmstate": self._texts.replace_volume,
            "hookscript": self._texts.replace_volume,
            "searchdomain": self._make_rule("domain", "{kind}-{number}.example"),
            "vmgenid": self._pseudonyms.replace_uuid,
            "id": self._replace_id,
            "nodes": self._replace_nodes,
            "rule": self._make_rule("rule"),
            "upid": self._texts.scrub_text,
        }

    def scrub(self, readings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The readings with pseudonyms. The first of two passes only collects the names."""
        for reading in readings:
            self._scrub_reading(reading)
        return [self._scrub_reading(reading) for reading in readings]

    def _scrub_reading(self, reading: dict[str, Any]) -> dict[str, Any]:
        path = reading["path"]
        return {
            "path": self._texts.replace_upids(_NAME_PATH.sub(lambda match: self._replace_path_part(path, match), path)),
            "params": {name: self._scrub_value(name, value, {}) for name, value in reading["params"].items()},
            "data": self._scrub_data(reading["data"], self._find_rules(path)),
        }

    def _replace_path_part(self, path: str, match: re.Match[str]) -> str:
        if match[1] == "snapshot":
            return f"snapshot/{segment(self._replace_snapshot(unquote(match[2])))}"
        return f"{match[1]}/{segment(self._pseudonyms.replace_name(_PATH_KINDS[match[1]], unquote(match[2])))}"

    def _find_rules(self, path: str) -> dict[str, Rule]:
        """The rules for keys whose meaning depends on the path."""
        part = path.rpartition("/")[2]
        if "/firewall/" in path:
            return self._build_firewall_rules(path, part)
        if path == "/storage":
            return dict.fromkeys(_STORAGE_PLACES, self._replace_location)
        if path == "/cluster/backup":
            return {"id": self._make_rule("job")}
        if path.startswith("/cluster/replication"):
            return {"target": self._make_rule("node"), "source": self._make_rule("node")}
        if path.startswith("/access/"):
            return {
                "path": self._replace_acl_path,
                "ugid": self._replace_holder,
                "groups": self._replace_groups,
                "users": self._texts.replace_users,
            }
        if part == "snapshot":
            return {"name": self._replace_snapshot, "parent": self._replace_snapshot}
        if part in ("config", "pending"):
            return {"name": self._make_rule("guest"), "parent": self._replace_snapshot}
        if part == "content":
            return {"parent": self._replace_parent_volume}
        return {"name": self._make_rule("guest")} if part != "options" else {}

    def _build_firewall_rules(self, path: str, part: str) -> dict[str, Rule]:
        rules: dict[str, Rule] = {
            "source": self._replace_endpoint,
            "dest": self._replace_endpoint,
            "group": self._replace_security_group,
        }
        if part in ("aliases", "ipset"):
            kind = "alias" if part == "aliases" else "ipset"
            rules["name"] = lambda text: self._pseudonyms.replace_name(kind, text.lower())
        return {**rules, "cidr": self._replace_endpoint}

    def _scrub_data(self, value: Any, rules: dict[str, Rule]) -> Any:
        if isinstance(value, list):
            return [self._scrub_data(item, rules) for item in value]
        if not isinstance(value, dict):
            return self._texts.scrub_text(value) if isinstance(value, str) else value
        if isinstance(value.get("key"), str) and {"value", "pending", "delete"} & value.keys():
            return {
                k: item if k == "key" else self._scrub_value(value["key"], item, rules) for k, item in value.items()
            }
        if value.get("type") in ("node", "cluster"):
            rules = {**rules, "name": self._make_rule(value["type"])}
        if value.get("type") == "group":
            rules = {**rules, "action": self._replace_security_group}
        return {key: self._scrub_value(key, item, rules) for key, item in value.items()}

    def _scrub_value(self, key: str, value: Any, rules: dict[str, Rule]) -> Any:
        if isinstance(value, list) and key in ("allowed-tags", "registered-tags"):
            return [self._replace_tags(tag) for tag in value]
        if not isinstance(value, str):
            return self._scrub_data(value, rules)
        rule = rules.get(key) or self._rules.get(key)
        if rule is not None:
            return rule(value) if value.strip() else value
        if key in _PLAIN:
            return value
        if key == "registered-tags" or key.endswith("color-map") or key == "user-allow-list":
            return self._replace_tags(value)
        return self._texts.scrub_properties(key, value)

    def _make_rule(self, kind: str, form: str = "{kind}-{number}") -> Rule:
        return lambda text: self._texts.replace_name(kind, text, form)

    def _replace_snapshot(self, text: str) -> str:
        return self._texts.replace_name("snapshot", text)

    def _replace_security_group(self, text: str) -> str:
        return self._pseudonyms.replace_name("security-group", text.lower())

    def _replace_pool(self, text: str) -> str:
        return "/".join(self._pseudonyms.replace_name("pool", part) for part in text.split("/"))

    def _replace_tags(self, text: str) -> str:
        tags = []
        for item in text.split(";"):
            tag, colon, color = item.partition(":")
            tags.append(f"{self._pseudonyms.replace_name('tag', tag)}{colon}{color}" if tag.strip() else item)
        return ";".join(tags)

    def _replace_role(self, text: str) -> str:
        return text if _BUILT_IN_ROLE.fullmatch(text) else self._pseudonyms.replace_name("role", text)

    def _replace_nodes(self, text: str) -> str:
        parts = [item.partition(":") for item in text.split(",")]
        return ",".join(
            f"{self._pseudonyms.replace_name('node', node)}{colon}{priority}" for node, colon, priority in parts
        )

    def _replace_groups(self, text: str) -> str:
        return ",".join(self._pseudonyms.replace_name("group", item) for item in text.split(",") if item)

    def _replace_holder(self, text: str) -> str:
        return self._texts.replace_users(text) if "@" in text else self._pseudonyms.replace_name("group", text)

    def _replace_acl_path(self, text: str) -> str:
        _root, *parts = text.split("/")
        kinds: dict[str, Rule] = {
            "nodes": self._make_rule("node"),
            "storage": self._make_rule("storage"),
            "pool": self._replace_pool,
            "groups": self._make_rule("group"),
            "realm": self._make_rule("realm"),
        }
        start = 2 if parts[0] == "access" else 1
        rule = kinds.get(parts[start - 1]) if len(parts) > start else None
        if rule is not None:
            parts[start:] = [rule(part) for part in parts[start:]]
        return "/".join(["", *parts])

    def _replace_id(self, text: str) -> str:
        kind, *rest = text.split("/")
        if kind in ("node", "network", "sdn", "storage") and rest:
            rest[0] = self._pseudonyms.replace_name("node", rest[0])
        if kind == "storage" and len(rest) > 1:
            rest[1] = self._pseudonyms.replace_name("storage", rest[1])
        if kind == "pool":
            rest = [self._pseudonyms.replace_name("pool", part) for part in rest]
        return "/".join([kind, *rest])

    def _replace_endpoint(self, text: str) -> str:
        """Replace addresses, or the name of an alias or IP set."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            return self._pseudonyms.replace_addresses(text)
        kind = "ipset" if match["scope"].startswith("+") else "alias"
        return f"{match['scope']}{self._pseudonyms.replace_name(kind, match['name'].lower())}"

    def _replace_parent_volume(self, text: str) -> str:
        return replace_volume_name(self._pseudonyms, text)

    def _replace_location(self, text: str) -> str:
        """Replace the location of a storage: a path, a server, a volume group."""
        if self._pseudonyms.replace_address(text) != text:
            return self._pseudonyms.replace_address(text)
        if text == "/var/lib/vz":
            return text
        return self._pseudonyms.replace_name(
            "place", text, "/place-{number}" if text.startswith("/") else "place-{number}"
        )
