# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication realms: which options each type has and which it must have (domains.cfg)."""

from __future__ import annotations

from collections.abc import Mapping

from pve_simulator.errors import failure
from pve_simulator.schema import parse_property_string, print_property_string
from pve_simulator.state.access import Access, Realm
from pve_simulator.state.conf_file import digest_of

_SYNC_OPTIONS = "realm-sync-options"
BUILT_IN = ("pam", "pve")
DIRECTORIES = ("ad", "ldap")
_COMMON = frozenset({"comment", "default", "tfa"})
_DIRECTORY = frozenset(
    {"server1", "server2", "port", "secure", "mode", "sslversion", "verify", "capath", "cert", "certkey"}
    | {"bind_dn", "base_dn", "user_attr", "filter", "user_classes", "sync_attributes", "sync-defaults-options"}
    | {"group_dn", "group_name_attr", "group_filter", "group_classes", "password"}
)
_OPENID = frozenset(
    {"issuer-url", "client-id", "client-key", "autocreate", "username-claim", "prompt", "scopes", "acr-values"}
    | {"query-userinfo", "groups-claim", "groups-autocreate", "groups-overwrite", "audiences"}
)
_OPTIONS: dict[str, frozenset[str]] = {
    "pam": _COMMON,
    "pve": _COMMON,
    "ldap": _COMMON | _DIRECTORY,
    "ad": _COMMON | _DIRECTORY | {"domain", "case-sensitive"},
    "openid": _COMMON - {"tfa"} | _OPENID,
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "ldap": ("base_dn", "server1", "user_attr"),
    "ad": ("domain", "server1"),
    "openid": ("client-id", "issuer-url"),
}
_FIXED = {"openid": ("username-claim",)}


def check_options(kind: str, options: Mapping[str, str], *, create: bool) -> None:
    """Raise for options that the type does not have, cannot change, or needs and has not got."""
    for name in options:
        if name not in _OPTIONS[kind]:
            raise failure(f"unexpected property '{name}'")
        if not create and name in _FIXED.get(kind, ()):
            raise failure(f"can't change value of fixed parameter '{name}'")
    for name in _REQUIRED.get(kind, ()) if create else ():
        if name not in options:
            raise failure(f"missing value for required option '{name}'")


def update(access: Access, realm: Realm, options: Mapping[str, str]) -> None:
    """Set options of a realm; at most one realm is the default, and passwords are stored elsewhere."""
    if options.get("default") == "1":
        for other in access.realms.values():
            other.config.pop("default", None)
    for name, value in options.items():
        if name == "comment":
            realm.comment = value or None
        elif name == "sync-defaults-options":
            realm.config[name] = _print_sync_options(value)
        elif name != "password":
            realm.config[name] = value


def read_tfa_type(realm: Realm) -> str:
    """The kind of second factor that a realm asks for."""
    return parse_property_string(realm.config["tfa"], "pve-tfa-config")["type"]


def _print_sync_options(text: str) -> str:
    """The options in the server's order, the deprecated two as what they stand for."""
    options = parse_property_string(text, _SYNC_OPTIONS)
    full, purge = options.pop("full", "0") == "1", options.pop("purge", "0") == "1"
    if full or purge:
        removed = (["entry", "properties"] if full else []) + (["acl"] if purge else [])
        options.setdefault("remove-vanished", ";".join(removed))
    return print_property_string(options, _SYNC_OPTIONS)


def realms_digest(access: Access) -> str:
    """The digest of domains.cfg, which all realms share."""
    lines = []
    for name, realm in access.realms.items():
        options = {**realm.config, **({"comment": realm.comment} if realm.comment else {})}
        lines.append(f"{realm.type}: {name}\n")
        lines += [f"\t{key} {options[key]}\n" for key in sorted(options)]
    return digest_of("".join(lines))
