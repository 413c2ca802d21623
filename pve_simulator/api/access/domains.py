# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/domains: authentication realms. The list needs no login."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.realms import (
    BUILT_IN,
    DIRECTORIES,
    check_options,
    read_tfa_type,
    realms_digest,
    update,
)
from pve_simulator.errors import check_unmodified, failure, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.access import Realm

_NUMBERS = frozenset(
    {"default", "port", "secure", "verify", "autocreate", "case-sensitive", "query-userinfo"}
    | {"groups-autocreate", "groups-overwrite"}
)
_COMMENTS = {"pam": "Linux PAM standard authentication", "pve": "Proxmox VE authentication server"}
_NOT_OPTIONS = frozenset({"realm", "type", "delete", "digest", "check-connection"})


@route("GET", "/access/domains")
def list_realms(call: Call) -> list[dict[str, Any]]:
    """The authentication realms, as a login form shows them."""
    return [
        {
            "realm": name,
            "type": realm.type,
            **_comment(realm),
            **({"default": 1} if _is_default(realm) else {}),
            **({"tfa": read_tfa_type(realm)} if "tfa" in realm.config else {}),
        }
        for name, realm in call.cluster.access.realms.items()
    ]


@route("POST", "/access/domains")
def create_realm(call: Call) -> None:
    """Add a realm; nobody connects to it."""
    access, name, kind = call.cluster.access, call.need("realm"), call.need("type")
    options = _read_options(call)
    with wrap_errors("add auth server failed"):
        if name in access.realms:
            raise failure(f"domain '{name}' already exists")
        if name in BUILT_IN:
            raise failure(f"unable to use reserved name '{name}'")
        if kind in BUILT_IN:
            raise failure(f"unable to create builtin type '{kind}'")
        _check_connection_option(call, kind)
        check_options(kind, options, create=True)
    realm = Realm(kind)
    update(access, realm, options)
    access.realms[name] = realm


@route("GET", "/access/domains/{realm}")
def read_realm(call: Call) -> dict[str, Any]:
    """One realm and the digest of all."""
    realm = _find_realm(call)
    config = {key: int(value) if key in _NUMBERS else value for key, value in realm.config.items()}
    plugin = {"plugin": "PVE::Auth::PAM"} if realm.type == "pam" else {}
    return {"type": realm.type, **config, **plugin, **_comment(realm), "digest": realms_digest(call.cluster.access)}


@route("PUT", "/access/domains/{realm}")
def change_realm(call: Call) -> None:
    """Change and delete options of a realm."""
    access = call.cluster.access
    options = _read_options(call)
    with wrap_errors("update auth server failed"):
        check_unmodified(call.text("digest"), realms_digest(access))
        realm = _find_realm(call)
        _check_connection_option(call, realm.type)
        if not options and not call.items("delete"):
            raise failure("no options specified")
        check_options(realm.type, options, create=False)
    for name in call.items("delete"):
        realm.config.pop(name, None)
        if name == "comment":
            realm.comment = None
    update(access, realm, options)


@route("DELETE", "/access/domains/{realm}")
def delete_realm(call: Call) -> None:
    """Remove a realm; its users stay."""
    name = call.need("realm")
    with wrap_errors("delete auth server failed"):
        if name not in call.cluster.access.realms:
            raise failure(f"authentication domain '{name}' does not exist")
    if name in BUILT_IN:
        # Without its options it is there again.
        call.cluster.access.realms[name] = Realm(name)
    else:
        del call.cluster.access.realms[name]


def _read_options(call: Call) -> dict[str, str]:
    return {
        name: str(int(value) if isinstance(value, bool) else value)
        for name, value in call.params.items()
        if name not in _NOT_OPTIONS
    }


def _check_connection_option(call: Call, kind: str) -> None:
    if "check-connection" in call.params and kind not in DIRECTORIES:
        raise failure("'check-connection' parameter can only be set for realms of type 'ldap' or 'ad'")


def _find_realm(call: Call) -> Realm:
    name = call.need("realm")
    realm = call.cluster.access.realms.get(name)
    if realm is None:
        raise failure(f"domain '{name}' does not exist")
    return realm


def _comment(realm: Realm) -> dict[str, str]:
    comment = realm.comment or _COMMENTS.get(realm.type)
    return {"comment": comment} if comment else {}


def _is_default(realm: Realm) -> bool:
    return realm.config.get("default") == "1"
