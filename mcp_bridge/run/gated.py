# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks that run here reach the cluster through the gateway, and can send only what they were granted."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_bridge.executor import Executor, PlaybookOutcome, PlaybookRun, Progress, RunError
from mcp_bridge.gateway.grants import Grant

if TYPE_CHECKING:
    from mcp_bridge.gateway.service import Gateway


@dataclass(frozen=True)
class GatedExecutor:
    """An executor on this machine, with the gateway that has the cluster's credentials."""

    executor: Executor
    gateway: Gateway

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run a playbook, admitted to the gateway with what it may send, for as long as it runs."""
        with self.gateway.admit(Grant(run.steps, run.request_patterns), run.folder) as admission:
            admitted = replace(run, environment={**run.environment, **admission.environment})
            try:
                outcome = self.executor.run(admitted, progress, cancel)
            except Exception as error:
                raise RunError(error, tuple(admission.denied)) from error
        return replace(outcome, denied=tuple(admission.denied), gateway_upids=tuple(admission.upids))

    def close(self) -> None:
        """Stop the gateway, and what the executor keeps running."""
        self.gateway.close()
        self.executor.close()
