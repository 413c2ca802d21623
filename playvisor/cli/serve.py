# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor serve`: lends its fork server to the commands of the same user."""

from __future__ import annotations

import signal
import threading

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.executor.forkserver.supervisor import LEND
from mcp_bridge.executor.warm import make_supervisor
from playvisor.cli import console
from playvisor.cli.command_line import LENT


def serve_commands() -> None:
    """Lend until a signal. Raises PlayvisorError when the fork server can't live."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = make_supervisor({}, purpose=LEND, lent_programs=LENT)

    def keep() -> None:
        server.keep_running()
        stop.set()

    threading.Thread(target=keep, name="keeping", daemon=True).start()
    if server.wait_until_ready():
        console.err().print("Commands of this user run faster now, until Ctrl-C.")
    stop.wait()
    failed = server.is_useless
    server.close()
    if failed:
        raise PlayvisorError(
            "The process that commands are forked from ends as soon as it starts.",
            "Run `playvisor doctor`; the message above says what it complained of.",
        )
