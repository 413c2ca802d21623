# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor serve`: run a fork server for the commands of the same user."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.executor.forkserver.supervisor import LEND, Supervisor
from mcp_bridge.executor.warm import make_supervisor
from mcp_bridge.settings import load_settings, profiles
from playvisor.cli import console
from playvisor.cli.command_line import LENT_PROGRAMS

if TYPE_CHECKING:
    from mcp_bridge.run import Bridge

# Without one of them, it knows no cluster: a default profile may need a password.
_CLUSTERS = ("PROXMOX_URL", "PROXMOX_HOST", profiles.VARIABLE)


def serve_commands(idle_seconds: int | None = None) -> None:
    """Run the fork server until a signal, or until it was idle for so long.

    One that does not end by itself also syncs the history of the cluster of its environment, if there is one.

    Raises PlayvisorError when it ends as soon as it starts.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = make_supervisor({}, purpose=LEND, lent_programs=LENT_PROGRAMS)

    def keep() -> None:
        server.keep_running()
        stop.set()

    threading.Thread(target=keep, name="keeping", daemon=True).start()
    if server.wait_until_ready():
        console.get_stderr().print("Commands of this user run faster now, until Ctrl-C.")
    bridge = None
    if idle_seconds is None:
        bridge = _start_ticks(server)
        stop.wait()
    else:
        _wait_while_used(server, stop, idle_seconds)
    is_useless = server.is_useless
    if bridge:
        bridge.stop_ticks()
        bridge.close()
    server.close()
    if is_useless:
        raise PlayvisorError(
            "The process that commands are forked from ends as soon as it starts.",
            "Run `playvisor doctor`; the message above says what went wrong.",
        )


def _wait_while_used(server: Supervisor, stop: threading.Event, idle_seconds: int) -> None:
    """Wait until nobody has borrowed from the server for so long, another lends instead of it, or a signal comes."""
    while server.is_published and not stop.wait(max(0.0, idle_seconds - server.count_idle_seconds())):
        if server.count_idle_seconds() >= idle_seconds:
            return


def _start_ticks(server: Supervisor) -> Bridge | None:
    """Sync the history from now on; says why where there is a cluster and it can't be."""
    if not any(map(os.environ.get, _CLUSTERS)):
        return None
    from mcp_bridge.run.factory import make_bridge

    try:
        bridge = make_bridge(load_settings(with_profile=bool(os.environ.get(profiles.VARIABLE))), server=server)
    except UsageError as error:
        console.get_stderr().print(f"The history is not synced: {error.message}")
        return None
    bridge.start_ticks()
    return bridge
