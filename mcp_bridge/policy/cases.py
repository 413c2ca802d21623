# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test cases for a policy: a question, and the ruling that it should get. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller
from mcp_bridge.errors import UsageError
from mcp_bridge.policy.engine import Ruling
from mcp_bridge.policy.facts import Approval, Moment, Question, Target

_RULINGS = ("allow", "hold", "refuse")
_HINT = (
    "A case has expect (allow, hold or refuse) and tool; and, if wanted, name, asker {name, kind, roles, local_user}, "
    "targets [{vmid, name, node, type, pool, tags, protected, template}], methods, hour, weekday, and approval "
    "{kind, by}."
)


@dataclass(frozen=True)
class Case:
    """A question, and the ruling that it should get."""

    name: str
    question: Question
    approval: Approval | None
    expect: Ruling


def read_cases(data: Any) -> list[Case]:
    """Read the cases of a YAML document. Raises UsageError that names the case that is not valid."""
    if not isinstance(data, list) or not data:
        raise UsageError("There are no cases: the file is no list.", _HINT)
    return [_read_case(number, entry) for number, entry in enumerate(data, start=1)]


def _read_case(number: int, entry: Any) -> Case:
    try:
        expect = entry["expect"]
        if expect not in _RULINGS:
            raise ValueError(f"expect is {expect!r}")
        tool = catalogue.load()[entry["tool"]]
        asker = dict(entry.get("asker", {}))
        caller = {"identity": asker.pop("name", "somebody"), "kind": "client", **asker}
        caller["roles"] = tuple(caller.get("roles", ()))
        targets = tuple(_read_target(target) for target in entry.get("targets") or [{"vmid": 100}])
        moment = Moment(int(entry.get("hour", 12)), str(entry.get("weekday", "monday")))
        question = Question(tool, Caller(**caller), targets, frozenset(entry.get("methods", ("POST",))), moment)
        approval = Approval(**entry["approval"]) if entry.get("approval") else None
        return Case(str(entry.get("name", f"case {number}")), question, approval, expect)
    except KeyError as error:
        raise UsageError(f"Case {number} lacks or misnames {error}.", _HINT) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"Case {number} is not valid: {error}.", _HINT) from None


def _read_target(entry: Mapping[str, Any]) -> Target:
    return Target(**{"id": str(entry.get("vmid", entry.get("id"))), **entry, "tags": tuple(entry.get("tags", ()))})
