# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests that tasks of community.proxmox or community.general name, wherever in plays, blocks and loops they stand.

Templates are read only as far as they name a variable that stands in the same file, or an item of a loop.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playvisor.fleet.adopt.mentions import Mention, read_mapping, read_vmid

_MODULE = re.compile(r"(?:community\.(?:proxmox|general)\.)?(proxmox(?:_\w+)?)")
# Modules whose tasks are about one guest; of these the first two make and delete it.
_MAKING = ("proxmox", "proxmox_kvm")
_ABOUT_ONE = (*_MAKING, "proxmox_disk", "proxmox_nic", "proxmox_snap", "proxmox_template_convert")
# What a task says once, and a fleet does not say.
_ONLY_TASKS = re.compile(
    r"bwlimit|cipassword|clone|delete|digest|force|full|kill|migrate|move|ostemplate|password|pubkey|purge|revert|"
    r"skiplock|snapname|target|timeout|update|update_unsafe"
)
_LOOPS = ("loop", "with_items", "with_list")
_ELSEWHERE = re.compile(
    r"(?:ansible\.builtin\.)?(?:import|include)_(?:tasks|role|playbook)|roles|(?:ansible\.builtin\.)?include"
)
_TEMPLATE = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.\w+|\[['\"]?\w+['\"]?\])*)\s*\}\}")
_PART = re.compile(r"\w+")
_UNKNOWN = "it names guests by a template; use --select, or an inventory, for these"
Scope = Mapping[str, Any]


def read_tasks(tasks: Sequence[Any], scope: Scope | None = None) -> Iterator[Mention]:
    """The guests of plays, blocks and tasks; `scope` are the variables that are known there."""
    for task in map(read_mapping, tasks):
        known = {**(scope or {}), **read_mapping(task.get("vars"))}
        for key, value in task.items():
            if _ELSEWHERE.fullmatch(key) and value:
                yield Mention(
                    str(task.get("name") or key), notes=(f"tasks of {key} stand elsewhere; import from these, too",)
                )
            module, options = _read_action(key, value)
            if module:
                yield from _read_task(module, str(task.get("name") or key), task, options, known)
            elif isinstance(value, list) and key not in _LOOPS:
                yield from read_tasks(value, known)


def _read_action(key: str, value: Any) -> tuple[str, Mapping[str, Any]]:
    """The module and the options of a task; no module where it is none of Proxmox VE."""
    if key in ("action", "local_action"):
        words = value if isinstance(value, Mapping) else {"module": str(value).partition(" ")[0]}
        key, value = str(words.get("module", "")), words if isinstance(value, Mapping) else str(value).partition(" ")[2]
    match = _MODULE.fullmatch(key)
    if match is None:
        return "", {}
    if isinstance(value, str):
        try:
            words = dict(word.split("=", 1) for word in shlex.split(value) if "=" in word)
        except ValueError:
            words = {}
        return match[1], words
    return match[1], read_mapping(value)


def _read_task(
    module: str, label: str, task: Mapping[str, Any], options: Mapping[str, Any], scope: Scope
) -> Iterator[Mention]:
    if module not in _ABOUT_ONE:
        yield Mention(label, notes=(f"{module} is about no guest",))
        return
    if module in _MAKING and options.get("state") == "absent":
        yield Mention(label, notes=("it deletes a guest, which no fleet does",))
        return
    loop = next((task[name] for name in _LOOPS if name in task), None)
    items = _evaluate(loop, scope) if loop is not None else [None]
    variable = str(read_mapping(task.get("loop_control")).get("loop_var", "item"))
    is_other_loop = any(name.startswith("with_") and name not in _LOOPS for name in task)
    if not isinstance(items, list) or is_other_loop:
        yield Mention(label, notes=(_UNKNOWN,))
        return
    only = sorted(filter(_ONLY_TASKS.fullmatch, options))
    notes = (", ".join(only),) if only else ()
    for item in items:
        known = scope if loop is None else {**scope, variable: item}
        given = {name: _evaluate(options.get(name), known) for name in ("newid", "vmid", "name", "hostname", "clone")}
        vmid = read_vmid(given["newid"]) or (None if given["clone"] else read_vmid(given["vmid"]))
        name = next((str(given[key]) for key in ("name", "hostname") if given[key]), "")
        name = "" if "{{" in name or "{%" in name else name
        if vmid or name:
            yield Mention(label if loop is None else f"{label}: {name or vmid}", vmid, name, notes)
        elif any(given.values()):
            yield Mention(label, notes=(_UNKNOWN,))


def _evaluate(value: Any, scope: Scope) -> Any:
    """A value with the variables that are known; with its templates where one of them is not."""
    if not isinstance(value, str):
        return value
    whole = _TEMPLATE.fullmatch(value.strip())
    if whole:
        found = _find(whole[1], scope)
        return value if found is None or found == value else found
    return _TEMPLATE.sub(lambda match: str(_find(match[1], scope) or match[0]), value)


def _find(path: str, scope: Scope) -> Any:
    """What a path such as `item.name` has; None where nothing is known of it, or a template again."""
    found: Any = scope
    for part in _PART.findall(path):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return None if isinstance(found, str) and "{{" in found else found
