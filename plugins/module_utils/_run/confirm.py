# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirm by its configuration who a guest is: when a plan for it is made, and right before its first request."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._api.errors import DIGEST_CONFLICT, DRIFTED, NOT_FOUND, PveError
from .._guest.lookup import read_guest, with_config

if TYPE_CHECKING:
    from .._api.client import Client
    from .._guest.guest import Guest
    from .resource import Observed, Outcome, Resource

# Backups and snapshots change these, which makes it no other guest; the digest covers them, too.
_TRANSIENT_KEYS = ("lock", "parent", "digest")
# A container has neither smbios1 nor vmgenid: its root volume and MAC addresses tell it from another one.
_IDENTITY_KEYS = ("name", "hostname", "smbios1", "vmgenid", "meta", "template")
_NETWORK = re.compile(r"net\d+")
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def confirm_plan(client: Client, resource: Resource[Observed], observed: Observed, outcome: Outcome) -> None:
    """Bind a plan that has steps to the guest that it is for; where that is impossible, the outcome is a failure."""
    guest = resource.affected_guest(observed)
    if guest is None or outcome.plan is None or not outcome.plan.steps:
        return
    try:
        outcome.guest = _read_where_it_was(lambda: with_config(client, guest), guest)
        _require_same(guest, outcome.guest)
        compute = compute_fingerprint if outcome.plan.basis is None else compute_identity
        outcome.plan = replace(outcome.plan, fingerprint=compute(outcome.guest.config or {}))
    except PveError as error:
        outcome.plan, outcome.failure = None, error


def confirm_unchanged(client: Client, guest: Guest) -> None:
    """Raise C(drifted) or C(digest_conflict) unless a guest is still the same, with the same configuration."""
    found = _read_where_it_was(lambda: read_guest(client, guest), guest)
    _require_same(guest, found)
    planned, current = _without_transient_keys(guest.config or {}), _without_transient_keys(found.config or {})
    differing = sorted(key for key in {**planned, **current} if planned.get(key) != current.get(key))
    if differing:
        raise PveError(
            DIGEST_CONFLICT,
            f"The configuration of guest {guest.label} was changed since the plan was made: {', '.join(differing)}. "
            "Nothing was changed now.",
            "Look at what was changed, and run again to plan from what is there now. Another smbios1 or vmgenid means "
            "that this is another guest with the same id and name, or that it was rolled back.",
        )


def compute_fingerprint(config: Mapping[str, Any]) -> str:
    """A SHA-256 over a guest's own configuration, without what backups and snapshots change."""
    return hashlib.sha256(json.dumps(_without_transient_keys(config), sort_keys=True, default=str).encode()).hexdigest()


def compute_identity(config: Mapping[str, Any]) -> str:
    """A SHA-256 over that part of a guest's configuration which no other guest has, and which it keeps."""
    identity: dict[str, Any] = {key: config.get(key) for key in _IDENTITY_KEYS}
    networks = {key: value for key, value in config.items() if _NETWORK.fullmatch(key)}
    identity["mac"] = {key: _MAC.findall(str(value).upper()) for key, value in networks.items()}
    identity["rootfs"] = str(config.get("rootfs") or "").partition(",")[0]
    return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()


def _read_where_it_was(read: Callable[[], Guest], guest: Guest) -> Guest:
    """What I(read) returns of a guest; raises C(drifted) where it is gone, or elsewhere by now."""
    try:
        return read()
    except PveError as error:
        if error.code != NOT_FOUND:
            raise
        raise PveError(
            DRIFTED,
            f"Guest {guest.label} is no {guest.type} guest of node {guest.node} any more. Nothing was changed.",
            "It was removed or moved since the plan was made; run again.",
        ) from error


def _without_transient_keys(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _TRANSIENT_KEYS}


def _require_same(planned: Guest, found: Guest) -> None:
    differing = []
    if found.name != planned.name:
        differing.append(f"is named {found.name} by now")
    if found.template != planned.template:
        differing.append("is a template by now" if found.template else "is no template any more")
    if differing:
        raise PveError(
            DRIFTED,
            f"Guest {planned.label} {' and '.join(differing)}. Nothing was changed.",
            "It was changed since it was looked up; make sure that it is the one you mean, and run again.",
        )
