# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking after a run that was broken off: what became of the tasks that it had started in Proxmox VE."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mcp_bridge import collection
from mcp_bridge.evidence.requests import SentRequest, is_lost, with_found_tasks, with_task_states
from mcp_bridge.executor import Executor, PlaybookRun, RunError

PHASE, PLAYBOOK = "after", "task"
_SEARCH_PHASE, _SEARCH_PLAYBOOK = "search", "task_info"
# A cluster that is down must not delay callers for longer.
_SECONDS = 30


@dataclass(frozen=True)
class TaskInspector:
    """Asks the cluster, by a playbook like everything else."""

    executor: Executor

    def inspect(
        self, folder: Path, sent: Sequence[SentRequest], stop: Sequence[str] = (), known: Sequence[str] = ()
    ) -> list[SentRequest]:
        """What was sent, with what the cluster says of its tasks; those among `stop` that still run are stopped.

        The tasks of requests whose answers were lost are looked for first; `known` are those of other runs. It never
        fails: requests of which it is unknown what became of them say why. The playbooks leave their artifacts in
        `folder`, each in that of its phase.
        """
        sent = self._find_lost(folder / _SEARCH_PHASE, sent, known)
        folder = folder / PHASE
        upids = list(dict.fromkeys(stop or [one.upid for one in sent if one.upid]))
        if not upids:
            return list(sent)
        try:
            tasks = self._run_playbook(folder, upids, stop)
        except Exception as error:
            # A full disk, say; the run itself has still to be recorded.
            reason = error.reason if isinstance(error, RunError) else error
            return _mark_unknown(sent, f"{type(reason).__name__}: {reason}")
        return _mark_unknown(sent, "the cluster could not be asked") if tasks is None else with_task_states(sent, tasks)

    def _find_lost(self, folder: Path, sent: Sequence[SentRequest], known: Sequence[str]) -> list[SentRequest]:
        """The requests; those without a known answer with the tasks that the cluster's lists show of them."""
        lost = [one for one in sent if is_lost(one)]
        if not lost:
            return list(sent)
        try:
            found = self._run_search(folder, lost, [*known, *(one.upid for one in sent if one.upid)])
        except Exception as error:
            reason = error.reason if isinstance(error, RunError) else error
            return [replace(one, unknown=f"{type(reason).__name__}: {reason}") if is_lost(one) else one for one in sent]
        return with_found_tasks(sent, found)

    def _run_search(
        self, folder: Path, lost: Sequence[SentRequest], known: Sequence[str]
    ) -> list[dict[str, Any]] | None:
        run = PlaybookRun(
            folder=folder,
            playbook=collection.playbook_path(_SEARCH_PLAYBOOK),
            action=f"{collection.NAME}.pve_task_info",
            variables={"pve_started_by": [_describe_search(one) for one in lost], "pve_known_upids": list(known)},
            check=True,
            timeout=_SECONDS,
        )
        outcome = self.executor.run(run, lambda _line: None, threading.Event())
        return (outcome.result or {}).get("requests")

    def _run_playbook(self, folder: Path, upids: list[str], stop: Sequence[str]) -> list[dict[str, object]] | None:
        run = PlaybookRun(
            folder=folder,
            playbook=collection.playbook_path(PLAYBOOK),
            action=f"{collection.NAME}.pve_task",
            variables={"pve_upids": upids, "pve_timeout": _SECONDS // 2},
            check=not stop,
            timeout=_SECONDS,
            steps=[{"method": "DELETE", "path": _path(upid)} for upid in stop],
        )
        outcome = self.executor.run(run, lambda _line: None, threading.Event())
        return (outcome.result or {}).get("tasks")


def _describe_search(sent: SentRequest) -> dict[str, Any]:
    """A request as pve_task_info looks for its task."""
    moment = datetime.fromisoformat(sent.sent_at or "1970-01-01T00:00:00+00:00").timestamp()
    vmid = {} if sent.vmid is None else {"vmid": sent.vmid}
    return {"method": sent.method, "path": sent.path, "sent_at": moment, **vmid}


def _mark_unknown(sent: Sequence[SentRequest], why: str) -> list[SentRequest]:
    return [replace(one, unknown=why) if one.upid else one for one in sent]


def _path(upid: str) -> str:
    node = upid.split(":")[1]
    return f"/nodes/{quote(node, safe='')}/tasks/{quote(upid, safe='')}"
