# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run may send: any GET, and other requests only as, and as often as, they were granted. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.gateway.request import ApiRequest, Params, Path, parse_segments
from mcp_bridge.text.redaction import describe_unkept

REFUSAL = "not in this run's grant"
# How plans, and Ansible, show a secret: its value is not known here, so any value is accepted.
_HIDDEN = ("********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
# Read again before a step is sent, so that it is the digest of what the step before it left. Adding one is harmless:
# it can only make Proxmox VE refuse the request.
_DIGEST = "digest"
# The statuses with which Proxmox VE refuses a request. After other errors, it may have carried the request out.
_REFUSED = frozenset({*range(400, 500), 500, 501, 595})


@dataclass(eq=False)
class Use:
    """One use of a granted request. `params` None allows any parameters; a value of None allows any value."""

    params: Mapping[str, tuple[str, ...] | None] | None
    used: bool = False

    def may_send(self, params: Params) -> bool:
        """Whether this use covers a request with exactly these parameters."""
        if self.params is None:
            return True
        if set(self.params) - {_DIGEST} != set(params) - {_DIGEST}:
            return False
        if _DIGEST in self.params and _DIGEST not in params:
            return False  # a step planned with a digest must be sent with one
        return all(value is None or _is_meant(value, params[name]) for name, value in self.params.items())


class Grant:
    """The requests beyond GET that one run may send.

    `steps` are those of an approved plan; each may succeed once. A step that was refused, or whose task failed, may be
    sent again; one that succeeded, or whose outcome is unknown, may not. `requests` are patterns, such as
    `POST /nodes/{node}/qemu/{vmid}/vncproxy`, that may be sent at any time with any parameters.
    """

    def __init__(self, steps: Iterable[Mapping[str, Any]] = (), requests: Iterable[str] = ()) -> None:
        self._uses: dict[tuple[str, Path], list[Use]] = defaultdict(list)
        for step in steps:
            self._uses[step["method"], parse_segments(step["path"])].append(
                Use(_to_form_params(step.get("params") or {}))
            )
        self._patterns = [(method, parse_segments(path)) for method, _space, path in map(_split_pattern, requests)]
        self._tasks: dict[str, Use] = {}

    def claim(self, request: ApiRequest) -> Use | None:
        """Use up the part of the grant that this request needs; None when the request is not granted."""
        for use in self._uses.get((request.method, request.path), ()):
            if not use.used and use.may_send(request.params):
                use.used = True
                return use
        if any(method == request.method and _matches(path, request.path) for method, path in self._patterns):
            return Use(None, used=True)
        return None

    def record_answer(self, use: Use, status: int, upid: str | None) -> None:
        """Note that Proxmox VE answered a request with this HTTP status and, if it started a task, with its UPID."""
        use.used = status not in _REFUSED
        if upid:
            self._tasks[upid] = use

    def record_task_end(self, upid: str, exitstatus: str) -> None:
        """Note how a task ended. If it failed, for example because of a lock, its step may be sent again."""
        use = self._tasks.pop(upid, None)
        if use is not None and exitstatus != "OK" and not exitstatus.startswith("WARNINGS"):
            use.used = False

    def is_waiting_for(self, upid: str) -> bool:
        """Whether a request of this grant started this task, so that it matters how the task ends."""
        return upid in self._tasks


def _to_form_params(params: Mapping[str, Any]) -> dict[str, tuple[str, ...] | None]:
    """The parameters of a step as they arrive in a form, without those that the requests library leaves out of one."""
    expected: dict[str, tuple[str, ...] | None] = {}
    for name, value in params.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        texts = tuple(str(item) for item in values if item is not None)
        if texts:
            expected[name] = None if value in _HIDDEN or name == _DIGEST else texts
    return expected


def _is_meant(planned: tuple[str, ...], sent: tuple[str, ...]) -> bool:
    """Whether this was planned: the same values, or the one whose SHA-256 and length the plan has."""
    return planned == sent or (len(planned) == len(sent) == 1 and planned[0] == describe_unkept(sent[0]))


def _split_pattern(pattern: str) -> tuple[str, str, str]:
    return pattern.partition(" ")


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(
        # A segment with a separator in it is more than one to Proxmox VE.
        wanted == segment or (wanted.startswith("{") and "/" not in segment)
        for wanted, segment in zip(pattern, path, strict=True)
    )
