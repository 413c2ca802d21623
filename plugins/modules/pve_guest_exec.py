#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_guest_exec
short_description: Run commands and read and write files in QEMU guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Runs a command in one guest or many, or reads or writes a file there, through the QEMU guest agent and without any
    network to the guest.
  - A command always changes something, unless O(creates) or O(removes) says that it has nothing to do. Reading a file
    changes nothing. A file is written only when its content differs.
  - In check mode it returns the plan, that is, the exact API requests it would send, and runs nothing.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  command:
    description:
      - Program to run and each of its arguments. No shell is involved, so nothing is expanded or has to be quoted.
      - On Windows a program is found by its full path or in C(PATH).
    type: list
    elements: str
  stdin:
    description: What O(command) gets as its standard input, at most 64 KiB.
    type: str
  creates:
    description: Path of a file or folder in the guest. O(command) is not run when it is there.
    type: str
  removes:
    description: Path of a file or folder in the guest. O(command) is not run when it is not there.
    type: str
  fail_on_rc:
    description: Whether an exit code other than 0, or an end by a signal, is a failure.
    type: bool
    default: true
  file:
    description:
      - Path of a file in the guest. It is written when O(content) is given, and read when not. A file to be read must
        exist.
    type: str
  content:
    description:
      - What O(file) is to hold, at most 60 KiB of plain ASCII or 45 KiB of anything else. Its folder must exist.
        Proxmox VE can't set owner and mode; the agent leaves those of an existing file.
    type: str
  encoding:
    description:
      - V(base64) means that O(stdin), O(content) and everything in the result is in base64.
      - With V(utf-8), what a guest returns that is not UTF-8 is read as Latin-1, where each byte is one character.
    type: str
    choices: [utf-8, base64]
    default: utf-8
  max_output:
    description: Return at most this many bytes of standard output, of standard error and of a file.
    type: int
    default: 1048576
notes:
  - What a guest returns is untrusted input.
  - O(command) and O(content) are in the plan, so that whoever approves it knows what it does. Set C(no_log) on the
    task if they hold a secret. Of O(stdin), which is where secrets belong, the plan has the SHA-256 and the length.
  - Containers have no agent, and the API of Proxmox VE has nothing else for them (C(failure.code=unsupported)).
  - A command that outlives O(timeout) is C(failure.code=timeout); it goes on running in the guest.
  - The agent keeps at most 16 MiB of a command's output.
  - Running commands takes C(VM.GuestAgent.Unrestricted) on the guest; for files C(VM.GuestAgent.FileRead) and
    C(VM.GuestAgent.FileWrite) are enough. An agent may allow only some of it.
  - In a O(guests) selection, templates are left out unless O(guests.vmids) names them or O(guests.templates=true).
seealso:
  - module: playvisor.proxmox.pve_guest_info
  - module: playvisor.proxmox.pve_guest_state
"""

EXAMPLES = r"""
- name: Ask all web servers for their kernel
  playvisor.proxmox.pve_guest_exec:
    guests:
      tags: [web]
      status: running
    command: [uname, -r]

- name: Set up a guest once, by a script that goes in as standard input
  playvisor.proxmox.pve_guest_exec:
    name: db-01
    command: [sh, -eu]
    stdin: |
      apt-get install -y postgresql
      touch /var/lib/postgresql/.installed
    creates: /var/lib/postgresql/.installed
    timeout: 900

- name: Write a file
  playvisor.proxmox.pve_guest_exec:
    name: web-01
    file: /etc/motd
    content: |
      Managed by Ansible

- name: Read a file
  playvisor.proxmox.pve_guest_exec:
    name: web-01
    file: /etc/os-release
  register: release
