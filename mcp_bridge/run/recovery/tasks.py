# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking after a run that was broken off: what became of the tasks that it had started in Proxmox VE."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from mcp_bridge import collection
from mcp_bridge.evidence.requests import SentRequest, with_task_states
from mcp_bridge.executor import Executor, PlaybookRun, RunError

PHASE = "after"
PLAYBOOK = "task"
# A cluster that is down must not delay callers for longer.
_SECONDS = 30


@dataclass(frozen=True)
class TaskInspector:
    """Asks the cluster, by a playbook like everything else."""

    executor: Executor

    def inspect(self, folder: Path, sent: Sequence[SentRequest], stop: Sequence[str] = ()) -> list[SentRequest]:
        """What was sent, with what the cluster says of its tasks; those among `stop` that still run are stopped.

        It never fails: requests whose task is unknown say why. The playbook leaves its artifacts in `folder`.
        """
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


def _mark_unknown(sent: Sequence[SentRequest], why: str) -> list[SentRequest]:
    return [replace(one, unknown=why) if one.upid else one for one in sent]


def _path(upid: str) -> str:
    node = upid.split(":")[1]
    return f"/nodes/{quote(node, safe='')}/tasks/{quote(upid, safe='')}"
