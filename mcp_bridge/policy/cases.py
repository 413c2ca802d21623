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
from mcp_bridge.policy.samples import make_sample_question
from mcp_bridge.policy.targets import EFFECTS

_RULINGS = ("allow", "hold", "refuse")
_SUBJECT = ("name", "expect", "tool", "asker", "targets", "cluster", "approval")
_CALL = ("options", "effects", "steps", "recent_targets", "hour", "weekday", "passkeys_enrolled")
_LISTS = ("groups", "also_by")
_HINT = (
    "A case has expect (allow, hold or refuse) and tool; and, if wanted, name, asker {identity, kind, roles, label, "
    "proof, local_user}, targets [{vmid, name, node, type, pool, tags, protected, template, status, exists, known, "
    "config}], options (of the tool) or effects or steps [{method, path, params}], recent_targets, hour, weekday, "
    "cluster, passkeys_enrolled, and approval {kind, by, groups, also_by}."
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


def read_target(entry: Mapping[str, Any]) -> Target:
    """Read a target; a guest of which nothing else is said is known, and runs."""
    values = {"status": "running", **entry}
    values["is_known"] = bool(values.pop("known", True))
    values["tags"] = tuple(values.get("tags", ()))
    return Target(**{"id": str(entry.get("vmid", entry.get("id"))), **values})


def check_effects(effects: Any) -> tuple[str, ...]:
    """Require that these are effects. Raises ValueError for a word that is none."""
    unknown = [effect for effect in effects if effect not in EFFECTS]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such effect; there are {', '.join(EFFECTS)}")
    return tuple(effects)


def _read_case(number: int, entry: Any) -> Case:
    try:
        if unknown := sorted(set(entry) - {*_SUBJECT, *_CALL}):
            raise ValueError(f"{', '.join(unknown)} means nothing here")
        expect = entry["expect"]
        if expect not in _RULINGS:
            raise ValueError(f"expect is {expect!r}")
        return Case(str(entry.get("name", f"case {number}")), _read_question(entry), _read_approval(entry), expect)
    except KeyError as error:
        raise UsageError(f"Case {number} lacks or misnames {error}.", _HINT) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"Case {number} is not valid: {error}.", _HINT) from None


def _read_question(entry: Mapping[str, Any]) -> Question:
    question = make_sample_question(
        catalogue.load()[entry["tool"]],
        _read_asker(entry.get("asker") or {}),
        [read_target(target) for target in entry.get("targets") or [{"vmid": 100}]],
        Moment(int(entry.get("hour", 12)), str(entry.get("weekday", "monday"))),
        entry.get("options") or {},
        steps=entry.get("steps") or (),
        effects=check_effects(entry.get("effects") or ()),
        recent_targets=int(entry.get("recent_targets", 0)),
        cluster=str(entry.get("cluster", "")),
    )
    return question.with_passkeys(enrolled=bool(entry.get("passkeys_enrolled", False)))


def _read_asker(entry: Mapping[str, Any]) -> Caller:
    values = dict(entry)
    identity = values.pop("identity", None) or values.pop("name", None) or "somebody"
    caller = {"identity": identity, "kind": "client", **values}
    caller["roles"] = tuple(caller.get("roles", ()))
    return Caller(**caller)


def _read_approval(entry: Mapping[str, Any]) -> Approval | None:
    approval = entry.get("approval")
    return Approval(**{**approval, **{name: tuple(approval.get(name, ())) for name in _LISTS}}) if approval else None
