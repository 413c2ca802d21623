"""Every recorded request of a real server gets the verdict that the real server gave."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from pve_simulator.schema import (
    PRIVILEGES,
    Facts,
    ParameterError,
    PermissionCheckError,
    PermissionDenied,
    check_permissions,
    check_token_allowed,
    verify,
)

# Statuses that are decided before parameters are looked at.
_EARLIER = frozenset((0, 401, 403, 501, 506))
# 400 with errors, but raised by the code behind the schema: about state, or about several parameters at once.
_LATER = re.compile(
    r"already (exists|define)|unknown (option|action|macro)|no such|at the same time|Only root may"
    r"|target is local node|needs to be set|No such|unable to parse worker upid|^property is missing$"
    r"|missing property - 'dport'|regex pattern 'net|mixed ipv4/ipv6 addresses in rule|invalid rule type"
    r"|wrong file extension|option conflicts with|invalid ACL path|either 'users', 'groups'"
    r"|does not exist|not running locally|hotplug problem"
)

Exchanges = list[tuple[str, dict[str, Any], dict[str, Any]]]


class Token:
    """A token of root with all privileges, or of anybody with none."""

    is_root_password_login = False

    def __init__(self, userid: str, granted: Collection[str]) -> None:
        self.userid = userid
        self._granted = granted

    def privileges(self, path: str) -> Collection[str]:
        return self._granted

    def user_exists(self, userid: str) -> bool:
        return True

    def group_members(self) -> Mapping[str, Collection[str]]:
        return {}


# Newer versions of the parser add what they could not parse.
_NEWER = re.compile(r"(?<=unable to parse calendar event) - unable to parse '[^']*'")


def _pairs(encoded: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        found[name] = [*_list(found[name]), value] if name in found else value
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _params(request: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    params = dict(request.get("params") or {})
    raw = params.pop("__raw__", None)
    if raw is not None and raw.lstrip().startswith("{"):
        try:
            params = json.loads(raw)
        except ValueError:
            return None
    elif raw is not None:
        params = _pairs(raw)
    else:
        params = {
            name: [str(item) for item in value] if isinstance(value, list) else str(value)
            for name, value in params.items()
        }
    if path.endswith("/upload"):
        # The recordings leave out the file part of a multipart body; its name is a parameter.
        params["filename"] = "file.iso"
    return {**_pairs(urlsplit(request["path"]).query), **params}


def _verdict(facts: Facts, request: Mapping[str, Any]) -> Any:
    """None when the request passes, else the errors map, or the text of a failed permission check."""
    path = unquote(urlsplit(request["path"]).path)
    match = facts.find(request["method"], path)
    assert match is not None, request
    params = _params(request, path)
    if params is None:
        return None
    try:
        check_permissions(match.endpoint, {**params, **match.path_params}, Token("root@pam!mcp", PRIVILEGES))
        verify(match.endpoint, params, match.path_params)
    except PermissionCheckError as error:
        return error.message
    except ParameterError as error:
        return error.errors
    return None


def _recorded_errors(response: Mapping[str, Any]) -> dict[str, str] | None:
    body = response["body"]
    return body.get("errors") if response["status_code"] == 400 and isinstance(body, dict) else None


def test_requests_that_the_server_refused_by_schema_get_the_same_errors(facts: Facts, exchanges: Exchanges) -> None:
    wrong = {}
    for place, request, response in exchanges:
        wanted = _recorded_errors(response)
        if not wanted:
            continue
        verdict = _verdict(facts, request)
        if isinstance(verdict, dict):
            verdict = {name: _NEWER.sub("", text) for name, text in verdict.items()}
        decided_later = verdict is None and all(_LATER.search(text) for text in wanted.values())
        if verdict != wanted and not decided_later:
            wrong[place] = (request, wanted, verdict)
    assert not wrong


def test_requests_that_the_server_took_pass(facts: Facts, exchanges: Exchanges) -> None:
    wrong = {}
    for place, request, response in exchanges:
        if response["status_code"] in _EARLIER or _recorded_errors(response):
            continue
        verdict = _verdict(facts, request)
        if verdict is not None and verdict != response["reason"]:
            wrong[place] = (request, response["status_code"], verdict)
    assert not wrong


def test_paths_that_the_server_does_not_know_are_unknown(facts: Facts, exchanges: Exchanges) -> None:
    wrong = [
        place
        for place, request, response in exchanges
        if response["status_code"] == 501
        and "not implemented" in response["reason"]
        and facts.find(request["method"], unquote(urlsplit(request["path"]).path)) is not None
    ]
    assert not wrong


def test_a_token_without_privileges_is_refused_in_the_recorded_words(facts: Facts, exchanges: Exchanges) -> None:
    wrong = {}
    compared = 0
    for place, request, response in exchanges:
        userid = str(request.get("auth", "")).removeprefix("token ")
        if response["status_code"] != 403 or userid not in ("audit@pve!sep", "root@pam!privsep"):
            continue
        path = urlsplit(request["path"]).path
        match = facts.find(request["method"], path)
        assert match is not None
        rule = match.endpoint.permissions or {}
        if rule.get("user") == "all":
            continue
        compared += 1
        params = {**(request.get("params") or {}), **match.path_params}
        with pytest.raises(PermissionDenied) as refused:
            check_permissions(match.endpoint, params, Token(userid, ()))
        if refused.value.message != response["reason"]:
            wrong[place] = (refused.value.message, response["reason"])
    assert compared
    assert not wrong


def test_what_needs_a_ticket_refuses_a_token_in_the_recorded_words(facts: Facts, exchanges: Exchanges) -> None:
    refusals = [(q, r) for dummy, q, r in exchanges if r["status_code"] == 403 and "proper ticket" in r["reason"]]
    assert refusals
    for request, response in refusals:
        match = facts.find(request["method"], request["path"])
        assert match is not None
        with pytest.raises(PermissionDenied) as refused:
            check_token_allowed(match.endpoint, request["path"], Token("root@pam!mcp", PRIVILEGES))
        assert f"{refused.value.message}\n" == response["body"]["message"]
