# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What values the parameters of requests have, as the API of Proxmox VE 9.2 has them, so that a plan can be refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import firewall, names, storages
from .calendar import Calendar
from .guests import find_option
from .kinds import Choice, Integer, Items, Number, Text, Value, to_text
from .properties import Properties
from .ssh_keys import WHAT, is_public_key

# What is made has these; elsewhere an empty text unsets an option.
_IDENTITIES = frozenset({"groupid", "id", "newid", "poolid", "roleid", "rule", "snapname", "userid"})
_VARIABLES = ("cluster", "guestname", "node", "vmid")
_VARIABLE = re.compile(r"\{\{([^\s{}]+)\}\}")
_PATH = Text(pattern=r"/[^;()].*", what="an absolute path")
_COUNT = Integer(minimum=0)
_TEMPLATE = rf"(?:{names.VOLUME.pattern}|/.+)"
_WHAT_TEMPLATE = "a template on a storage, such as local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst"
_HELPERS = "amanda ftp irc netbios-ns pptp sane sip snmp tftp"


@dataclass(frozen=True)
class Notes(Text):
    """A template of the notes of backups, with C({{guestname}}) and the like in it."""

    def check_text(self, value: Any) -> str:
        text = Text.check_text(self, value)
        for name in _VARIABLE.findall(text):
            if name not in _VARIABLES:
                known = ", ".join(f"{{{{{one}}}}}" for one in _VARIABLES)
                raise ValueError(f"there is no {{{{{name}}}}}; it can have {known}")
        return text


@dataclass(frozen=True)
class Keys(Value):
    """Public keys of SSH, one in each line, of which Proxmox VE wants one to be right."""

    def check_text(self, value: Any) -> str:
        text = to_text(value)
        if not any(map(is_public_key, text.splitlines())):
            raise ValueError(f"it must be {WHAT}")
        return text


@dataclass(frozen=True)
class Pairs(Value):
    """Storages, or pairs C(from:to) of them, with commas between them; C(1) is the same storage."""

    def check_text(self, value: Any) -> str:
        for entry in filter(None, re.split(r"[,;\s]+", to_text(value))):
            for name in () if entry == "1" else entry.split(":", 1):
                names.STORAGE.check_text(name)
        return to_text(value)


def _limit(length: int) -> Text:
    return Text(longest=length)


def _list(item: Value) -> Items:
    return Items(separator=",", item=item)


