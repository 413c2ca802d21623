# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall options of all levels."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.firewall.levels import CLUSTER, GUESTS, NODE, VNET, Level, serve
from pve_simulator.errors import check_unmodified, invalid
from pve_simulator.firewall.digests import digest_of_entries
from pve_simulator.firewall.scope import Scope
from pve_simulator.requests.call import Call
from pve_simulator.schema import load_facts

_NOT_OPTIONS = frozenset({"node", "vmid", "vnet", "delete", "digest"})
# `enable` of the cluster is a time when it is more than 1: on for this many seconds, unless confirmed.
_TRIAL = 60.0


def read_options(call: Call, scope: Scope) -> dict[str, Any]:
    """The options that are set, and their digest."""
    options = _get_typed_options(call, scope)
    return {**options, "digest": digest_of_entries([options])}


def _make_change_handler(level: Level) -> Any:
    def change(call: Call, scope: Scope) -> None:
        """Delete and set options."""
        known = _known_options(level)
        check_unmodified(call.text("digest"), digest_of_entries([_get_typed_options(call, scope)]))
        options = dict(scope.own.options)
        for name in call.items("delete"):
            if name not in known:
                raise invalid({"delete": f"no such option '{name}'"})
            options.pop(name, None)
        for name in known & call.params.keys():
            value = call.params[name]
            options[name] = str(int(value) if isinstance(value, bool) else value)
        if level is CLUSTER and call.integer("enable") > 1:
            options["enable"] = str(int(call.world.clock.time()))
        scope.own.options = options

    return change


def _known_options(level: Level) -> set[str]:
    properties = load_facts().endpoint("PUT", f"{level.prefix}/options").parameters.properties or {}
    return set(properties) - _NOT_OPTIONS


def _get_typed_options(call: Call, scope: Scope) -> dict[str, Any]:
    typed: dict[str, Any] = {
        name: int(value) if value.isdecimal() else value for name, value in scope.own.options.items()
    }
    enabled = typed.get("enable", 0)
    if enabled > 1 and call.world.clock.time() - enabled > _TRIAL:
        typed["enable"] = 0
    return typed


for _level in (CLUSTER, NODE, VNET, *GUESTS):
    serve(_level, "GET", "/options", read_options)
    serve(_level, "PUT", "/options", _make_change_handler(_level))
