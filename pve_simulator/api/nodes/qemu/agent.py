# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}/agent: the commands of the guest agent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.agent import execution, files
from pve_simulator.guests.agent.machine import Machine, agent_error
from pve_simulator.guests.agent.replies import answer_command, check_allowed, is_error
from pve_simulator.guests.agent.systems import answers_agent, find_system
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.agent import AgentScript
from pve_simulator.state.guest import Guest

_BASE = "/nodes/{node}/qemu/{vmid}/agent"
_READING = (
    "get-fsinfo get-host-name get-memory-block-info get-memory-blocks get-osinfo get-time get-timezone get-users"
    " get-vcpus info network-get-interfaces"
)
_WITH_PARAMETERS = "exec exec-status file-read file-write set-user-password"
_ACTING = "fsfreeze-freeze fsfreeze-status fsfreeze-thaw fstrim ping shutdown suspend-disk suspend-hybrid suspend-ram"
# Seconds that the server waits for an agent to answer a ping, and for a system to go down.
_PING_TIMEOUT = 3.0
_GOING_DOWN = 2.0
_ANSWER_TIMEOUT = 5.0
_ENCODE = "Wide character in subroutine entry at /usr/share/perl5/PVE/API2/Qemu/Agent.pm line 536."


async def require_machine(call: Call) -> Machine:
    """The machine of the path; raises when its agent does not answer, for a silent one after some seconds."""
    guest = call.guest("qemu")
    if "agent" not in guest.config:
        raise failure("No QEMU guest agent configured")
    if not guest.running:
        raise failure(f"VM {guest.vmid} is not running")
    system = find_system(guest)
    if system is None or not answers_agent(guest):
        await call.world.clock.sleep(_PING_TIMEOUT)
        raise failure("QEMU guest agent is not running")
    return Machine(guest, system, guest.part(AgentScript), call.world.clock.time())


@route("GET", _BASE)
def index(call: Call) -> list[dict[str, str]]:
    """The commands, whether the machine exists or not."""
    return [{"name": name} for name in sorted([*_READING.split(), *_ACTING.split(), *_WITH_PARAMETERS.split()])]


@route("POST", _BASE)
async def run_command(call: Call) -> dict[str, Any]:
    """One of the commands without parameters."""
    return await _send_command(call, call.need("command"))


def _command_handler(command: str) -> Callable[[Call], Awaitable[dict[str, Any]]]:
    async def handler(call: Call) -> dict[str, Any]:
        return await _send_command(call, command)

    return handler


for _name in _READING.split():
    route("GET", f"{_BASE}/{_name}")(_command_handler(_name))
for _name in _ACTING.split():
    route("POST", f"{_BASE}/{_name}")(_command_handler(_name))


@route("POST", f"{_BASE}/exec")
async def execute(call: Call) -> dict[str, int]:
    """Run a program; its arguments are an array, a single text is the program's name."""
    machine = await require_machine(call)
    check_allowed(machine, "exec")
    command = call.params["command"]
    argv = [str(word) for word in command] if isinstance(command, list) else [str(command)]
    return {"pid": execution.start_program(machine, argv, call.text("input-data", "") or "")}


@route("GET", f"{_BASE}/exec-status")
async def read_status(call: Call) -> dict[str, Any]:
    """The status and output of a program."""
    machine = await require_machine(call)
    check_allowed(machine, "exec-status")
    return execution.read_status(machine, call.integer("pid"))


@route("GET", f"{_BASE}/file-read")
async def read_file(call: Call) -> dict[str, Any]:
    """A file's content, a character for each byte."""
    machine = await require_machine(call)
    check_allowed(machine, "file-open")
    content = files.read_file(machine, call.need("file"))
    return {"content": content, "bytes-read": len(content)}


@route("POST", f"{_BASE}/file-write")
async def write_file(call: Call) -> None:
    """Write a file; with `encode=0` the content is already base64."""
    content = call.need("content")
    if call.flag("encode", default=True):
        if not _is_latin1(content):
            raise failure(_ENCODE)
    else:
        content = _decode_content(content)
    machine = await require_machine(call)
    check_allowed(machine, "file-open")
    files.write_file(machine, call.need("file"), content)


@route("POST", f"{_BASE}/set-user-password")
async def set_password(call: Call) -> dict[str, Any]:
    """Change the password of an account inside the machine."""
    machine = await require_machine(call)
    check_allowed(machine, "set-user-password")
    failure = "child process has failed to set user password: "
    if "chpasswd" not in machine.system.programs:
        raise agent_error(f"{failure}failed to exec 'chpasswd': No such file or directory\n")
    user = call.need("username")
    if user not in machine.users:
        raise agent_error(
            f"{failure}chpasswd: line 1: user '{user}' does not exist\nchpasswd: error detected, changes ignored\n"
        )
    return {"result": {}}


async def _send_command(call: Call, command: str) -> dict[str, Any]:
    machine = await require_machine(call)
    result = answer_command(machine, command)
    if not is_error(result):
        await _apply_effects(call, machine.guest, command)
    return {"result": result}


async def _apply_effects(call: Call, guest: Guest, command: str) -> None:
    """Apply a command's effect on the machine; a suspended one cannot answer, for which the server waits."""
    if command in ("shutdown", "suspend-disk"):
        await call.world.clock.sleep(_GOING_DOWN * call.world.settings.task_seconds)
        if guest.running:
            power.power_off(guest)
    elif command in ("suspend-ram", "suspend-hybrid"):
        guest.paused = True
        await call.world.clock.sleep(_ANSWER_TIMEOUT)
        raise failure(f"VM {guest.vmid} qga command 'guest-{command}' failed - got timeout")


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _decode_content(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode("latin-1")
    except (binascii.Error, ValueError) as error:
        raise agent_error(f"failed to decode base64 data '{content}'") from error
