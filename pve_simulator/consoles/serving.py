# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves a console to the client that has come to its port."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pve_simulator.consoles.rfb import serve_screen
from pve_simulator.consoles.screen import Screen
from pve_simulator.consoles.terminal import Run, Shell, serve_terminal
from pve_simulator.guests.agent.machine import Machine
from pve_simulator.guests.agent.shell import run_shell
from pve_simulator.guests.agent.systems import find_system
from pve_simulator.http.websocket import WebSocket
from pve_simulator.requests.consoles import Console
from pve_simulator.state.agent import AgentScript
from pve_simulator.world.clock import Clock


async def serve_console(console: Console, clock: Clock, socket: WebSocket) -> None:
    """Serve a console until its client goes, or what it shows ends."""
    serving = asyncio.ensure_future(_serve(console, clock, socket))
    ended = asyncio.ensure_future(console.ended.wait())
    try:
        await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for job in (serving, ended):
            job.cancel()
            with suppress(asyncio.CancelledError):
                await job
        console.ended.set()
        with suppress(ConnectionError):
            await socket.close()


async def _serve(console: Console, clock: Clock, socket: WebSocket) -> None:
    if console.password is not None:
        what = f"{console.guest.type} {console.guest.vmid}" if console.guest else "node"
        await serve_screen(socket, Screen(console.name, what), console.password)
    else:
        shell = Shell(console.name, _make_run(console, clock))
        await serve_terminal(socket, shell, console.user, console.ticket)


def _make_run(console: Console, clock: Clock) -> Run:
    """What runs the lines of a terminal: the system of a guest; of nodes, nothing is simulated but the name."""
    guest = console.guest
    system = find_system(guest) if guest else None
    if guest is None or system is None:
        return lambda line: f"{console.name}\n" if line == "hostname" else f"sh: 1: {line.split()[0]}: not found\n"

    def run(line: str) -> str:
        result = run_shell(Machine(guest, system, guest.part(AgentScript), clock.time()), ["-c", line], "")
        return result.out + result.err

    return run
