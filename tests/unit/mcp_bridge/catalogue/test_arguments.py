"""Arguments against schemas, as tables."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue.arguments import check_against_schema, clean, validate

STOP = catalogue.load()["stop_guest"]
START = catalogue.load()["start_guest"]
LIST = catalogue.load()["list_guests"]
OVERVIEW = catalogue.load()["cluster_overview"]
CONTENT = catalogue.load()["list_storage_content"]
PLAN_FLEET = catalogue.load()["plan_fleet"]

JOB, RESIZE, ROLLBACK, CONFIGURE, CLOUDINIT = (
    catalogue.load()[name]
    for name in ("set_backup_job", "resize_guest", "rollback_guest", "configure_guest", "set_cloudinit")
)

WRONG = [
    ("an unknown option", STOP, {"vmid": 101, "nme": "x"}, "nme", "There is no option nme", "Did you mean name?"),
    ("an unknown suboption", LIST, {"guests": {"tag": ["a"]}}, "guests.tag", "no option", "guests.tags"),
    ("any option for a tool without", OVERVIEW, {"x": 1}, "x", "There is no option x", "takes no options"),
    ("a word for a number", STOP, {"vmid": "abc"}, "vmid", "must be a whole number, not 'abc'", "100 to 999999999"),
    ("a number as text", STOP, {"vmid": "101"}, "vmid", "must be a whole number", "100"),
    ("a boolean for a number", STOP, {"vmid": True}, "vmid", "whole number, not True", "100"),
    ("half a guest", STOP, {"vmid": 101.5}, "vmid", "whole number, not 101.5", "100"),
    ("a vmid below 100", STOP, {"vmid": 99}, "vmid", "vmid is 99", "from 100 to 999999999"),
    ("a vmid too long", STOP, {"vmid": 10**9}, "vmid", "out of range", "999999999"),
    ("a vmid below 100 in a list", LIST, {"guests": {"vmids": [101, 5]}}, "guests.vmids[1]", "is 5", "100"),
    (
        "no list",
        LIST,
        {"guests": {"tags": "web"}},
        "guests.tags",
        "must be a list, not 'web'",
        "each entry is a string",
    ),
    ("no object", LIST, {"guests": ["web"]}, "guests", "must be an object", "vmids, names, tags"),
    ("a choice that is none", LIST, {"guests": {"type": "qem"}}, "guests.type", "'qem'", "Did you mean qemu?"),
    ("a negative timeout", START, {"vmid": 101, "timeout": 0}, "timeout", "timeout is 0", "from 1"),
    ("text for a boolean", STOP, {"vmid": 101, "force": "yes"}, "force", "must be true or false", "true or false"),
    ("nobody", STOP, {}, "vmid", "stop_guest needs vmid or name or guests", "Give vmid or name or guests"),
    ("nobody but nulls", STOP, {"vmid": None, "name": None}, "vmid", "needs vmid or name", "Give"),
    ("one and many", STOP, {"vmid": 101, "guests": {"tags": ["a"]}}, "guests", "can't be given together", "vmid or"),
    ("an option in another case", STOP, {"vmid": 101, "FORCE": True}, "FORCE", "no option", "Did you mean force?"),
    ("a word in another case", CONTENT, {"content": "ISO"}, "content", "ISO", "Did you mean iso?"),
    ("an empty name", STOP, {"name": " "}, "name", "name is empty", "Leave it out"),
    ("two lines", STOP, {"name": "web\n01"}, "name", "control characters", "one line"),
    ("a node beside a vmid", STOP, {"vmid": 101, "node": "pve1"}, "node", "no option node", "Allowed: vmid, name"),
    (
        "an option of another",
        LIST,
        {"tags": ["web"]},
        "tags",
        "no option tags",
        "Did you mean guests.tags?",
    ),
    ("what resembles nothing", JOB, {"id": "a", "tags": ["web"]}, "tags", "no option tags", "Allowed: id, "),
    ("nothing where a unit counts", RESIZE, {"vmid": 101, "memory": "1G"}, "memory", "whole number", "Memory in MiB"),
    ("what is missing", ROLLBACK, {"vmid": 101}, "snapname", "is missing", "Name of the snapshot"),
    ("what is empty and needed", ROLLBACK, {"vmid": 101, "snapname": " "}, "snapname", "is missing", "Name of the"),
    ("a bell", CONFIGURE, {"vmid": 101, "description": "a\x07"}, "description", "control characters", "without"),
    ("half a letter", PLAN_FLEET, {"fleet": {"a": ["\ud800"]}}, "fleet", "half a character", "whole ones"),
    ("half a letter of a key", PLAN_FLEET, {"fleet": {"\udfff": 1}}, "fleet", "half a", "whole ones"),
    ("a novel", STOP, {"name": "x" * 5000}, "name", "5000 characters", "4096"),
]


@pytest.mark.parametrize(
    ("tool", "arguments", "path", "message", "hint"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_what_is_wrong_is_named_with_what_is_allowed(tool, arguments, path, message, hint):
    (problem,) = validate(tool, arguments)

    assert problem.path == path
    assert message in problem.message
    assert hint in problem.hint


def test_everything_that_is_wrong_is_named_at_once():
    problems = validate(STOP, {"nme": "x", "force": 1, "vmid": 5})

    assert [problem.path for problem in problems] == ["nme", "force", "vmid"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"vmid": 100},
        {"vmid": 101.0},
        {"name": "{{ lookup('pipe','id') }}"},
        # Both: the guest with this id must have that name.
        {"vmid": 101, "name": "web-01"},
        {"guests": {"names": ["web-*"], "type": "lxc", "templates": False}},
        {"name": "web-01", "guests": None, "shutdown_timeout": 0, "check": True},
    ],
)
def test_right_arguments_pass(arguments):
    assert validate(STOP, arguments) == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (CONFIGURE, {"vmid": 101, "description": "# web\n\n| a | b |\n\tc\n"}),
        (CLOUDINIT, {"vmid": 101, "ssh_keys": ["ssh-ed25519 AAAA me\n"]}),
        (CLOUDINIT, {"vmid": 101, "ssh_keys": ["ssh-ed25519 AAAA me\r\nssh-ed25519 BBBB you"]}),
    ],
    ids=["markdown", "a key as its file has it", "a file of keys"],
)
def test_text_of_several_lines_passes_where_it_may_have_them(tool, arguments):
    assert validate(tool, arguments) == []


def test_nulls_mean_not_given_and_whole_floats_are_numbers():
    given = {"vmid": 101.0, "node": None, "guests": {"pool": None, "vmids": [102.0]}, "name": "1.0"}

    assert clean(given) == {"vmid": 101, "guests": {"vmids": [102]}, "name": "1.0"}


@pytest.mark.parametrize(
    ("value", "message"),
    [("web", None), ("w" * 6, "name has 6 characters."), ("Web", "name can't be 'Web'.")],
)
def test_a_text_has_the_length_and_the_form_that_its_schema_says(value, message):
    schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5, "pattern": "^[a-z]+$"}}}

    problems = check_against_schema(schema, {"name": value})
    assert [problem.message for problem in problems] == ([message] if message else [])
