# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one list of tools: what catalogue.yml says, joined with the documentation of the modules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from mcp_bridge import collection
from mcp_bridge.catalogue import schemas
from mcp_bridge.catalogue.constraints import Constraints, make_constraints
from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.text.yaml import load_yaml

Effect = Literal["read", "operate", "destroy"]

_FILE = Path(__file__).with_name("catalogue.yml")


@dataclass(frozen=True)
class Tool:
    """One tool: an entry of the catalogue. `operate` and `destroy` tools change something and plan first."""

    name: str
    title: str
    description: str
    module: str
    playbook: str
    toolset: str
    effect: Effect
    options: tuple[str, ...]
    privileges: Mapping[str, tuple[str, ...]]
    example: Mapping[str, Any]
    ranges: Mapping[str, Mapping[str, int]]
    required: tuple[str, ...] = ()
    suboptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    needs_one_of: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    requests: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    # The command line has a command for it that says more, so that none is made.
    own_command: bool = False
    repeatable: bool = True
    internal: bool = False
    # A call only ever plans, and its plan is applied by its id.
    only_plans: bool = False
    # Options whose values are as good as secrets: only their SHA-256 and length are kept and shown.
    unkept: tuple[str, ...] = ()
    # Options of which an empty value is one: it takes away what is there.
    clears: tuple[str, ...] = ()

    # The list that its result is about, which is shown in pages, and the fields of its rows that are shown unasked.
    lists: str | None = None
    compact: tuple[str, ...] = ()
    # Of what its module returns, what this tool is about; all of it when this is empty.
    shows: tuple[str, ...] = ()
    # What it does, as in "Backed up guest 101".
    done: str = "Changed"
    # What its rows are, where the list that they are in is called otherwise.
    noun: str = ""

    @property
    def writes(self) -> bool:
        """Whether it can change something on the cluster."""
        return self.effect != "read"

    @property
    def action(self) -> str:
        """The module's full name, as Ansible's events carry it."""
        return f"{collection.NAME}.{self.module}"

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments; it does not say the constraints."""
        return schemas.make_input_schema(
            read_module_docs(self.module).options,
            self.options,
            required=self.required,
            suboptions=self.suboptions,
            ranges=self.ranges,
            unkept=self.unkept,
            clears=self.clears,
            plan_only=self.writes and not self.only_plans,
            defaults=self.defaults,
        )

    @cached_property
    def constraints(self) -> Constraints:
        """What its options demand of each other."""
        required = self.input_schema.get("required", ())
        declared = read_module_docs(self.module).constraints
        return make_constraints(declared, self.options, self.fixed, required, self.needs_one_of, self.exclusive)

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the result: what every result has, and what the module returns."""
        return schemas.make_output_schema(read_module_docs(self.module).returns)


# What other servers call a guest in the names of their tools.
_OTHERS_GUESTS = re.compile(r"(?<![a-z])(?:vm|ct|container|lxc|qemu|instance)s?(?![a-z])")


@cache
def load() -> dict[str, Tool]:
    """Load every tool by name, also the internal ones."""
    return {name: _make_tool(name, entry, _read_file()["ranges"]) for name, entry in _read_file()["tools"].items()}


def list_everyday() -> tuple[str, ...]:
    """List the names of the tools that are offered when nobody has chosen any."""
    return tuple(_read_file()["everyday"])


@cache
def _read_file() -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(_FILE.read_text(encoding="utf-8"))
    return data


def list_offered() -> list[Tool]:
    """List the tools that are not internal, in the catalogue's order."""
    return [tool for tool in load().values() if not tool.internal]


def is_writing(name: str) -> bool:
    """Whether there is a tool of this name, and it runs a playbook that changes something."""
    tool = load().get(name)
    return tool is not None and tool.writes


def find_similar(name: str) -> list[str]:
    """Find the names of offered tools that a mistyped name, or one of another server, may have meant."""
    ours = _OTHERS_GUESTS.sub(lambda match: "guests" if match[0].endswith("s") else "guest", name.lower())
    return get_close_matches(ours, [tool.name for tool in list_offered()], n=3, cutoff=0.5)


def _make_tool(name: str, entry: dict[str, Any], ranges: dict[str, dict[str, int]]) -> Tool:
    list_keys = ("options", "required", "needs_one_of", "requests", "command", "unkept", "clears", "compact", "shows")
    lists: dict[str, Any] = {key: tuple(entry[key]) for key in list_keys if key in entry}
    facts: dict[str, Any] = {
        **entry,
        **lists,
        "name": name,
        "ranges": ranges,
        "exclusive": tuple((first, second) for first, second in entry.get("exclusive", ())),
        "privileges": {path: tuple(names) for path, names in entry["privileges"].items()},
        "suboptions": {option: tuple(names) for option, names in entry.get("suboptions", {}).items()},
    }
    return Tool(**facts)
