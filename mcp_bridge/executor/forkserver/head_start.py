# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fork server for the single run of a command, which loads Ansible while the command loads everything else."""

from __future__ import annotations

from mcp_bridge.executor.forkserver.supervisor import ONCE, Supervisor
from mcp_bridge.executor.warm import make_supervisor

supervisor: Supervisor | None = None


def start() -> None:
    """Start the server: before anything else, and only in a process that is going to run a playbook."""
    global supervisor
    # The cluster's variables come with the run.
    supervisor = make_supervisor({}, purpose=ONCE)
    supervisor.start()
