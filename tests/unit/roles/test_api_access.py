"""The privileges that the role api_access gives, against what the product knows and what the tools need."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mcp_bridge import catalogue
from pve_simulator import build_cluster

ROLE = Path(__file__).resolve().parents[3] / "roles" / "api_access"


def read(part):
    return yaml.safe_load((ROLE / part).read_text(encoding="utf-8"))


PRIVILEGES = read("vars/main.yml")["api_access_privileges"]
# What the README names as extra: more than anybody expects who only wants to start and stop guests.
EXTRA = {"hibernate_guest": {"VM.Config.Disk", "Datastore.AllocateSpace"}}
OPTIONS = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def test_the_product_has_every_privilege_of_every_toolset():
    known = set(build_cluster(nodes=1, guests=0).access.roles["Administrator"].privileges)

    assert {name for names in PRIVILEGES.values() for name in names} <= known


@pytest.mark.parametrize("tool", catalogue.list_offered(), ids=lambda tool: tool.name)
def test_a_toolset_has_what_its_tools_need(tool):
    needed = {name for names in tool.privileges.values() for name in names}

    assert needed - EXTRA.get(tool.name, set()) <= set(PRIVILEGES[tool.toolset])


def test_the_toolsets_that_may_be_chosen_are_those_with_privileges():
    assert set(OPTIONS["api_access_toolsets"]["choices"]) == set(PRIVILEGES)


def test_the_defaults_are_those_that_are_documented():
    documented = {name: option["default"] for name, option in OPTIONS.items() if "default" in option}

    assert read("defaults/main.yml") == documented
