# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that a run sent to the cluster, and sentences that describe them. Pure, except for reading files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcp_bridge.executor import read_started_tasks
from mcp_bridge.gateway import trace
from mcp_bridge.gateway.request import Path as RequestPath
from mcp_bridge.gateway.request import parse_segments

_REFUSED = 400
# Answers of proxies, and of pveproxy while it waited for another process or node: it may have been carried out.
_LOST = frozenset({502, 503, 504, *range(595, 600)})
# How many requests are described one by one; the trace has all of them.
_MOST_DESCRIBED = 10


@dataclass(frozen=True)
class SentRequest:
    """One request that may have changed something. `status` is None when no answer to it was seen.

    `upid` is the task that it started, `state` that task's state (`running` or `stopped`), `exitstatus` how it ended,
    and `unknown` the reason why its state is not known. Where the answer was lost, `upid` may have been found later by
    the cluster's list of tasks, and `tasks` are those of which one may be its. `sent_at` is when it was sent, in UTC by
    this machine's clock, `vmid` the guest that its plan says it is about, and `starts_task` whether it starts a task.
    """

    label: str
    method: str
    path: str
    status: int | None
    upid: str | None = None
    state: str | None = None
    exitstatus: str | None = None
    unknown: str | None = None
    tasks: tuple[str, ...] = ()
    sent_at: str | None = None
    vmid: int | None = None
    starts_task: bool = True

    @property
    def may_have_changed(self) -> bool:
        """Whether the cluster may have carried it out."""
        return self.status is None or self.status < _REFUSED or self.is_answer_lost

    @property
    def is_answer_lost(self) -> bool:
        """Whether what came as its answer, if anything, leaves open whether it was carried out."""
        return self.status is None or self.status in _LOST

    @property
    def is_unknown(self) -> bool:
        """Whether it is not known what became of it."""
        return self.state is None if self.upid else self.is_answer_lost

    @property
    def is_done(self) -> bool:
        """Whether it was carried out for sure, and its task, if it has one, ended well."""
        is_sent = self.status is not None and self.status < _REFUSED and not self.tasks and not self.unknown
        return is_sent and (self.upid is None or self.exitstatus == "OK" or str(self.exitstatus).startswith("WARNINGS"))

    @property
    def description(self) -> str:
        """A sentence about what was sent, and what became of it."""
        if self.is_answer_lost and self.upid:
            outcome = "was sent, its answer was lost, and its task was found"
        elif self.is_answer_lost:
            seen = "no answer was seen" if self.status is None else f"its answer was lost ({self.status})"
            outcome = f"was sent, and {seen}: it may have been done (unknown)"
        elif not self.may_have_changed:
            outcome = f"was refused ({self.status})"
        else:
            outcome = "was sent"
        return f"{self.label} {outcome}{self._describe_task()}."

    def _describe_task(self) -> str:
        if self.upid is None:
            if self.tasks:
                return f"; one of these tasks may be its: {', '.join(self.tasks)}"
            return f"; {self.unknown}" if self.unknown else ""
        if self.state == "running":
            return f"; its task still runs ({self.upid})"
        if self.state == "stopped":
            return f"; its task ended {self.exitstatus or 'without an exit status'}"
        return f"; what became of its task is not known{f': {self.unknown}' if self.unknown else ''} ({self.upid})"

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON-compatible data, without what is empty, the label, and what is for finding its task."""
        hidden = ("label", "sent_at", "vmid", "starts_task")
        facts = {name: value for name, value in vars(self).items() if value not in (None, ()) and name not in hidden}
        return {**facts, "tasks": list(self.tasks)} if self.tasks else facts


def read_requests(folder: Path, steps: Sequence[Mapping[str, Any]]) -> list[SentRequest]:
    """Read the requests other than GET that the playbook in this folder sent, in order; `steps` are the planned ones.

    A playbook could have written anything into its folder, so nothing there makes this fail.
    """
    planned: dict[tuple[str, RequestPath], list[Mapping[str, Any]]] = {}
    for step in _well_formed(steps):
        planned.setdefault((step["method"], _segments_or_text(step["path"])), []).append(step)
    traced = [_make_sent_request(entry, planned) for entry in trace.read(folder) if _may_change_something(entry)]
    traced_upids = {sent.upid for sent in traced}
    # Tasks that the gateway had no time to note.
    untraced = [
        SentRequest("A task", "", "", 200, upid) for upid in read_started_tasks(folder) if upid not in traced_upids
    ]
    return [*traced, *untraced]


def _may_change_something(entry: Mapping[str, Any]) -> bool:
    return entry.get("method") != "GET" and entry.get("note") not in ("denied", trace.UNSENT)


def _make_sent_request(
    entry: Mapping[str, Any], planned: Mapping[tuple[str, RequestPath], Sequence[Mapping[str, Any]]]
) -> SentRequest:
    method, path = str(entry.get("method")), str(entry.get("path"))
    status, upid, sent_at = entry.get("status"), entry.get("upid"), entry.get("time")
    steps = planned.get((method, _segments_or_text(path)), ())
    vmids = {_read_vmid(step) for step in steps}
    return SentRequest(
        _label_all(steps) if steps else f"{method} {path}",
        method,
        path,
        status if isinstance(status, int) else None,
        upid if isinstance(upid, str) else None,
        sent_at=sent_at if isinstance(sent_at, str) else None,
        vmid=vmids.pop() if len(vmids) == 1 else None,
        starts_task=not steps or any(step.get("task", True) for step in steps),
    )


def _read_vmid(step: Mapping[str, Any]) -> int | None:
    """The guest that a planned request names among its parameters, as that of a backup does."""
    params = step.get("params")
    vmid = str(params.get("vmid") or "") if isinstance(params, Mapping) else ""
    return int(vmid) if vmid.isascii() and vmid.isdecimal() else None


def _well_formed(steps: Iterable[Any]) -> list[Mapping[str, Any]]:
    return [
        step
        for step in steps
        if isinstance(step, Mapping) and all(isinstance(step.get(name), str) for name in ("method", "path"))
    ]


def _segments_or_text(path: str) -> RequestPath:
    try:
        return parse_segments(path)
    except ValueError:
        return (path,)


def missing_steps(sent: Iterable[SentRequest], steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the labels of the planned requests that were not sent."""
    unmatched_paths = [_segments_or_text(request.path) for request in sent if request.path]
    missing = []
    for step in _well_formed(steps):
        path = _segments_or_text(step["path"])
        if path in unmatched_paths:
            unmatched_paths.remove(path)
        else:
            missing.append(_label(step))
    return missing