# The parameters that mean the same wherever they are.
_ANYWHERE: dict[str, Value] = {
    "bwlimit": Number(minimum=0),
    "newid": names.VMID,
    "node": names.NODE,
    "pool": names.POOL,
    "poolid": names.POOL,
    "snapname": names.SNAPSHOT,
    "storage": names.STORAGE,
    "target": names.NODE,
    "target-storage": Pairs(),
    "target-vmid": names.VMID,
    "targetstorage": Pairs(),
    "vmid": names.VMID,
}
_RULE: dict[str, Value] = {
    "action": Text(pattern=r"[A-Za-z][A-Za-z0-9_-]+", shortest=2, longest=20, what="ACCEPT, DROP, REJECT or a group"),
    "dest": firewall.ADDRESSES,
    "dport": firewall.PORTS,
    "icmp-type": firewall.ICMP_TYPE,
    "iface": firewall.IFACE,
    "macro": _limit(128),
    "proto": firewall.PROTOCOL,
    "source": firewall.ADDRESSES,
    "sport": firewall.PORTS,
}
_FIREWALL: dict[str, Value] = {
    "nf_conntrack_helpers": _list(Choice(choices=tuple(_HELPERS.split()))),
    "nf_conntrack_max": Integer(minimum=32768),
    "nf_conntrack_tcp_timeout_established": Integer(minimum=7875),
    "nf_conntrack_tcp_timeout_syn_recv": Integer(minimum=30, maximum=60),
    # Proxmox VE takes any number and ignores a line with a negative one.
    "protection_synflood_burst": _COUNT,
    "protection_synflood_rate": _COUNT,
}
_BACKUP: dict[str, Value] = {
    "compress": Choice(choices=("0", "1", "gzip", "lzo", "zstd")),
    "exclude": names.VMIDS,
    "fleecing": Properties(table={"enabled": Choice(choices=("0", "1")), "storage": names.STORAGE}, first="enabled"),
    "ionice": Integer(minimum=0, maximum=8),
    "lockwait": _COUNT,
    "mailnotification": Choice(choices=("always", "failure")),
    "mailto": _list(names.MAIL_OR_USER),
    "mode": Choice(choices=("snapshot", "suspend", "stop")),
    "notes-template": Notes(longest=1024),
    "notification-mode": Choice(choices=("auto", "legacy-sendmail", "notification-system")),
    "pbs-change-detection-mode": Choice(choices=("legacy", "data", "metadata")),
    "performance": Properties(
        table={"max-workers": Integer(minimum=1, maximum=256), "pbs-entries-max": Integer(minimum=1)}
    ),
    "prune-backups": storages.OPTIONS["prune-backups"],
    "stopwait": _COUNT,
    "vmid": names.VMIDS,
}
_JOB: dict[str, Value] = {**_BACKUP, "comment": _limit(512), "schedule": Calendar(longest=128)}
_USER: dict[str, Value] = {
    "comment": _limit(2048),
    "email": names.MAIL,
    "expire": _COUNT,
    "firstname": _limit(1024),
    "groups": _list(names.GROUP),
    "keys": Text(pattern="[0-9a-zA-Z!=]{0,4096}"),
    "lastname": _limit(1024),
    "password": Text(shortest=8, longest=64),
    "tokenid": names.TOKEN,
    "userid": names.USER,
}
_HA: dict[str, Value] = {
    "comment": _limit(4096),
    "group": names.CONFIG_ID,
    "max_relocate": _COUNT,
    "max_restart": _COUNT,
    "rule": names.CONFIG_ID,
    "state": Choice(choices=("started", "stopped", "enabled", "disabled", "ignored")),
}
_PRIORITIES = _list(
    Text(pattern=rf"{names.NODE.pattern}(?::\d+)?", what="a node, or a node and its priority as in pve1:2")
)
_STORAGE: dict[str, Value] = {
    **storages.OPTIONS,
    "base": names.VOLUME,
    "blocksize": Text(pattern=r"\d+[kKmM]?", what="a size in bytes, k or M, such as 8k"),
    "domain": _limit(256),
    "export": _PATH,
    "fs-name": names.CONFIG_ID,
    "mountpoint": _PATH,
    "nodes": _list(names.NODE),
    "password": _limit(256),
    "path": _PATH,
    # Those of Ceph, ZFS and iSCSI, and not of the cluster.
    "pool": Text(),
    "subdir": _PATH,
    "target": Text(),
}
_VOLUME: dict[str, Value] = {
    "compression": Choice(choices=("bz2", "gz", "lzo", "zst")),
    "filename": _limit(255),
    "template": _limit(255),
    "url": Text(pattern="https?://.*", what="a URL with http:// or https://"),
}
_POOL: dict[str, Value] = {"storage": _list(names.STORAGE), "vms": names.VMIDS}


def _compile(template: str) -> re.Pattern[str]:
    """A path as a regular expression; C({scope*}) may have slashes, C({guest}) is the path of a guest."""
    template = template.replace("{guest}", "/nodes/{node}/(?:qemu|lxc)/{vmid}")
    return re.compile(re.sub(r"\{(\w+)(\*?)\}", lambda m: f"(?P<{m[1]}>{'.*' if m[2] else '[^/]+'})", template))


