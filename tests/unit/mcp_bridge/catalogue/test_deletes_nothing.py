"""No tool deletes a guest, a disk, a backup, a storage or what is on it, whatever it is asked for."""

from __future__ import annotations

import re

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.docs import read_module_docs, strip_markup

TOOLS = list(catalogue.load().values())
# The only ways by which tools take something away. Each is none of the above: snapshots, what the firewall consists
# of, network devices, rights, and the care of the HA manager.
TAKES_AWAY = {
    "configure_guest nics.state",
    "delete_snapshot state",
    "prune_snapshots state",
    "release_guest_ha state",
    "set_acl acls.state",
    "set_firewall aliases.state",
    "set_firewall groups.state",
    "set_firewall ipsets.entries.state",
    "set_firewall ipsets.state",
    "set_firewall rules.state",
}
# Exposed options whose documentation speaks of deleting or overwriting, though they do neither, or to snapshots only.
ONLY_SPEAKS_OF_IT = {
    "backup_guest protected",
    "configure_guest protection",
    "create_guest protection",
    "create_token tokens.secret_file",
    "grant_access grants.power",
    "grant_access tokens.secret_file",
    "protect_backup volid",
    "prune_snapshots retention",
    "prune_snapshots retention.names",
    "restore_guest target",
    "restore_guest volid",
    "rollback_guest snapname",
    "delete_snapshot snapname",
    "set_backup_job protected",
    "set_ha_rule rule",
    "snapshot_guest snapname",
}
# Whole modules that are about what must stay.
NEVER = {"pve_storage"}
DESTRUCTIVE = {"absent", "pruned", "detached"}
SAYS_SO = re.compile(r"delet|overwrit|prun|replace a file", re.IGNORECASE)


def reachable(tool: Tool):
    """Every option and suboption that a caller may set, by its path, with the module's documentation of it."""
    documented = read_module_docs(tool.module).options

    def below(path, schema, doc):
        yield path, schema, doc
        inner = schema.get("items", schema)
        for name, option in inner.get("properties", {}).items():
            yield from below(f"{path}.{name}", option, doc["suboptions"][name])

    for name in tool.options:
        yield from below(name, tool.input_schema["properties"][name], documented[name])


def choices(schema):
    return set(schema.get("enum", ())) | set(schema.get("items", {}).get("enum", ()))


def test_what_tools_take_away_is_none_of_it():
    chosen = {
        f"{tool.name} {path}"
        for tool in TOOLS
        for path, schema, _doc in reachable(tool)
        if DESTRUCTIVE & choices(schema)
    }
    fixed = {f"{tool.name} {name}" for tool in TOOLS for name, value in tool.fixed.items() if str(value) in DESTRUCTIVE}

    assert chosen | fixed == TAKES_AWAY


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_leaves_no_state_to_chance(tool):
    state = read_module_docs(tool.module).options.get("state", {})

    assert tool.module not in NEVER
    assert "state" not in tool.options
    if DESTRUCTIVE & set(state.get("choices", ())):
        assert tool.fixed.get("state", state["default"]) in {*state["choices"]} - DESTRUCTIVE or (
            f"{tool.name} state" in TAKES_AWAY
        )


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_exposed_option_deletes_or_overwrites(tool):
    speaking = {
        f"{tool.name} {path}"
        for path, _schema, doc in reachable(tool)
        if SAYS_SO.search(strip_markup(doc.get("description")))
    }

    assert speaking <= ONLY_SPEAKS_OF_IT | TAKES_AWAY


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.module == "pve_guest"], ids=lambda tool: tool.name)
def test_no_option_of_a_guest_reaches_its_disks_in_another_way(tool):
    paths = {path for path, _schema, _doc in reachable(tool)}

    assert not paths & {"config", "purge", "destroy_unreferenced_disks", "disks.state", "disks.delete_source"}
    assert tool.fixed["only"] in ("new", "existing")


def test_a_backup_is_restored_to_a_guest_that_is_not_there_yet():
    tool = catalogue.load()["restore_guest"]

    # The module overwrites a guest only when its name is given.
    assert "name" not in {*tool.options, *tool.fixed}
    assert {"volid", "vmid"} <= set(tool.required)


def test_a_backup_leaves_older_ones_alone_whatever_the_storage_keeps():
    tool = catalogue.load()["backup_guest"]

    # Proxmox VE prunes after a backup unless it is told not to.
    assert tool.fixed["keep_older"] is True
