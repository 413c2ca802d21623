# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run may send: any GET, and beyond that what it was granted, as often as it was granted. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.gateway.request import ApiRequest, Params, Path, parse_segments

REFUSAL = "not in this run's grant"
# How plans, and Ansible, show a secret: its value is not known here, so any will do.
_HIDDEN = ("********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
# Read anew before a step is sent, so that it is the digest of what the step before it left. To add one is harmless,
# as it can only make Proxmox VE refuse the request.
_DIGEST = "digest"
# What Proxmox VE says when it has refused a request. After other errors it may have been received all the same.
_REFUSED = frozenset({*range(400, 500), 500, 501, 595})


@dataclass(eq=False)
class Use:
    """One use of a granted request; `params` None leaves all of them free, a value of None that one."""

    params: Mapping[str, tuple[str, ...] | None] | None
    used: bool = False

    def fits_params(self, asked: Params) -> bool:
        if self.params is None:
            return True
        if self.params.keys() | {_DIGEST} != asked.keys() | {_DIGEST} or (_DIGEST in self.params) > (_DIGEST in asked):
            return False
        return all(value is None or value == asked[name] for name, value in self.params.items())


class Grant:
    """The requests beyond GET that one run may send.

    `steps` are those of an approved plan; each may succeed once. A step that was refused, or whose task failed, may be
    sent again; one that succeeded, or of which nobody knows, may not. `requests` are patterns, such as
    `POST /nodes/{node}/qemu/{vmid}/vncproxy`, that may be sent at any time with any parameters.
    """

    def __init__(self, steps: Iterable[Mapping[str, Any]] = (), requests: Iterable[str] = ()) -> None:
        self._uses: dict[tuple[str, Path], list[Use]] = defaultdict(list)
        for step in steps:
            self._uses[step["method"], parse_segments(step["path"])].append(Use(_form_params(step.get("params") or {})))
        self._patterns = [(method, parse_segments(path)) for method, _space, path in map(_split_pattern, requests)]
        self._tasks: dict[str, Use] = {}

    def claim(self, asked: ApiRequest) -> Use | None:
        """Take what a request needs of the grant; None when it is not granted."""
        for use in self._uses.get((asked.method, asked.path), ()):
            if not use.used and use.fits_params(asked.params):
                use.used = True
                return use
        if any(method == asked.method and _matches(path, asked.path) for method, path in self._patterns):
            return Use(None, used=True)
        return None

    def record_answer(self, use: Use, status: int, upid: str | None) -> None:
        """Note what became of a request: Proxmox VE answered with a status and, if it started a task, its UPID."""
        use.used = status not in _REFUSED
        if upid:
            self._tasks[upid] = use

    def record_task_end(self, upid: str, exitstatus: str) -> None:
        """Note how a task ended: the step of one that failed, such as for a lock, may be sent again."""
        use = self._tasks.pop(upid, None)
        if use is not None and exitstatus != "OK" and not exitstatus.startswith("WARNINGS"):
            use.used = False

    def is_waiting_for(self, upid: str) -> bool:
        """Whether it matters how this task ends."""
        return upid in self._tasks


def _form_params(params: Mapping[str, Any]) -> dict[str, tuple[str, ...] | None]:
    """The parameters of a step as they arrive in a form; what requests leaves out of one is not expected."""
    expected: dict[str, tuple[str, ...] | None] = {}
    for name, value in params.items():
        several = value if isinstance(value, (list, tuple)) else [value]
        sent = tuple(str(one) for one in several if one is not None)
        if sent:
            expected[name] = None if value in _HIDDEN or name == _DIGEST else sent
    return expected


def _split_pattern(request: str) -> tuple[str, str, str]:
    return request.partition(" ")


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(
        part.startswith("{") or part == given for part, given in zip(pattern, path, strict=True)
    )
