# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a fleet: check its document, plan it from one observation, apply it unless in check mode, and report."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

from .._api.client import Client
from .._api.errors import DRIFTED, PveError
from .._checks.quorum import require_quorum
from .._module.module import PveModule
from .apply import Applied, Pace, apply_units, confirm_units
from .compose import check_cluster, compose
from .document import Document, read_document, read_last_document, select_objects
from .forecast import ForecastClient
from .report import build_failure, build_result
from .units import Unit


def argument_spec() -> dict[str, Any]:
    return {
        "fleet": {"type": "dict", "required": True},
        "last_applied": {"type": "dict"},
        "only": {"type": "list", "elements": "str"},
        "report": {"type": "bool", "default": False},
        "throttle": {"type": "int", "default": 10},
        "timeout": {"type": "int", "default": 7200},
        "expect_plan": {"type": "str"},
    }


def run_fleet(module: PveModule) -> None:
    """Plan the fleet, and apply it unless in check mode; exits or fails with the one result shape."""
    params = module.params
    with _keep_garbage():
        try:
            document, last = select_objects(read_document(params["fleet"]), params["only"] or ()), None
            module.no_log_values.update(document.secrets)
            if params["last_applied"]:
                last = read_last_document(params["last_applied"])
                module.no_log_values.update(last.secrets)
            client = module.connect()
            world = ForecastClient(client)
            check_cluster(world, document.cluster)
            wish = {"timeout": params["timeout"], "report": params["report"]}
            units = compose(world, document, last or Document(""), **wish)
        except PveError as error:
            module.fail(error)
        _warn(module, client)
        result = build_result(document, units, diff=module._diff)
    if params["report"]:
        result["objects"] = [one for one in result["objects"] if one["changed"] or one["failure"] or one["conflicts"]]
        module.exit_json(**{**result, "changed": False})
    try:
        require_quorum(world, [step for unit in units if unit.plan for step in unit.plan.steps])
        _require_expected(params["expect_plan"], result["plan"]["digest"])
    except PveError as error:
        module.fail(error, **{**result, "changed": False})
    states = None
    if not module.check_mode:
        states = _apply(module, client, document, units)
        result = {**build_result(document, units, states, diff=module._diff), "plan": result["plan"]}
    _finish(module, units, states, result)


@contextmanager
def _keep_garbage() -> Iterator[None]:
    """Collect no garbage meanwhile, and in what was made meanwhile never.

    Nearly all that planning makes lives as long as the plan: searching it took a fifth of the time of a large one.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _warn(module: PveModule, client: Client) -> None:
    client.notices[:] = dict.fromkeys(client.notices)
    module.warn_of_notices(client)
    client.notices.clear()


def _require_expected(expected: str | None, found: str) -> None:
    if expected and expected != found:
        raise PveError(
            DRIFTED,
            f"The plan is no longer the expected one: expected {expected[:12]}, now {found[:12]}. Nothing was changed.",
            "Something changed since the plan was made; look at the new plan in check mode and decide again.",
        )


def _apply(module: PveModule, client: Client, document: Document, units: Sequence[Unit]) -> dict[str, Applied]:
    settings, params = document.settings, module.params
    pace = Pace(settings.get("serial"), settings.get("max_unavailable"), len(document.list_guests()))
    states = confirm_units(client, units, params["throttle"])
    apply_units(client, states, pace, params, look=partial(_look, client))
    for state in states.values():
        for line in state.outcome.warnings:
            module.warn(f"{state.unit.path}: {line}")
    return states


def _look(client: Client) -> Client:
    """A client that answers from one observation, made from now on."""
    world = ForecastClient(client)
    world.observe()
    return world


def _finish(
    module: PveModule, units: Sequence[Unit], states: dict[str, Applied] | None, result: dict[str, Any]
) -> NoReturn:
    failed = build_failure(units, states, len(result["objects"]))
    if failed is None:
        module.exit_json(**result)
    message, error = failed
    module.fail_json(msg=message, failure=error.failure(), **result)
