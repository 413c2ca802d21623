# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be known of a plan's requests before they are sent: which Proxmox VE refuses for their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._api.errors import refuse_values
from .._module.plan import Step
from .._values.requests import find_problems

# The options of modules that are named otherwise than the parameters that they become.
_OPTIONS = {
    "notes-template": "notes",
    "prune-backups": "retention",
    "vmid": "vmids",
}


def check_steps(steps: Sequence[Step], params: Mapping[str, Any]) -> None:
    """Raise C(invalid_parameter) for values in requests that Proxmox VE refuses, by the options that they come from."""
    problems: dict[str, tuple[Any, str]] = {}
    for step in steps:
        for name, value, problem in find_problems(step.path, step.params):
            is_secret = name in (*step.secrets, *step.unkept)
            problems[find_option(params, name, value)] = ("what is set" if is_secret else value, problem)
    if problems:
        raise refuse_values([(option, *rest) for option, rest in problems.items()])


def find_option(params: Mapping[str, Any], name: str, value: Any) -> str:
    """The module's option that a parameter of a request comes from; its own name where that is not known."""
    own_name = name.replace("-", "_")
    paths = [path for path, found in _list_values(params) if _is_same(found, value)]
    for path in paths:
        if path.rpartition(".")[2] == own_name:
            return path
    # Numbers may be equal by chance.
    if len(paths) == 1 and not str(value).lstrip("-").isdecimal():
        return paths[0]
    return next(
        (option for option in (own_name, _OPTIONS.get(name)) if option and params.get(option) is not None), name
    )


def _is_same(found: Any, value: Any) -> bool:
    if isinstance(found, list):
        return ",".join(map(str, found)) == str(value)
    return str(found) == str(value)


def _list_values(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values in options with their paths, such as C(rules[0].dport)."""
    for name, value in params.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _list_values(value, f"{path}.")
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            for index, item in enumerate(value):
                yield from _list_values(item, f"{path}[{index}].")
        elif value is not None and not name.startswith("api_"):
            yield path, value