# By the path of the request, of which the names are parameters too; the first table that has a parameter counts.
_PATHS: tuple[tuple[str, Mapping[str, Value]], ...] = (
    ("/nodes/{node}/qemu", {"archive": _limit(255)}),
    (
        "/nodes/{node}/lxc",
        {
            "ostemplate": Text(pattern=_TEMPLATE, longest=255, what=_WHAT_TEMPLATE),
            "password": Text(shortest=5),
            "ssh-public-keys": Keys(),
        },
    ),
    ("{guest}/clone", {"name": names.DNS_NAME, "hostname": names.DNS_NAME}),
    ("/nodes/{node}/vzdump", _BACKUP),
    ("/cluster/backup", {**_JOB, "id": names.CONFIG_ID}),
    ("/cluster/backup/{id}", {**_JOB, "id": names.JOB}),
    ("/cluster/ha/groups", {**_HA, "nodes": _PRIORITIES}),
    ("/cluster/ha/groups/{group}", {**_HA, "nodes": _PRIORITIES}),
    ("/cluster/ha/rules", {**_HA, "nodes": _PRIORITIES}),
    ("/cluster/ha/rules/{rule}", {**_HA, "nodes": _PRIORITIES}),
    ("/cluster/ha/{kind}", _HA),
    ("/cluster/ha/{kind}/{sid}", _HA),
    ("/access/acl", {**dict.fromkeys(("groups", "roles"), _list(names.GROUP)), "users": _list(names.USER)}),
    ("/access/acl", {"tokens": _list(names.USER_TOKEN)}),
    ("/access/groups", {"groupid": names.GROUP}),
    ("/access/groups/{groupid}", {"groupid": names.GROUP}),
    ("/access/roles", {"roleid": names.ROLE}),
    ("/access/roles/{roleid}", {"roleid": names.ROLE}),
    ("/access/password", _USER),
    ("/access/users", _USER),
    ("/access/users/{userid}", _USER),
    ("/access/users/{userid}/token/{tokenid}", _USER),
    ("/pools", _POOL),
    ("/pools/{poolid}", _POOL),
    ("/storage", _STORAGE),
    ("/storage/{storage}", _STORAGE),
    ("/nodes/{node}/storage/{storage}/{action}", _VOLUME),
    ("/nodes/{node}/aplinfo", _VOLUME),
    ("{scope*}/firewall/aliases", {"name": names.FIREWALL_LIST}),
    ("{scope*}/firewall/aliases/{name}", {"name": names.FIREWALL_LIST}),
    ("{scope*}/firewall/ipset", {"name": names.FIREWALL_LIST}),
    ("{scope*}/firewall/ipset/{name}", {"name": names.FIREWALL_LIST}),
    ("{scope*}/firewall/ipset/{name}/{cidr}", {"name": names.FIREWALL_LIST}),
    ("{scope*}/firewall/groups", {"group": names.FIREWALL_GROUP}),
    ("{scope*}/firewall/groups/{group}", {"group": names.FIREWALL_GROUP, **_RULE}),
    ("{scope*}/firewall/groups/{group}/{pos}", {"group": names.FIREWALL_GROUP, **_RULE}),
    ("{scope*}/firewall/options", _FIREWALL),
    ("{scope*}/firewall/rules", _RULE),
    ("{scope*}/firewall/rules/{pos}", _RULE),
)
_TABLES = tuple((_compile(path), table) for path, table in _PATHS)
_CONFIG = re.compile(r"/nodes/[^/]+/(?P<kind>qemu|lxc)(?:/\d+/config)?")


def find_problems(path: str, params: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """The parameters of a request, also those in its path, that Proxmox VE refuses: name, value, and what is wrong."""
    matches = [match for pattern, _table in _TABLES if (match := pattern.fullmatch(path))]
    found = {name: unquote(value) for match in matches for name, value in match.groupdict().items()}
    for name, value in {**found, **params}.items():
        kind = find_value(path, name)
        if value == "" and (name in _IDENTITIES or (path, name) == ("/storage", "storage")):
            yield name, value, "it must not be empty"
        if kind is None or value is None or value == "":
            continue
        try:
            kind.check_text(value)
        except ValueError as error:
            yield name, value, str(error)


def find_value(path: str, name: str) -> Value | None:
    """What values a parameter of a request to a path has; None where that is not known, or is judged elsewhere."""
    for pattern, table in _TABLES:
        if name in table and pattern.fullmatch(path):
            return table[name]
    config = _CONFIG.fullmatch(path)
    option = find_option(config["kind"], name) if config else None
    return option or _ANYWHERE.get(name)
