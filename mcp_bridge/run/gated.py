# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks that run here reach the cluster only as the authority admits them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_bridge.executor import Executor, PlaybookOutcome, PlaybookRun, Progress, RunError

if TYPE_CHECKING:
    from mcp_bridge.authority import Authority


@dataclass(frozen=True)
class GatedExecutor:
    """An executor on this machine, whose runs the authority admits to the cluster."""

    executor: Executor
    authority: Authority

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run a playbook, admitted with what it may send, for as long as it runs."""
        with self.authority.admit(run) as admission:
            admitted = replace(run, environment={**run.environment, **admission.environment})
            try:
                outcome = self.executor.run(admitted, progress, cancel)
            except Exception as error:
                raise RunError(error, tuple(admission.denied)) from error
        return replace(outcome, denied=tuple(admission.denied), gateway_upids=tuple(admission.upids))

    def close(self) -> None:
        """Stop admitting, and what the executor keeps running."""
        self.authority.close()
        self.executor.close()
