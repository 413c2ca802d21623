# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports runs as a playbook that repeats them with plain ansible-playbook. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from mcp_bridge import catalogue, collection
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.text.plain import is_clean
from mcp_bridge.text.redaction import is_redacted, is_shortened

_HEAD = """\
---
# What Playvisor was asked for in {what}.
# The connection comes from PROXMOX_* in the environment, as `playvisor doctor` explains.
#   ansible-playbook FILE --check --diff
"""
_REPEATABLE = ("ok", "planned", "held")


@dataclass(frozen=True)
class ExportedPlaybook:
    """The text of a playbook, and the runs that could not be part of it, each with the reason."""

    text: str
    left_out: list[str]


class _Unsafe(str):
    """A string that Ansible must not template."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        # Lists are indented below their keys, as linters of playbooks require.
        super().increase_indent(flow, False)


_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value)))


def export_playbook(rows: Sequence[RunRow]) -> ExportedPlaybook:
    """Make one task of each run, in order; secrets in the arguments become prompts."""
    tasks: list[dict[str, Any]] = []
    prompts: list[str] = []
    left_out: list[str] = []
    for row in rows:
        tool = catalogue.load().get(row.tool)
        if tool is None or row.outcome not in _REPEATABLE or is_shortened(row.arguments):
            left_out.append(f"{row.run_id[:8]} {row.tool}: {_explain_why_not(row, is_playbook_tool=tool is not None)}")
            continue
        arguments = {name: value for name, value in row.arguments.items() if name != "check"}
        given = {name: _convert_value(value, name, prompts) for name, value in arguments.items()}
        options = {**tool.defaults, **given, **tool.fixed}
        tasks.append({"name": f"{tool.title} ({row.run_id[:8]})", f"{collection.NAME}.{tool.module}": options})
    play: dict[str, Any] = {"name": "Repeat what was done", "hosts": "localhost", "gather_facts": False}
    if prompts:
        play["vars_prompt"] = [{"name": name, "prompt": name, "private": True} for name in dict.fromkeys(prompts)]
    play["tasks"] = tasks
    subject = f"run {rows[0].run_id}" if len(rows) == 1 else f"{len(rows)} runs"
    body = _dump_play(play, readable=True)
    # YAML can escape what nobody would see, but then it escapes everything beyond ASCII.
    body = body if is_clean(body) else _dump_play(play, readable=False)
    return ExportedPlaybook(_HEAD.format(what=subject) + body, left_out)


def _dump_play(play: Mapping[str, Any], *, readable: bool) -> str:
    text: str = yaml.dump([play], Dumper=_Dumper, sort_keys=False, allow_unicode=readable, width=120)
    return text


def _convert_value(value: Any, name: str, prompts: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _convert_value(inner, key, prompts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_convert_value(inner, name, prompts) for inner in value]
    if is_redacted(value) and name.isidentifier():
        prompts.append(name)
        return f"{{{{ {name} }}}}"
    if isinstance(value, str) and ("{" in value):
        return _Unsafe(value)
    return value


def _explain_why_not(row: RunRow, *, is_playbook_tool: bool) -> str:
    if not is_playbook_tool:
        return "it is not a tool that runs a playbook"
    if row.outcome not in _REPEATABLE:
        return f"it ended as {row.outcome or 'unfinished'}"
    return "its arguments were too long for the ledger to keep all of them"
