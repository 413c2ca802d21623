# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that were left open when their processes died: what is left of them is killed, and they are closed."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge.evidence import events
from mcp_bridge.evidence.fleets import read_interrupted
from mcp_bridge.evidence.requests import SentRequest, describe_requests, missing_steps, read_requests
from mcp_bridge.ledger import artifacts
from mcp_bridge.ledger.records import Closing, RunRow
from mcp_bridge.system import processes

if TYPE_CHECKING:
    from mcp_bridge.authority import Authority


def close_interrupted(authority: Authority) -> list[str]:
    """Close the runs that processes of this host left open when they died; return their ids.

    Whatever is left of such a run, like a playbook that outlived the process, is killed first.
    """
    closed, ledger = [], authority.ledger
    for row in ledger.list_unclosed():
        if row.host != socket.gethostname() or _is_alive(row):
            continue
        folder = ledger.folder(row.run_id)
        processes.kill_run(folder)
        steps = events.read_planned_steps(folder)
        requests = read_requests(folder / "apply", steps)
        cluster = ledger.find_admitted_cluster(row.run_id)
        fleet = read_interrupted(folder, row, cluster, requests) if cluster and requests else None
        if authority.close_if_open(row.run_id, _describe_interruption(folder, steps, requests), fleet):
            closed.append(row.run_id)
    return closed


def _describe_interruption(
    folder: Path, steps: Sequence[Mapping[str, Any]], requests: Sequence[SentRequest]
) -> Closing:
    sent = describe_requests(requests, missing_steps(requests, steps)) if requests else "It had sent nothing but GET."
    return Closing(
        outcome="interrupted",
        decision="allowed" if (folder / "apply").is_dir() else "unknown",
        # The gateway notes a request before it sends it, so what is not there was not sent.
        changed=any(request.may_have_changed for request in requests),
        upids=[request.upid for request in requests if request.upid],
        summary=f"How it ended was not written: its process died, or could not write. {sent}",
        artifacts_sha256=artifacts.seal(folder),
    )


def _is_alive(row: RunRow) -> bool:
    """Whether the process that opened a row still runs; its id alone may have been given to another one since."""
    if not row.process_started:
        try:
            os.kill(row.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return bool(processes.read_start_time(row.pid) == row.process_started)
