# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a run whose process died: asked of the cluster later, and recorded as a run of its own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_bridge.evidence import events
from mcp_bridge.evidence.requests import SentRequest, describe_requests, is_lost, missing_steps, read_requests
from mcp_bridge.ledger.records import Closing
from mcp_bridge.run.phases import RunContext
from mcp_bridge.run.recovery.tasks import PLAYBOOK, TaskInspector
from mcp_bridge.run.request import Request

if TYPE_CHECKING:
    from mcp_bridge.ledger.records import RunRow

TOOL = "follow_up"
"""What the ledger calls it."""
# Of how many of the latest runs the tasks are theirs, and not an interrupted one's.
_OTHER_RUNS = 500


@dataclass(frozen=True)
class FollowUp:
    """Follows up interrupted runs. Their own rows and artifacts stay as they are: the chain covers them."""

    means: RunContext

    def ask(self, row: RunRow, request: Request) -> dict[str, Any] | None:
        """What is known by now of what an interrupted run had sent, as plain data; None when it had sent nothing.

        Once all of its tasks have ended, the cluster is not asked again. Raises LedgerError when it can't be recorded,
        and nothing else: that a cluster is down is part of what is returned.
        """
        ledger = self.means.recorder.ledger
        folder = ledger.folder(row.run_id)
        steps = events.read_planned_steps(folder)
        requests = read_requests(folder / "apply", steps)
        if row.outcome != "interrupted" or not requests:
            return None
        before = next(iter(ledger.recent(1, tool=TOOL, outcome="ok", guest=row.run_id)), None)
        if before is not None:
            return {"told": before.summary, "run_id": before.run_id}
        if not any(one.upid or is_lost(one) for one in requests):
            return {"told": describe_requests(requests, missing_steps(requests, steps))}
        run_id, inspected = self._ask_cluster(row, request, requests)
        account = describe_requests(inspected, missing_steps(inspected, steps))
        return {"told": account, "run_id": run_id, "sent": [one.as_dict() for one in inspected]}

    def _ask_cluster(self, row: RunRow, request: Request, requests: list[SentRequest]) -> tuple[str, list[SentRequest]]:
        recorder, run_id = self.means.recorder, str(uuid.uuid4())
        look = replace(request, tool=TOOL, arguments={"run_id": row.run_id}, mode="read")
        folder = recorder.ledger.folder(run_id)
        recorder.open(look, run_id, PLAYBOOK)
        inspector = TaskInspector(self.means.executor)
        inspected = inspector.inspect(folder, requests, known=self._list_other_tasks(row))
        steps = events.read_planned_steps(recorder.ledger.folder(row.run_id))
        summary = recorder.redact_data(describe_requests(inspected, missing_steps(inspected, steps)))
        ended = all(one.state == "stopped" for one in inspected if one.upid) and not any(map(is_lost, inspected))
        upids = [one.upid for one in inspected if one.upid]
        # `ok` says that there is nothing more to ask.
        recorder.write(run_id, Closing("ok" if ended else "failed", "allowed", False, summary, upids=upids))
        return run_id, inspected

    def _list_other_tasks(self, row: RunRow) -> list[str]:
        """The tasks that are known to be those of other runs."""
        recent = self.means.recorder.ledger.recent(_OTHER_RUNS)
        others = [one for one in recent if row.run_id not in (one.run_id, one.arguments.get("run_id"))]
        return sorted({upid for one in others for upid in one.upids})
