# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says hints in the words of a model: hints are written for people, with commands and modules; a model has tools. Pure.

What only a person can do, such as approving, stays a command: the model is to tell the person.
"""

from __future__ import annotations

import re

from mcp_bridge import catalogue
from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.commands import list_commands

_COMMAND = re.compile(r"`playvisor ([a-z-]+) ([a-z-]+)((?: [^`]*)?)`")
_MODULE = re.compile(r"(?:playvisor\.proxmox\.)?\b(pve_[a-z_]+)\b")
# Commands about runs that are resources here.
_RESOURCES = {"events": "run://{}/events", "trace": "get_run of {}", "show": "get_run of {}"}
# Of modules that are behind several tools, the tools that hints mean.
_MEANT = {
    "pve_guest_state": "start_guest or stop_guest",
    "pve_guest_info": "list_guests",
    "pve_task_info": "list_tasks",
    "pve_ha": "set_guest_ha",
    "pve_guest": "configure_guest",
    "pve_storage": "Proxmox VE, which a person has to do",
    "pve_storage_info": "list_storage",
    "pve_backup": "backup_guest",
    "pve_snapshot": "snapshot_guest",
    "pve_access": "set_acl",
    "pve_firewall": "set_firewall",
}
_POWER = re.compile(r"\b(re)?st(op|art)", re.IGNORECASE)
_POWER_TOOLS = {"restart": "reboot_guest", "stop": "stop_guest", "start": "start_guest"}
_WORDS = (
    # What names one guest in a tool is its vmid or its name.
    ("Use the vmid of the one you mean, or its node.", "Use the vmid of the one you mean."),
    ("pve_ha without rule", "set_guest_ha"),
    ("run again", "call it again"),
    ("use state: detached", "have a person detach it"),
    ("`playvisor approvals list --all` shows the newest ones", "The result that made a plan has its id, as plan.id"),
    ("Take a snapshot and give it as snapname, or stop", "Stop"),
    ("GET /access/roles/Administrator lists", "list_access with kinds=[roles] shows, for Administrator,"),
    ("`ansible-doc` shows the module's options", "The tool's schema says its options"),
)


def name_tools(hint: str) -> str:
    """The hint with tools in place of the modules that are tools for the one who reads it."""
    return _MODULE.sub(_name_tool, hint)


def render_hint(hint: str) -> str:
    """The hint with tools in place of the commands and modules that are tools for the one who reads it."""
    for words, ours in _WORDS:
        hint = hint.replace(words, ours)
    return name_tools(_COMMAND.sub(_name_call, hint))


def _name_call(match: re.Match[str]) -> str:
    noun, verb, rest = match[1], match[2], match[3].strip()
    if noun == "runs" and f"{verb}_runs" in run_tools.TOOLS:
        return f"{verb}_runs"
    if noun == "runs" and rest and verb in _RESOURCES:
        return _RESOURCES[verb].format(rest)
    if noun == "runs" and f"{verb}_run" in run_tools.TOOLS:
        return f"{verb}_run with run_id={rest}" if rest else f"{verb}_run"
    tool = list_commands().get(noun, {}).get(verb)
    return f"{tool.name} {rest}".strip() if tool else match[0]


def _name_tool(match: re.Match[str]) -> str:
    module = match[1]
    verbs = [verb[0].lower() for verb in _POWER.finditer(match.string[: match.start()])]
    if module == "pve_guest_state" and verbs:
        return _POWER_TOOLS[verbs[-1]]
    if module in _MEANT:
        return _MEANT[module]
    tools = [tool.name for tool in catalogue.list_offered() if tool.module == module]
    return " or ".join(tools) or match[0]
