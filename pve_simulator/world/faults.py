# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fault rules: data that says which requests and tasks go wrong, how, how often. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.http.message import Request
from pve_simulator.world.tasks import Task

# What may happen to a request: it gets another answer, or something happens first and the answer is real.
ANSWERS = frozenset({"status", "reset", "hang", "bad_json", "html"})
EFFECTS = frozenset({"delay", "lock", "digest", "node_offline"})
# What may happen to the real answer on its way.
DELIVERIES = frozenset({"slow", "lost", "half", "replaced"})
REQUEST_ACTIONS = ANSWERS | EFFECTS | DELIVERIES
TASK_ACTIONS = frozenset({"fail", "warn", "hang", "lock", "node_offline"})
_VMID = re.compile(r"/(?:qemu|lxc)/(\d+)(?:/|$)")


@dataclass
class FaultRule:
    """One rule. It matches requests by method and a regular expression on the API path, or (`task` is a regular
    expression on the type) tasks; both also by guest.

    `action` for requests is one of REQUEST_ACTIONS, for tasks of TASK_ACTIONS. `count` is how many times it
    still applies (None: for ever), `after` how many matches it lets pass first, `seconds` how long the thing
    takes or lasts. `message` is the text of an answer, failure or warning; `lock` (such as `backup`) makes the
    action `lock` set the configuration's lock instead of holding the lock file.
    """

    action: str = "status"
    path: str = ".*"
    method: str | None = None
    task: str | None = None
    vmid: int | None = None
    status: int = 500
    message: str = ""
    seconds: float = 0.0
    probability: float = 1.0
    count: int | None = None
    after: int = 0
    lock: str | None = None
    hits: int = 0

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> FaultRule:
        """A rule from its JSON form; raises ValueError for fields and actions that there are not."""
        unknown = set(data) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown fault fields: {', '.join(sorted(unknown))}")
        rule = cls(**data)
        known = REQUEST_ACTIONS if rule.task is None else TASK_ACTIONS
        if rule.action not in known:
            of = "requests" if rule.task is None else "tasks"
            raise ValueError(f"no fault of {of} is called {rule.action!r}; there are {', '.join(sorted(known))}")
        for pattern in (rule.path, rule.task or ""):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return rule


@dataclass
class Faults:
    """The active rules; a seeded draw makes probabilities repeatable.

    For each request, every matching effect happens, and the first matching answer is given.
    """

    rules: list[FaultRule] = field(default_factory=list)
    seed: int = 0
    draws: int = 0

    def find_effects(self, request: Request, path: str) -> list[FaultRule]:
        """The rules that change the cluster before this request is answered."""
        return self._find_applying(lambda rule: rule.action in EFFECTS and _request_matches(rule, request, path))

    def find_answer(self, request: Request, path: str) -> FaultRule | None:
        """The rule that answers this request instead of the cluster."""
        return self._find_first(lambda rule: rule.action in ANSWERS and _request_matches(rule, request, path))

    def find_delivery(self, request: Request, path: str) -> FaultRule | None:
        """The rule that alters how the real answer to this request arrives."""
        return self._find_first(lambda rule: rule.action in DELIVERIES and _request_matches(rule, request, path))

    def find_task_rules(self, task: Task) -> list[FaultRule]:
        """The rules about a task that is about to work."""
        return self._find_applying(lambda rule: rule.task is not None and _task_matches(rule, task))

    def _find_first(self, matches: Callable[[FaultRule], bool]) -> FaultRule | None:
        return next(iter(self._find_applying(matches, first=True)), None)

    def _find_applying(self, matches: Callable[[FaultRule], bool], *, first: bool = False) -> list[FaultRule]:
        """The rules that match and whose turn it is; with `first` at most one."""
        rules: list[FaultRule] = []
        for rule in self.rules:
            if not matches(rule) or (rule.count is not None and rule.count <= 0):
                continue
            rule.hits += 1
            if rule.hits <= rule.after or self._draw(rule) >= rule.probability:
                continue
            if rule.count is not None:
                rule.count -= 1
            rules.append(rule)
            if first:
                break
        return rules

    def _draw(self, rule: FaultRule) -> float:
        if rule.probability >= 1:
            return 0.0
        self.draws += 1
        digest = hashlib.sha256(f"{self.seed}:{self.draws}".encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48


def _request_matches(rule: FaultRule, request: Request, path: str) -> bool:
    if rule.task is not None or (rule.method is not None and rule.method != request.method):
        return False
    if rule.vmid is not None:
        named = _VMID.search(path)
        if named is None or int(named[1]) != rule.vmid:
            return False
    return re.search(rule.path, path) is not None


def _task_matches(rule: FaultRule, task: Task) -> bool:
    if rule.vmid is not None and task.upid.id != str(rule.vmid):
        return False
    return re.fullmatch(rule.task or ".*", task.upid.type) is not None
