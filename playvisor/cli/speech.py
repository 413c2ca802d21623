# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says for people at a terminal what was written for models and playbooks: commands and flags, no tools and options.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from mcp_bridge import catalogue
from mcp_bridge.catalogue.commands import split_name
from mcp_bridge.catalogue.run_tools import TOOLS

_RUN_COMMANDS = {
    "list_runs": "runs list",
    "get_run": "runs show",
    "wait_run": "runs wait",
    "cancel_run": "runs cancel",
    "undo_run": "runs undo",
    "apply_plan": "apply",
}
# A name of a tool or an option, and a value that it is given; not within paths, file names or other names.
_NAME = re.compile(
    r"(?<![\w/.@-])(`?)([a-z][a-z0-9]*(?:_[a-z0-9]+)*)"
    r"(?:=(true|false)\b|=\[([\w ,-]+)\]|(=)(?=[\w\[{])|(?![\w/(=]|\.\w))\1"
)
# Names of options that are no words of prose.
_PLAIN_NAMES = frozenset(
    {"level", "kinds", "nics", "ostemplate", "snapname", "newid", "vmstate", "privsep", "throttle"}
)
_MARKED = re.compile(r"\b([A-Z]{1,2})\(([^()]*)\)")
_SEVERAL_GUESTS = re.compile(r"GUEST(?:, GUEST)*,? (?:or|and) GUEST")
_GUESTS = ("vmid", "name", "guests")
# What is said to models only.
_ASIDES = re.compile(
    r" (?:It changes nothing\.|Call it first [^.;]*[.;])"
    r"|, or the task fails with failure\.code=\w+ if \w+ is given|, and is reported as failure\.code=\w+ with its UPID"
    r"|, unless expect_plan [^.;]*"
    r"|(?<= goes on running) and is reported as failure\.code=\w+ with its UPID"
)


@cache
def _list_commands() -> dict[str, str]:
    """The command of each tool."""
    own = {
        name: " ".join(("playvisor", *split_name(tool))) for name, tool in catalogue.load().items() if not tool.internal
    }
    return own | {name: f"playvisor {_RUN_COMMANDS[name]}" for name in TOOLS if name in _RUN_COMMANDS}


_HOW_TO_NAME = re.compile(r" Name one guest by vmid or name(?: \(list_guests shows them\))?, or many by guests\.")


# An option as an object, and one that is to be set: their names may be words of prose.
_OBJECT = re.compile(r"\b[a-z_]+ \{([^{}]*)\}")
_TO_SET = re.compile(r"\b([Ss]et|[Rr]aise) ([a-z]+)\b(?![\w=])")


def speak(text: str, flags: Mapping[str, str] | None = None) -> str:
    """A text in which commands stand in the place of tools and modules, and `flags` in that of options, by name."""
    text = text.replace("pve_ha without rule", "set_guest_ha")
    if flags:
        text = _OBJECT.sub(lambda match: _translate_object(match, flags), text)
        text = _TO_SET.sub(lambda match: f"{match[1]} {flags.get(match[2], match[2])}", text)
    return _NAME.sub(lambda match: _translate(match, flags or {}), text)


def describe(text: str, flags: Mapping[str, str]) -> str:
    """A description for help, without what only models need."""
    text = _HOW_TO_NAME.sub(" Name guests by their ids, names or patterns, or choose them with options.", f" {text}")
    return speak(_ASIDES.sub("", text).strip(), flags)


def describe_option(text: str | Sequence[str], flags: Mapping[str, str]) -> str:
    """A documented option's description for help: what Ansible marks as an option is a flag, guests are GUEST."""
    marked = text if isinstance(text, str) else " ".join(text)
    text = _MARKED.sub(lambda match: _translate_marked(match[1], match[2], flags), marked)
    return _ASIDES.sub("", _SEVERAL_GUESTS.sub("GUEST", text))


def _translate_marked(mark: str, text: str, flags: Mapping[str, str]) -> str:
    name, equals, value = text.partition("=")
    if mark == "M":
        return name_module(text)
    if mark != "O":
        return text
    if name in _GUESTS:
        return "GUEST"
    flag = flags.get(name.rpartition(".")[2], "")
    if not flag:
        return text
    if value in ("true", "false"):
        return flag if value == "true" else f"--no-{flag[2:]}"
    return f"{flag} {value}" if equals else flag


def name_module(module: str) -> str:
    """The commands that run a module."""
    bare = module.rpartition(".")[2]
    tools = [name for name, tool in catalogue.load().items() if tool.module == bare and not tool.internal]
    # The first tool of a module that reads lists what there is, and is what is meant.
    return " or ".join(f"`{name_command(name)}`" for name in tools[: 1 if bare.endswith("_info") else 2]) or module


def name_command(tool: str) -> str:
    """The command of a tool, or its name where it has none."""
    return _list_commands().get(tool, tool)


def _translate_object(match: re.Match[str], flags: Mapping[str, str]) -> str:
    pairs = [pair.strip().partition(":") for pair in match[1].split(",")]
    if not all(flags.get(name) for name, _colon, _value in pairs):
        return match[0]
    return " ".join(f"{flags[name]} {value.strip()}" for name, _colon, value in pairs)


def _translate(match: re.Match[str], flags: Mapping[str, str]) -> str:
    _quote, name, truth, items, equals = match.groups()
    flag = flags.get(name)
    if items:
        return f"{flag} {items.replace(', ', ',')}" if flag else match[0]
    if flag and truth:
        return flag if truth == "true" else f"--no-{flag[2:]}"
    if flag and (equals or "_" in name or name in _PLAIN_NAMES):
        return f"{flag} " if equals else flag
    if name.startswith("pve_") and not truth and not equals:
        return name_module(name)
    command = _list_commands().get(name)
    return f"`{command}`" if command and not truth and not equals else match[0]