def is_lost(sent: SentRequest) -> bool:
    """Whether the answer to a request was lost, and with it the task that it may have started."""
    return sent.is_answer_lost and sent.upid is None and sent.starts_task and bool(sent.path)


def with_found_tasks(sent: Iterable[SentRequest], found: Sequence[Mapping[str, Any]] | None) -> list[SentRequest]:
    """Return the requests with the tasks that were found for those whose answers were lost, in their order.

    `found` is as pve_task_info returns `requests`; None: the cluster could not be asked.
    """
    answers = iter(found or ())
    return [_with_found_task(one, next(answers, None)) if is_lost(one) else one for one in sent]


def _with_found_task(sent: SentRequest, found: Mapping[str, Any] | None) -> SentRequest:
    if found is None:
        return replace(sent, unknown="the cluster could not be asked")
    if found.get("failure"):
        return replace(sent, unknown=str(found["failure"].get("message", "")).rstrip("."))
    if len(found["upids"]) == 1:
        return replace(sent, upid=found["upids"][0])
    tasks = (*found["upids"], *found["possible_upids"])
    return replace(sent, tasks=tasks, unknown=None if tasks else "no task of it is in the cluster's lists")


def with_task_states(sent: Iterable[SentRequest], tasks: Iterable[Mapping[str, Any]]) -> list[SentRequest]:
    """Return the requests with the states of their tasks; `tasks` are as pve_task returns them."""
    task_by_upid = {task["upid"]: task for task in tasks}
    return [_with_task_state(request, task_by_upid.get(request.upid or "")) for request in sent]


def _with_task_state(sent: SentRequest, task: Mapping[str, Any] | None) -> SentRequest:
    if task is None:
        return sent
    if task.get("failure"):
        return replace(sent, unknown=str(task["failure"].get("message", "")).rstrip("."))
    # In check mode `after` is only what stopping it would lead to.
    state = "stopped" if task.get("exitstatus") else (task["before"] or {}).get("state")
    return replace(sent, state=state, exitstatus=task.get("exitstatus"))


def describe_requests(sent: Sequence[SentRequest], missing: Sequence[str]) -> str:
    """Return sentences about what was sent and what was not; of many, about those that are not done."""
    told = [request for request in sent if not request.is_done] if len(sent) > _MOST_DESCRIBED else sent
    number = len(sent) - len(told)
    sentences = [f"{number} {'request was' if number == 1 else 'requests were'} sent and done."] if number else []
    sentences += [request.description for request in told[:_MOST_DESCRIBED]]
    if len(told) > _MOST_DESCRIBED:
        sentences.append(f"And {len(told) - _MOST_DESCRIBED} more.")
    if missing:
        rest = f" and {len(missing) - _MOST_DESCRIBED} more" if len(missing) > _MOST_DESCRIBED else ""
        sentences.append(f"Not sent: {', '.join(missing[:_MOST_DESCRIBED])}{rest}.")
    return " ".join(sentences)


def _label_all(steps: Sequence[Mapping[str, Any]]) -> str:
    """Name a request that is one of these: the trace has no parameters, by which they may differ."""
    vmids = {step.get("vmid") for step in steps}
    if len(vmids) == 1:
        return _label(steps[-1])
    labels = {_label(step).partition(" of ")[0] for step in steps}
    return f"{labels.pop()} of one of {len(vmids)} guests" if len(labels) == 1 else _label(steps[-1])


def _label(step: Mapping[str, Any]) -> str:
    """Name a request for people, such as `start of 101 (web-01)`; others by method and path."""
    last = str(step["path"]).rsplit("/", 1)[-1]
    if step["method"] == "DELETE" or not last.isalpha() or "vmid" not in step:
        return f"{step['method']} {step['path']}"
    name = f" ({step['name']})" if step.get("name") else ""
    return f"{last} of {step['vmid']}{name}"
