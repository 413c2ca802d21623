# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/notifications: endpoints, matchers and the targets made of them."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.sections import Check, Sections, View
from pve_simulator.errors import ApiError
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.sections import Section

_KINDS = ("gotify", "sendmail", "smtp", "webhook")
_SECRETS = frozenset({"token", "password", "secret"})
_MAIL_TO_ROOT: Section = {"comment": "Send mails to root@pam's email address", "mailto-user": ["root@pam"]}
_DEFAULT_MATCHER: Section = {
    "comment": "Route all notifications to mail-to-root",
    "mode": "all",
    "target": ["mail-to-root"],
    "invert-match": None,
}
_BUILTIN: dict[str, dict[str, Section]] = {
    "sendmail": {"mail-to-root": _MAIL_TO_ROOT},
    "matchers": {"default-matcher": _DEFAULT_MATCHER},
}
_MAIL = ("sendmail", "smtp")


def _make_view(plural: str) -> View:
    def view(call: Call, name: str, section: Section) -> dict[str, Any]:
        shown: dict[str, Any] = {"mode": "all"} if plural == "matchers" else {}
        shown |= {key: value for key, value in section.items() if key not in _SECRETS}
        builtin = _BUILTIN.get(plural, {}).get(name)
        changed = "user-created" if builtin is None else "modified-builtin"
        return {"name": name, "origin": "builtin" if section is builtin else changed, **shown}

    return view


def _make_check(plural: str) -> Check:
    def check(call: Call, name: str, section: Section) -> None:
        if any(name in other.all_sections(call) for kind, other in _ALL.items() if kind != plural):
            raise ApiError(400, _EXISTS.format(name=name))
        if plural in _MAIL and not (section.get("mailto") or section.get("mailto-user")):
            raise ApiError(400, "must at least provide one recipient, either in mailto or in mailto-user")
        for target in section.get("target", ()):
            if target not in _name_targets(call):
                raise ApiError(404, f"endpoint '{target}' does not exist")

    return check


def _check_unused(call: Call, name: str, section: Section) -> None:
    users = [user for user, matcher in _MATCHERS.all_sections(call).items() if name in matcher.get("target", ())]
    if users:
        raise ApiError(400, f"cannot delete '{name}', referenced by: {', '.join(users)}")


def _name_targets(call: Call) -> set[str]:
    return {name for endpoints in _ENDPOINTS.values() for name in endpoints.all_sections(call)}


_EXISTS = "Cannot create '{name}', an entity with the same name already exists"
_ALL = {
    plural: Sections(
        file=f"notifications/{plural}",
        key="name",
        missing="matcher '{name}' not found" if plural == "matchers" else "endpoint '{name}' not found",
        exists=_EXISTS,
        status=404,
        exists_status=400,
        stale_status=400,
        builtin=_BUILTIN.get(plural, {}),
        view=_make_view(plural),
        check=_make_check(plural),
        in_use=None if plural == "matchers" else _check_unused,
    )
    for plural in (*_KINDS, "matchers")
}
_ENDPOINTS = {kind: _ALL[kind] for kind in _KINDS}
_MATCHERS = _ALL["matchers"]


def _list_entries(call: Call, plural: str) -> list[dict[str, Any]]:
    view = _make_view(plural)
    return [
        view(call, name, section)
        for name, section in _ALL[plural].all_sections(call).items()
        if call.subject.may(f"/mapping/notifications/{name}", "Mapping.Modify", "Mapping.Use", "Mapping.Audit")
    ]


def _make_list_handler(plural: str) -> Handler:
    return lambda call: _list_entries(call, plural)


for _plural, _sections in _ALL.items():
    _path = _plural if _plural == "matchers" else f"endpoints/{_plural}"
    _sections.serve(f"/cluster/notifications/{_path}", listing=_make_list_handler(_plural))


@route("GET", "/cluster/notifications/targets")
def targets(call: Call) -> list[dict[str, Any]]:
    """Every endpoint as a target."""
    entries: list[dict[str, Any]] = []
    for kind in _KINDS:
        for entry in _list_entries(call, kind):
            shown = {key: value for key, value in entry.items() if key in ("name", "comment", "origin", "disable")}
            entries.append({"type": kind, **shown})
    return entries


@route("POST", "/cluster/notifications/targets/{name}/test")
def test_target(call: Call) -> None:
    """Send a test notification: nothing leaves the simulator."""
    if call.need("name") not in _name_targets(call):
        raise ApiError(404, f"target '{call.need('name')}' not found")
