# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/notifications: endpoints, matchers and the targets made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pve_simulator.api.sections import Sections
from pve_simulator.errors import ApiError
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.sections import ClusterFiles, Section

_KINDS = ("gotify", "sendmail", "smtp", "webhook")
_Listing = Callable[[Call], list[dict[str, Any]]]
_SECRETS = frozenset({"token", "password", "secret"})
_MAIL_TO_ROOT = {
    "name": "mail-to-root",
    "comment": "Send mails to root@pam's email address",
    "mailto-user": ["root@pam"],
    "origin": "builtin",
}
_DEFAULT_MATCHER = {
    "name": "default-matcher",
    "comment": "Route all notifications to mail-to-root",
    "mode": "all",
    "target": ["mail-to-root"],
    "invert-match": None,
    "origin": "builtin",
}


def _build_endpoint(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {"name": name, "origin": "user-created", **{k: v for k, v in section.items() if k not in _SECRETS}}


def _build_matcher(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {"name": name, "origin": "user-created", "mode": "all", **section}


_ENDPOINTS = {
    kind: Sections(
        file=f"notifications/{kind}",
        key="name",
        missing="endpoint '{name}' not found",
        exists="Could not save configuration: endpoint '{name}' already exists",
        status=404,
        view=_build_endpoint,
    )
    for kind in _KINDS
}
_MATCHERS = Sections(
    file="notifications/matchers",
    key="name",
    missing="matcher '{name}' not found",
    exists="Could not save configuration: matcher '{name}' already exists",
    status=404,
    view=_build_matcher,
)
for _kind, _sections in _ENDPOINTS.items():
    _path = f"/cluster/notifications/endpoints/{_kind}"
    route("POST", _path)(_sections.create)
    route("PUT", f"{_path}/{{name}}")(_sections.update)
    route("DELETE", f"{_path}/{{name}}")(_sections.delete)
route("POST", "/cluster/notifications/matchers")(_MATCHERS.create)
route("PUT", "/cluster/notifications/matchers/{name}")(_MATCHERS.update)
route("DELETE", "/cluster/notifications/matchers/{name}")(_MATCHERS.delete)


def _make_list_handler(kind: str) -> _Listing:
    def listing(call: Call) -> list[dict[str, Any]]:
        own = _ENDPOINTS[kind].list_sections(call)
        builtin = kind == "sendmail" and all(entry["name"] != "mail-to-root" for entry in own)
        return [_MAIL_TO_ROOT, *own] if builtin else own

    return listing


def _make_read_handler(kind: str) -> Handler:
    listing: _Listing = _make_list_handler(kind)

    def read(call: Call) -> dict[str, Any]:
        for found in listing(call):
            if found["name"] == call.need("name"):
                return found
        raise ApiError(404, f"endpoint '{call.need('name')}' not found")

    return read


for _kind in _KINDS:
    route("GET", f"/cluster/notifications/endpoints/{_kind}")(_make_list_handler(_kind))
    route("GET", f"/cluster/notifications/endpoints/{_kind}/{{name}}")(_make_read_handler(_kind))


@route("GET", "/cluster/notifications/matchers")
def matchers(call: Call) -> list[dict[str, Any]]:
    """All matchers."""
    return _list_matchers(call)


def _list_matchers(call: Call) -> list[dict[str, Any]]:
    """The matchers, the built-in one first unless somebody has replaced it."""
    own = _MATCHERS.list_sections(call)
    return own if any(entry["name"] == "default-matcher" for entry in own) else [_DEFAULT_MATCHER, *own]


@route("GET", "/cluster/notifications/matchers/{name}")
def matcher(call: Call) -> dict[str, Any]:
    """One matcher."""
    for entry in _list_matchers(call):
        if entry["name"] == call.need("name"):
            return entry
    raise ApiError(404, f"matcher '{call.need('name')}' not found")


@route("GET", "/cluster/notifications/targets")
def targets(call: Call) -> list[dict[str, Any]]:
    """Every endpoint as a target."""
    entries = []
    for kind in _KINDS:
        for entry in _make_list_handler(kind)(call):
            target: dict[str, Any] = {"type": kind}
            for key in ("name", "comment", "origin", "disable"):
                if key in entry:
                    target[key] = entry[key]
            entries.append(target)
    return entries


@route("POST", "/cluster/notifications/targets/{name}/test")
def test_target(call: Call) -> None:
    """Send a test notification: nothing leaves the simulator."""
    name = call.need("name")
    known = {"mail-to-root"}
    for kind in _KINDS:
        known |= set(call.cluster.part(ClusterFiles).file(f"notifications/{kind}").sections)
    if name not in known:
        raise ApiError(404, f"target '{name}' not found")
