"""Runs the tasks and calls of scenarios in this process."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import time
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client, segment
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import is_upid, wait_for_task
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.lookup import observe_guests, read_lists

from . import Call, Place, Refusal, Scenario

_TASK_SECONDS = 300.0
# Nodes broadcast what their guests are every 10 s.
_LISTED_SECONDS = 60.0
# After a rollback with memory a guest is held for half a minute.
_REMOVAL_SECONDS = 120.0
MODULES = "ansible_collections.playvisor.proxmox.plugins.modules"


def run_module(
    name: str, options: Mapping[str, Any], connection: Mapping[str, str], *, check: bool = False
) -> dict[str, Any]:
    """A module's own result: its `main()` in this process, as the action plugin runs it on the controller.

    `connection` are the PROXMOX_* variables of the cluster.
    """
    # ansible-core 2.18 has it not, but runs what else is here.
    from ansible.module_utils.common import warnings
    from ansible.module_utils.testing import patch_module_args

    # As the action plugin does: what a module warned of before, in this process, is none of this one's.
    warnings._global_warnings.clear()
    module = importlib.import_module(f"{MODULES}.{name}")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PROXMOX_")}
    printed = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
    with (
        patch.dict(os.environ, {**kept, **connection}, clear=True),
        _leave_controller(),
        patch_module_args(arguments),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


def _leave_controller() -> contextlib.AbstractContextManager[object]:
    """Let warnings be part of the result, also in a process that has loaded Ansible's controller."""
    try:
        from ansible.module_utils import _internal
    except ImportError:
        # ansible-core 2.18.
        return contextlib.nullcontext()
    return patch.object(_internal, "is_controller", False)


def carry_out(client: Client, calls: Iterable[Call]) -> None:
    """Send the calls in order, each after the task of the one before has ended."""
    for call in calls:
        try:
            data = client.request(call.method, call.path, _filled(client, call))
            deadline = time.monotonic() + _LISTED_SECONDS
            while call.until and not call.until(data):
                assert time.monotonic() < deadline, f"{call.path} never came to show what it should"
                time.sleep(0.1)
                data = client.request(call.method, call.path, call.params)
            if is_upid(data):
                wait_for_task(client, data, time.monotonic() + _TASK_SECONDS)
        except PveError:
            if not call.optional:
                raise


def _filled(client: Client, call: Call) -> dict[str, Any]:
    if not call.fills:
        return call.params
    answer = client.get(call.path)
    return {name: value.format_map(answer) for name, value in call.params.items()}


def prepare(client: Client, scenario: Scenario) -> Scenario:
    """Make a scenario's situation; the scenario, with what its task needs to know of it."""
    carry_out(client, scenario.prepare)
    learned = scenario.learns(client) if scenario.learns else {}
    return replace(scenario, options={**scenario.options, **learned})


def clear(client: Client, place: Place, scenario: Scenario | Refusal) -> None:
    """Remove what a scenario, or its task, has made."""
    carry_out(client, scenario.cleanup)
    ours = {place.vmid(index) for index in scenario.guests}
    remove_guests(client, ours)
    if "backups" in scenario.needs:
        content = f"/nodes/{place.node}/storage/{place.backups}/content"
        for entry in client.get(content, content="backup"):
            if int(entry.get("vmid") or 0) in ours:
                volume = f"{content}/{segment(entry['volid'])}"
                carry_out(client, [Call("PUT", volume, {"protected": 0}), Call("DELETE", volume)])


def remove_guests(client: Client, vmids: Container[int]) -> None:
    """Stop and delete those guests that there are, again and again while something else still holds them."""
    deadline = time.monotonic() + _REMOVAL_SECONDS
    while True:
        try:
            return _remove_guests(client, vmids)
        except PveError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _remove_guests(client: Client, vmids: Container[int]) -> None:
    inventory = observe_guests(client)
    # The cluster's list may show the type of a guest that had the id before.
    inventory = read_lists(client, inventory, [guest for guest in inventory.guests if guest.vmid in vmids])
    found = [guest for guest in inventory.guests if guest.vmid in vmids]
    # A linked clone goes before its template, which has the lower id.
    for guest in sorted(found, key=lambda guest: -guest.vmid):
        stop = Call("POST", f"{guest.path}/status/stop", {}, optional=True)
        unprotect = Call("PUT", f"{guest.path}/config", {"protection": 0}, optional=True)
        carry_out(client, [stop, unprotect, Call("DELETE", guest.path, {"purge": 1})])


@dataclass(frozen=True)
class Trial:
    """The results of one scenario's task: in check mode, applied with the plan of that, and applied again."""

    check: dict[str, Any]
    applied: dict[str, Any]
    again: dict[str, Any]


def attempt(scenario: Scenario, connection: Mapping[str, str]) -> Trial:
    """Run a scenario's task thrice, in the situation that its preparation has made."""
    check = run_module(scenario.module, scenario.options, connection, check=True)
    bound = {**scenario.options, "expect_plan": check.get("plan", {}).get("digest")}
    applied = run_module(scenario.module, bound, connection)
    return Trial(check, applied, run_module(scenario.module, scenario.options, connection))


def nouns(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a result says of each guest, or whatever the module is about."""
    return next(value for value in result.values() if isinstance(value, list) and value and "before" in value[0])


def complaints(place: Place, scenario: Scenario, trial: Trial) -> list[str]:
    """What is wrong with how a scenario went, as sentences; none when all is well."""
    meant = None if scenario.meant is None else place.vmid(scenario.meant)
    for when, result in (("check mode", trial.check), ("applying", trial.applied), ("the second apply", trial.again)):
        if result.get("failed"):
            return [f"{when} failed: {result['msg']}"]
    wrong = []
    if not (trial.check["changed"] and trial.check["plan"]["steps"]):
        wrong.append("check mode says that there is nothing to do, so this proves nothing")
    if not trial.applied["changed"]:
        wrong.append("applying says that nothing was changed")
    about = {one.get("vmid") for result in (trial.check, trial.applied) for one in nouns(result) if one["changed"]}
    if meant is not None and about != {meant}:
        wrong.append(f"it is about {sorted(map(str, about))}, but {meant} is meant")
    if scenario.foresees:
        foreseen, became = ([one["after"] for one in nouns(result)] for result in (trial.check, trial.applied))
        if foreseen != became:
            wrong.append(f"check mode foresaw {foreseen}, but it became {became}")
    if scenario.settles and (trial.again["changed"] or trial.again["plan"]["steps"]):
        wrong.append(f"the second apply would change something: {trial.again['plan']['steps']}")
    return wrong


def is_refused(client: Client, call: Call) -> bool:
    """Whether the server refuses a request, at once or by the end of its task."""
    try:
        carry_out(client, [call])
    except PveError:
        return True
    return False


def refuse(client: Client, refusal: Refusal, connection: Mapping[str, str]) -> list[str]:
    """What is wrong with how a task that can't be done was refused, as sentences; none when all is well."""
    check, applied = (run_module(refusal.module, refusal.options, connection, check=mode) for mode in (True, False))
    wrong = []
    for when, result in (("check mode", check), ("applying", applied)):
        failure = result.get("failure") or {}
        if not result.get("failed"):
            wrong.append(f"{when} did not fail")
        elif failure.get("code") != refusal.code or refusal.says not in result["msg"]:
            wrong.append(f"{when} failed otherwise, as {failure.get('code')}: {result['msg']}")
    if applied.get("upids") or applied.get("changed"):
        wrong.append("something was sent")
    if refusal.call and not is_refused(client, refusal.call):
        wrong.append("the server takes it")
    return wrong