"""

RETURN = r"""
guests:
  description: The chosen guests and what happened to each, by vmid.
  returned: when the guests could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-01
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: qemu
    before:
      description: Whether O(file) existed, its size in bytes and its SHA-256; empty for a command.
      type: dict
      returned: always
      sample: {exists: false, size: null, sha256: null}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, size: 19, sha256: 41f8a4b0c3f6f2d0f5a5c1c4d1b4f2b0c7a9b6d5e4f3a2b1c0d9e8f7a6b5c4d3}
    pid:
      description: Process id of the command in the guest; null when it was not run.
      type: int
      returned: when O(command) is given and could be planned
    exitcode:
      description: Exit code of the command; null when it was not run, still runs, or was ended by a signal.
      type: int
      returned: when O(command) is given and could be planned
      sample: 0
    signal:
      description: Number of the signal, or on Windows of the exception, that ended the command.
      type: int
      returned: when O(command) is given and could be planned
    stdout:
      description: Standard output of the command; null while it is not known.
      type: str
      returned: when O(command) is given and could be planned
      sample: 6.12.107+deb13-amd64
    stderr:
      description: Standard error of the command; null while it is not known.
      type: str
      returned: when O(command) is given and could be planned
      sample: ''
    content:
      description: What the file holds.
      type: str
      returned: when O(file) could be read
    truncated:
      description: Whether output, or the file, goes on beyond what is returned.
      type: bool
      returned: with C(exitcode) or C(content)
    changed:
      description: Whether this guest was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for the agent.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can't be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why this guest failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What is to be run and written, with its C(digest) and C(steps).
  returned: when the guests could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the guest it is for and why.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty; Proxmox VE starts no tasks for the agent.
  returned: when the guests could be looked up
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._api.errors import INVALID_PARAMETER, NOT_FOUND, TASK_FAILED, PveError
from ..module_utils._guest.agent import (
    MAX_STDIN,
    Content,
    api_text_to_bytes,
    build_write_params,
    bytes_to_api_text,
    bytes_to_result,
    check_allowed,
    exists,
    option_to_bytes,
    read_file,
    require_qemu,
    wait_for_exit,
)
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import read_each
from ..module_utils._guest.lookup import find_guests_to_change
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.module import PveModule
from ..module_utils._module.options import applying_spec
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import GuestResource, Outcome
from ..module_utils._run.runner import run_plans


@dataclass(frozen=True)
class ObservedExec:
    """A guest, and its file as it was read, or why the command need not run (I(done); None if it must)."""

    guest: Guest
    file: Content | None = None
    done: str | None = None
    problem: PveError | None = None


