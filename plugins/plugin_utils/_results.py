# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a module's whole result to a file, for the caller that runs a playbook to get this result.

Readers of a playbook's events may drop large ones: ansible-runner empties a result of 700,000 characters.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ..module_utils._api.errors import UNSUPPORTED, PveError

FOLDER = "PVE_RESULTS"
"""The environment variable that names the folder; the file in it has the full name of the module."""

LARGEST = 64 * 1024 * 1024
"""The size limit of the file in bytes; a larger result is cut, and says so."""

# Bytes for the warnings that say what was cut.
_RESERVED = 4096
# Keys that are never cut: they say what was done.
_NEVER_CUT = frozenset({"warnings", "upids", "failure"})
# How many characters of long texts, such as a command's output, are kept: the first that makes the result fit.
_TEXT_LENGTHS = (1024 * 1024, 64 * 1024, 4096)
_TRUNCATED = "truncated"
CUT = "cut"
"""The key that has, for each cut list, how many entries are kept, and of how many."""
# Keys of Ansible that nobody reads in this file.
_OMITTED = frozenset({"invocation", "deprecations", "exception", "ansible_facts"})


class TooLargeError(Exception):
    """A result that can't be cut to the size limit without losing what must be whole."""


def write_result(folder: str, module: str, result: Mapping[str, Any], *, check: bool, largest: int = LARGEST) -> None:
    """Write a module's result to C(<folder>/<module>.json), atomically, readable by the owner only. Raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    text = render_result(result, check=check, largest=largest)
    # mkstemp creates it with mode 0600.
    descriptor, unfinished = tempfile.mkstemp(dir=folder, prefix=f"{module}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        os.replace(unfinished, os.path.join(folder, f"{module}.json"))
    except BaseException:
        os.unlink(unfinished)
        raise


def render_result(result: Mapping[str, Any], *, check: bool, largest: int = LARGEST) -> str:
    """A result as JSON of at most I(largest) bytes, with C(failed), and with warnings that are text.

    In check mode its plan is always whole, since that is what gets approved and granted. If the plan is too large, the
    result is a failure.
    """
    text = json.dumps(strip_result(result), default=str)
    if len(text) <= largest:
        return text
    plain = shorten_texts(json.loads(text), largest)
    text = json.dumps(plain)
    if len(text) <= largest:
        return text
    try:
        return json.dumps(cut_result(plain, largest, check=check))
    except TooLargeError as error:
        return json.dumps(_build_failure(plain, str(error), check=check))


def strip_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result without the keys that Ansible adds, with C(failed), and with warnings as text."""
    kept = {name: value for name, value in result.items() if name not in _OMITTED and not name.startswith("_ansible")}
    warnings = dict.fromkeys(map(_read_warning_text, kept.pop("warnings", None) or ()))
    if warnings:
        kept["warnings"] = list(warnings)
    kept.setdefault("changed", False)
    kept["failed"] = bool(result.get("failed", result.get("rc", 0) not in (0, "0")))
    return kept


def shorten_texts(result: dict[str, Any], largest: int) -> dict[str, Any]:
    """The result with the texts in its lists cut, as little as needed to fit into I(largest) bytes of JSON.

    An entry with a text that is cut has C(truncated) set if it has that key, and a warning says so.
    """
    shortened = result
    for longest in _TEXT_LENGTHS:
        lists = {
            name: [_shorten(entry, longest) for entry in value]
            for name, value in result.items()
            if isinstance(value, list) and name not in _NEVER_CUT
        }
        if all(lists[name] == result[name] for name in lists):
            continue
        warning = f"Texts of more than {longest} characters are cut, since all of them take more than is kept."
        shortened = {**result, **lists, "warnings": [*(result.get("warnings") or ()), warning]}
        if len(json.dumps(shortened)) <= largest:
            break
    return shortened


def _shorten(value: Any, longest: int) -> Any:
    if isinstance(value, str) and len(value) > longest:
        return f"{value[:longest]}… ({len(value)} characters)"
    if isinstance(value, list):
        return [_shorten(entry, longest) for entry in value]
    if not isinstance(value, dict):
        return value
    shortened = {name: _shorten(entry, longest) for name, entry in value.items()}
    return {**shortened, _TRUNCATED: True} if _TRUNCATED in shortened and shortened != value else shortened


def cut_result(result: Mapping[str, Any], largest: int, *, check: bool) -> dict[str, Any]:
    """The result with as many entries of its lists as fit into I(largest) bytes of JSON.

    Warnings say so, and C(cut) has the kept and the total number of entries of each list. Raises C(TooLargeError) when
    what must be whole does not fit.
    """
    lists = _find_lists(result, check=check)
    size = len(json.dumps(result))
    sizes_of = {path: [len(json.dumps(entry)) + 2 for entry in _entries(part)] for path, part in lists.items()}
    total = sum(map(sum, sizes_of.values()))
    room = largest - _RESERVED - (size - total)
    if room < 0:
        what = "plan" if check and "plan" in result else "result"
        raise TooLargeError(f"The {what} takes {size} bytes, and at most {largest} are kept of it.")
    cut, warnings, counts = dict(result), list(result.get("warnings") or ()), {}
    for path, sizes in sizes_of.items():
        fitting = _count_fitting(sizes, sum(sizes) * room // total if total else 0)
        if fitting == len(sizes):
            continue
        _set_at(cut, path, _keep_first(lists[path], fitting))
        counts[".".join(path)] = [fitting, len(sizes)]
        warnings.append(f"{'.'.join(path)}: {fitting} of {len(sizes)} are here, since all take more than is kept.")
    return {**cut, "warnings": warnings, CUT: counts}


def _read_warning_text(warning: Any) -> str:
    """A warning's text; since ansible-core 2.19 warnings are objects."""
    event = getattr(warning, "event", None)
    return str(warning if event is None else event.msg)


def _find_lists(result: Mapping[str, Any], *, check: bool) -> dict[tuple[str, ...], Any]:
    """The parts that may be cut, by their path: lists, and the two sides of a diff."""
    lists: dict[tuple[str, ...], Any] = {
        (name,): value for name, value in result.items() if isinstance(value, list) and name not in _NEVER_CUT
    }
    inside = ["diff", *([] if check else ["plan"])]
    for name in inside:
        parts = result.get(name)
        if isinstance(parts, dict):
            lists |= {(name, part): value for part, value in parts.items() if isinstance(value, (list, dict))}
    return lists


def _entries(part: Any) -> list[Any]:
    return list(part.items()) if isinstance(part, dict) else part


def _keep_first(part: Any, count: int) -> Any:
    entries = _entries(part)[:count]
    return dict(entries) if isinstance(part, dict) else entries


def _count_fitting(sizes: list[int], room: int) -> int:
    count = 0
    for size in sizes:
        room -= size
        if room < 0:
            break
        count += 1
    return count


def _set_at(result: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        result[name] = dict(result[name])
        result = result[name]
    result[path[-1]] = value


def _build_failure(result: Mapping[str, Any], why: str, *, check: bool) -> dict[str, Any]:
    """A failure instead of a result: why the module itself failed, or else that its result is too large."""
    failure = {name: result[name] for name in ("msg", "failure") if result["failed"] and name in result}
    if not failure or len(json.dumps(failure)) > _RESERVED:
        ending = " Nothing was changed." if check else ""
        error = PveError(UNSUPPORTED, f"{why}{ending}", "Ask for less at a time, such as fewer guests.")
        failure = {"msg": error.message, "failure": error.failure()}
    return {"failed": True, "changed": bool(result.get("changed")) and not check, **failure}
