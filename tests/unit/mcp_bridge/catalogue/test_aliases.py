"""Names that other servers' tools have, and what becomes of a call by one."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import aliases
from mcp_bridge.catalogue.arguments import validate
from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.errors import UsageError
from mcp_bridge.mcp.tools import describe_tool as mcp_tool

OLD = aliases.load("mcp_proxmox")
WHERE = {"node": "pve1", "type": "qemu"}


def test_every_tool_of_mcp_proxmox_has_its_name():
    names = """
    list_infrastructure list_machines list_storage start_machine stop_machine reboot_machine get_machine_config
    unlock_machine set_machine_tags resize_resources list_snapshots create_snapshot rollback_snapshot delete_snapshot
    clone_machine migrate_machine get_vm_agent_network get_console_url set_cloudinit_config list_backups create_backup
    list_isos download_iso list_available_lxc_templates download_lxc_template list_firewall_rules add_firewall_rule
    get_cluster_logs get_machine_performance_history
    """

    assert set(OLD) == set(names.split())
    assert all(alias.target in catalogue.list_offered() for alias in OLD.values())


@pytest.mark.parametrize("alias", OLD.values(), ids=lambda alias: alias.name)
def test_an_alias_speaks_of_options_that_its_tool_has(alias):
    options = set(alias.target.options)
    written = {*alias.defaults, *(path.split(".")[0] for path in (*alias.renamed.values(), *alias.contains.values()))}

    assert written <= options
    assert not {*alias.ignored} & options


@pytest.mark.parametrize(
    ("name", "given", "own"),
    [
        ("list_infrastructure", {}, {}),
        (
            "list_machines",
            {"name_filter": "web", "status_filter": "running", "type_filter": None},
            {"guests": {"names": ["*web*"], "status": "running"}},
        ),
        ("list_machines", {"guests": {"tags": ["web"]}}, {"guests": {"tags": ["web"]}}),
        ("start_machine", {"vmid": 101, **WHERE}, {"vmid": 101}),
        ("stop_machine", {"vmid": 101, **WHERE, "force": True}, {"vmid": 101, "force": True}),
        ("set_machine_tags", {"vmid": 101, **WHERE, "tags": "prod, db"}, {"vmid": 101, "tags": ["prod", "db"]}),
        ("resize_resources", {"vmid": 101, **WHERE, "memory_mb": 2048}, {"vmid": 101, "memory": 2048}),
        (
            "clone_machine",
            {"vmid": 9000, **WHERE, "newid": 120, "name": "web-99", "target_node": "pve2"},
            {"vmid": 9000, "newid": 120, "new_name": "web-99", "target": "pve2"},
        ),
        ("migrate_machine", {"vmid": 101, **WHERE, "target_node": "pve2"}, {"vmid": 101, "target": "pve2"}),
        ("list_isos", {"node": "pve1", "storage": "local"}, {"content": "iso", "node": "pve1", "storage": "local"}),
        ("list_firewall_rules", {"vmid": 101, **WHERE}, {"level": "guest", "vmid": 101, "node": "pve1"}),
        ("list_firewall_rules", {"level": "cluster"}, {"level": "cluster"}),
        ("get_cluster_logs", {"max_lines": 5}, {"limit": 5}),
        ("get_machine_performance_history", {"vmid": 101, "timeframe": "day"}, {"history": "day", "vmid": 101}),
        ("get_machine_performance_history", {"vmid": 101}, {"history": "hour", "vmid": 101}),
    ],
)
def test_old_arguments_become_those_of_the_tool(name, given, own):
    tool, arguments = make_offer(alias_sets=["mcp_proxmox"]).resolve(name, given)

    assert arguments == own
    assert validate(catalogue.load()[tool], arguments) == []


def test_an_argument_that_nothing_knows_is_refused_by_the_tool():
    _tool, arguments = make_offer(alias_sets=["mcp_proxmox"]).resolve("start_machine", {"vmid": 101, "frce": True})

    assert [problem.path for problem in validate(catalogue.load()["start_guest"], arguments)] == ["frce"]


def test_an_alias_shows_its_tools_description_without_what_it_has_settled():
    shown = {tool.name: mcp_tool(tool) for tool in make_offer(alias_sets=["mcp_proxmox"]).tools}
    isos, clone = shown["list_isos"], shown["clone_machine"]

    assert isos.description == catalogue.load()["list_storage_content"].description
    assert "content" not in isos.input_schema["properties"]
    assert set(clone.input_schema["properties"]) >= {"vmid", "new_name"}
    # It means the new guest there.
    assert "name" not in clone.input_schema["properties"]
    assert {*OLD} <= {*shown}


def test_a_server_that_only_reads_has_no_aliases_that_change_something():
    offer = make_offer(alias_sets=["mcp_proxmox"], writes=False)

    assert "list_machines" in offer.aliases
    assert "stop_machine" not in offer.aliases
    assert "stop_guest" not in offer.callable_names


def test_aliases_are_offered_only_when_asked_for():
    assert make_offer().resolve("start_machine", {}) == ("start_machine", {})
    with pytest.raises(UsageError, match="There are no aliases"):
        make_offer(alias_sets=["mcp_vmware"])