class Executions(GuestResource[ObservedExec]):
    settle_seconds = 0.0

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ObservedExec]:
        check_options(params)
        inventory, guests = find_guests_to_change(client, params)

        def read(guest: Guest) -> ObservedExec:
            require_qemu(guest)
            if params["file"]:
                return ObservedExec(guest, read_file(client, guest, params["file"]))
            check_allowed(client, guest, "guest-exec")
            return ObservedExec(guest, done=find_reason_to_skip(client, guest, params))

        def record_problem(guest: Guest, problem: PveError) -> ObservedExec:
            return ObservedExec(guest, problem=problem)

        return read_each(inventory, guests, params["throttle"], read, record_problem)

    def extra_facts(self, observed: ObservedExec, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        if client is not None:
            # The outcome of the command was added after its request.
            return {}
        if self._params["command"]:
            return {"pid": None, "exitcode": None, "signal": None, "stdout": None, "stderr": None, "truncated": False}
        if self._params["content"] is not None:
            return {}
        content, cut = bytes_to_result(observed.file.data, self._params["encoding"], self._params["max_output"])
        return {"content": content, "truncated": cut or observed.file.truncated}

    def plan(self, observed: ObservedExec, params: dict[str, Any]) -> Plan:
        if observed.problem is not None:
            raise observed.problem
        if params["command"]:
            steps = [] if observed.done else [build_exec_step(observed.guest, params)]
            return Plan(self.target(observed), tuple(steps))
        if params["content"] is None and observed.file is None:
            raise PveError(
                NOT_FOUND,
                f"Guest {observed.guest.label} has no file {params['file']}.",
                "Give the full path of a file in the guest.",
            )
        steps, after = plan_write(observed, params)
        return Plan(self.target(observed), tuple(steps), describe_file(observed.file), describe_file(after))

    def read_state(self, client: Client, observed: ObservedExec, plan: Plan) -> dict[str, Any]:
        if self._params["command"]:
            return {}
        return describe_file(read_file(client, observed.guest, self._params["file"]))

    def finish_step(self, client: Client, step: Step, outcome: Outcome, deadline: float) -> None:
        if not self._params["command"]:
            return
        guest = Guest(**outcome.target, status="running")
        outcome.facts["pid"] = int(outcome.answer["pid"])
        status = wait_for_exit(client, guest, outcome.facts["pid"], deadline)
        outcome.facts |= describe_exit(status, self._params)
        if self._params["fail_on_rc"]:
            check_exit(guest, outcome.facts)


def check_options(params: dict[str, Any]) -> None:
    """Raise C(invalid_parameter) for options whose values don't make sense."""
    if params["command"] is not None and not (params["command"] and params["command"][0]):
        raise PveError(INVALID_PARAMETER, "command is empty.", "Give the program and each of its arguments.")
    if params["stdin"] and len(option_to_bytes("stdin", params["stdin"], params["encoding"])) > MAX_STDIN:
        hint = "Write it to a file in the guest first, or let the guest fetch it."
        raise PveError(INVALID_PARAMETER, f"stdin has more than {MAX_STDIN} bytes.", hint)
    if params["content"] is not None:
        build_write_params(params["file"], option_to_bytes("content", params["content"], params["encoding"]))
    if params["max_output"] < 0:
        raise PveError(INVALID_PARAMETER, f"max_output is {params['max_output']}.", "It must be at least 0.")


def find_reason_to_skip(client: Client, guest: Guest, params: dict[str, Any]) -> str | None:
    """Why the command need not run, None when it must."""
    if params["creates"] and exists(client, guest, params["creates"]):
        return f"{params['creates']} exists"
    if params["removes"] and not exists(client, guest, params["removes"]):
        return f"{params['removes']} does not exist"
    return None


def build_exec_step(guest: Guest, params: dict[str, Any]) -> Step:
    """The request that runs the command."""
    options: dict[str, Any] = {"command": params["command"]}
    if params["stdin"]:
        options["input-data"] = bytes_to_api_text(option_to_bytes("stdin", params["stdin"], params["encoding"]))
    why = "a command is asked for"
    return Step("POST", f"{guest.path}/agent/exec", why, options, task=False, unkept=("input-data",))


def plan_write(observed: ObservedExec, params: dict[str, Any]) -> tuple[list[Step], Content | None]:
    """The request that writes the file, and the file's content after it."""
    if params["content"] is None:
        return [], observed.file
    desired = Content(option_to_bytes("content", params["content"], params["encoding"]))
    if observed.file == desired:
        return [], desired
    why = "its content differs" if observed.file else "there is no such file"
    options = build_write_params(params["file"], desired.data)
    return [Step("POST", f"{observed.guest.path}/agent/file-write", why, options, task=False)], desired


def describe_file(file: Content | None) -> dict[str, Any]:
    """A file as C(before) and C(after) show it; only that it exists where it is too long to be read in full."""
    if file is None or file.truncated:
        return {"exists": file is not None, "size": None, "sha256": None}
    return {"exists": True, "size": len(file.data), "sha256": hashlib.sha256(file.data).hexdigest()}


def describe_exit(status: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The exit code and output of a command, from C(exec-status)."""
    encoding, most = params["encoding"], params["max_output"]
    stdout, out_cut = bytes_to_result(api_text_to_bytes(status.get("out-data")), encoding, most)
    stderr, err_cut = bytes_to_result(api_text_to_bytes(status.get("err-data")), encoding, most)
    lost = any(int(status.get(f"{stream}-truncated") or 0) for stream in ("out", "err"))
    return {
        "exitcode": None if status.get("exitcode") is None else int(status["exitcode"]),
        "signal": None if status.get("signal") is None else int(status["signal"]),
        "stdout": stdout,
        "stderr": stderr,
        "truncated": lost or out_cut or err_cut,
    }


def check_exit(guest: Guest, facts: dict[str, Any]) -> None:
    """Raise C(task_failed) unless a command ended with exit code 0."""
    if facts["signal"] is None and facts["exitcode"] == 0:
        return
    how = f"signal {facts['signal']}" if facts["signal"] is not None else f"exit code {facts['exitcode']}"
    raise PveError(
        TASK_FAILED,
        f"The command in guest {guest.label} ended with {how}.",
        "stdout and stderr of the guest in the result say more; set fail_on_rc to false where this is no failure.",
    )


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            **applying_spec(),
            "command": {"type": "list", "elements": "str"},
            "stdin": {"type": "str"},
            "creates": {"type": "str"},
            "removes": {"type": "str"},
            "fail_on_rc": {"type": "bool", "default": True},
            "file": {"type": "str"},
            "content": {"type": "str"},
            "encoding": {"type": "str", "choices": ["utf-8", "base64"], "default": "utf-8"},
            "max_output": {"type": "int", "default": 1048576},
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests"), ("command", "file")],
        required_one_of=[("vmid", "name", "guests"), ("command", "file")],
        unkept=["stdin"],
        required_by={"stdin": "command", "creates": "command", "removes": "command", "content": "file"},
    )
    run_plans(module, Executions(module.params))


if __name__ == "__main__":
    main()
