"""What AI clients are known to send, as it was meant; what could mean two things is left to be refused."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue.arguments import validate
from mcp_bridge.catalogue.lenient import read_arguments

TOOLS = catalogue.list_offered()


def read(name, arguments):
    tool = catalogue.load()[name]
    return read_arguments(tool.input_schema, arguments, tool.constraints.exclusive)


MEANT = [
    ("a number as text", "stop_guest", {"vmid": "101"}, {"vmid": 101}),
    ("a number with space", "stop_guest", {"vmid": " 101 "}, {"vmid": 101}),
    ("a boolean as text", "stop_guest", {"vmid": 101, "check": "true"}, {"vmid": 101, "check": True}),
    ("a list as text", "set_guest_tags", {"add_tags": '["a","b"]'}, {"add_tags": ["a", "b"]}),
    ("an object as text", "stop_guest", {"guests": '{"tags":["web"]}'}, {"guests": {"tags": ["web"]}}),
    (
        "objects in a list as text",
        "resize_guest",
        {"disks": '[{"slot":"scsi0","size":"30"}]'},
        {"disks": [{"slot": "scsi0", "size": 30}]},
    ),
    ("numbers in a list", "stop_guest", {"guests": {"vmids": ["101", 102]}}, {"guests": {"vmids": [101, 102]}}),
    ("one value for a list", "set_guest_tags", {"add_tags": "web"}, {"add_tags": ["web"]}),
    ("one object for a list", "set_acl", {"acls": {"path": "/"}}, {"acls": [{"path": "/"}]}),
    ("one number for a list", "list_guests", {"guests": {"vmids": 101}}, {"guests": {"vmids": [101]}}),
    ("a name that looks like JSON", "get_guest", {"name": "101"}, {"name": "101"}),
    ("text that is JSON stays text", "snapshot_guest", {"description": '["a"]'}, {"description": '["a"]'}),
    ("an entry that is JSON stays text", "set_guest_tags", {"add_tags": ['["a"]']}, {"add_tags": ['["a"]']}),
    ("empty text", "get_guest", {"vmid": 101, "name": ""}, {"vmid": 101}),
    ("white space", "get_guest", {"vmid": 101, "name": "  "}, {"vmid": 101}),
    ("an empty object", "stop_guest", {"vmid": 101, "guests": {}}, {"vmid": 101}),
    ("an empty object as text", "stop_guest", {"vmid": 101, "guests": "{}"}, {"vmid": 101}),
    (
        "an object of empties",
        "stop_guest",
        {"vmid": 101, "guests": {"vmids": [], "names": [], "pool": "", "templates": False}},
        {"vmid": 101},
    ),
    ("a vmid that can be none", "get_guest", {"vmid": 0, "name": "web-01"}, {"name": "web-01"}),
    ("a false that is the default", "list_tasks", {"running": False, "errors": True}, {"errors": True}),
    (
        "a false beside what excludes it",
        "set_backup_job",
        {"id": "nightly", "all": False, "vmids": [101]},
        {"id": "nightly", "vmids": [101]},
    ),
    # An empty value of its own says what it says; beside others that say nothing, it says nothing.
    ("text that is cleared", "configure_guest", {"vmid": 101, "description": ""}, {"vmid": 101, "description": ""}),
    ("all tags removed", "set_guest_tags", {"vmid": 101, "tags": []}, {"vmid": 101, "tags": []}),
    ("text that is not given", "configure_guest", {"vmid": 101, "name": "", "description": ""}, {"vmid": 101}),
    (
        "tags of a strict mode",
        "set_guest_tags",
        {"vmid": 101, "name": "", "tags": [], "add_tags": ["a"], "remove_tags": []},
        {"vmid": 101, "add_tags": ["a"]},
    ),
    (
        "numbers of a strict mode",
        "resize_guest",
        {"vmid": 101, "name": "", "cores": 0, "memory": 4096, "balloon": 0, "disks": []},
        {"vmid": 101, "memory": 4096},
    ),
    ("a zero that is meant", "resize_guest", {"vmid": 101, "balloon": 0}, {"vmid": 101, "balloon": 0}),
    ("null as text", "get_guest", {"vmid": "null", "name": "a"}, {"vmid": None, "name": "a"}),
    ("None as text", "stop_guest", {"vmid": 101, "guests": "None"}, {"vmid": 101, "guests": None}),
    ("a name that looks like null", "get_guest", {"name": "null"}, {"name": "null"}),
    ("a boolean in Python", "stop_guest", {"vmid": 101, "check": "True"}, {"vmid": 101, "check": True}),
    ("a boolean of Proxmox VE", "stop_guest", {"vmid": 101, "check": 1}, {"vmid": 101, "check": True}),
    ("that as text", "stop_guest", {"vmid": 101, "check": "1"}, {"vmid": 101, "check": True}),
    (
        "an object in Python",
        "list_guests",
        {"guests": "{'tags': ['web'], 'templates': True}"},
        {"guests": {"tags": ["web"], "templates": True}},
    ),
    ("a list in Python", "set_guest_tags", {"add_tags": "['a', 'b']"}, {"add_tags": ["a", "b"]}),
    ("text in text", "list_guests", {"guests": '"{\\"tags\\": [\\"web\\"]}"'}, {"guests": {"tags": ["web"]}}),
    ("numbers and commas", "list_guests", {"guests": {"vmids": "101, 102"}}, {"guests": {"vmids": [101, 102]}}),
    ("that in a list", "list_guests", {"guests": {"vmids": ["101,102"]}}, {"guests": {"vmids": [101, 102]}}),
    ("choices and commas", "list_firewall_rules", {"kinds": "rules, options"}, {"kinds": ["rules", "options"]}),
    ("words and commas", "set_guest_tags", {"add_tags": "a, b"}, {"add_tags": ["a", "b"]}),
    ("an entry with a comma", "set_guest_tags", {"add_tags": ["a,b"]}, {"add_tags": ["a,b"]}),
    ("a key with a comma", "set_cloudinit", {"ssh_keys": "ssh-rsa A a,b"}, {"ssh_keys": ["ssh-rsa A a,b"]}),
    ("a command with a comma", "exec_guest", {"command": "a,b"}, {"command": ["a,b"]}),
    ("a choice in another case", "list_guests", {"guests": {"type": "QEMU"}}, {"guests": {"type": "qemu"}}),
    (
        "a number for text",
        "add_firewall_rule",
        {"rules": [{"type": "IN", "dport": 443.0}]},
        {"rules": [{"type": "in", "dport": "443"}]},
    ),
    (
        "what clients add",
        "get_guest",
        {"vmid": 101, "toolCallId": "call_1", "_meta": {}, "random_string": ""},
        {"vmid": 101},
    ),
    ("null", "get_guest", {"vmid": None, "name": "a"}, {"vmid": None, "name": "a"}),
    ("unknown options", "get_guest", {"nme": "", "vmid": "1x"}, {"nme": "", "vmid": "1x"}),
]


@pytest.mark.parametrize(("name", "given", "meant"), [case[1:] for case in MEANT], ids=[case[0] for case in MEANT])
def test_what_can_mean_one_thing_is_understood(name, given, meant):
    assert read(name, given) == meant


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("stop_guest", {"vmid": "101.5"}),
        ("stop_guest", {"vmid": "abc"}),
        ("stop_guest", {"vmid": "NaN"}),
        ("stop_guest", {"vmid": "[101]"}),
        ("stop_guest", {"vmid": "9" * 5000}),
        ("stop_guest", {"vmid": 101, "force": "yes"}),
        ("stop_guest", {"vmid": 101, "force": 2}),
        ("stop_guest", {"vmid": 101, "force": "2"}),
        ("stop_guest", {"vmid": float("inf")}),
        ("stop_guest", {"guests": "{1, 2}"}),
        ("stop_guest", {"guests": "__import__('os')"}),
        ("stop_guest", {"vmid": "101, 102"}),
        ("stop_guest", {"vmid": 101, "reason": "maintenance"}),
        ("set_backup_job", {"id": "nightly", "vmids": "101-103"}),
        ("stop_guest", {"guests": "[" * 5000}),
        ("stop_guest", {"guests": ["web"]}),
        ("stop_guest", {"guests": {"names": [""]}}),
        ("stop_guest", {"vmid": "", "name": ""}),
        ("snapshot_guest", {"vmid": 101, "snapname": ""}),
        ("create_user", {"users": ""}),
        ("get_guest", {"name": 101}),
    ],
)
def test_what_is_wrong_is_refused_all_the_same(name, given):
    problems = validate(catalogue.load()[name], read(name, given))

    # Lists that have to be given, and are empty, are for the module to refuse.
    assert problems or read(name, given) == {"users": []}


def make_empty(schema):
    """The value that says nothing, as a client in a strict mode gives it."""
    if schema["type"] == "object" and schema.get("properties"):
        return {name: make_empty(option) for name, option in schema["properties"].items()}
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}[schema["type"]]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_takes_a_call_that_gives_all_options(tool):
    properties = tool.input_schema["properties"]
    # A client can only give a choice where it has to give one of them.
    free = {name: option for name, option in properties.items() if "enum" not in option}
    given = {**{name: make_empty(option) for name, option in free.items()}, **tool.example}
    meant = read(tool.name, given)

    assert validate(tool, meant) == []
    # An empty list that takes away what is there stays, where nothing else in the call is empty.
    assert {name: value for name, value in meant.items() if value not in (False, [])} == tool.example


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_nulls_for_all_that_is_optional_say_nothing(tool):
    given = {**dict.fromkeys(tool.input_schema["properties"]), **tool.example}

    assert validate(tool, read(tool.name, given)) == []


@pytest.mark.parametrize(
    ("name", "given", "message", "hint"),
    [
        ("list_tasks", {"running": True, "errors": True}, "can't be given together", "Give running or errors"),
        ("set_backup_job", {"id": "a", "all": True, "vmids": [101]}, "all and vmids", "Give all or vmids"),
        (
            "set_firewall",
            {"level": "guest", "options": {"enable": True}},
            "level=guest needs vmid or name or guests",
            "Give vmid",
        ),
        ("set_firewall", {"level": "node"}, "level=node needs node", "Give node"),
        ("set_ha_rule", {"rule": "a", "nodes": ["x"], "affinity": "positive"}, "can't be given together", "Give"),
    ],
    ids=["tasks", "job", "guest", "node", "rule"],
)
def test_what_options_demand_of_each_other_is_told_in_our_words(name, given, message, hint):
    problems = validate(catalogue.load()[name], given)

    assert message in problems[0].message
    assert hint in problems[0].hint


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("stop_guest", "Give vmid or name, or else guests."),
        ("get_guest", "Give vmid or name."),
        ("list_tasks", "Not errors with running."),
        ("set_backup_job", "Not vmids with all; not pool with all or vmids."),
        ("list_guests", ""),
    ],
)
def test_descriptions_say_what_options_demand_of_each_other(name, told):
    assert catalogue.load()[name].constraints.describe() == told
