"""Models get schemas that say enough and no more."""

from __future__ import annotations

from mcp_bridge.mcp.tool_schemas import shorten_input_schema


def lean(**option):
    return shorten_input_schema({"type": "object", "properties": {"x": option}, "additionalProperties": False})[
        "properties"
    ]["x"]


def test_of_a_description_the_first_sentence_is_kept():
    described = lean(type="string", description="Name of one guest. Two of one name are an error, e.g. 101; use vmid.")

    assert described == {"type": "string", "description": "Name of one guest"}


def test_a_version_is_no_end_of_a_sentence():
    assert lean(type="string", description="Since 9.2 only. More.")["description"] == "Since 9.2 only"


def test_a_range_that_the_description_gives_is_told_once():
    told = lean(type="integer", minimum=100, maximum=999999999, description="Id of one guest, 100 to 999999999.")
    untold = lean(type="integer", minimum=1, maximum=100, description="How many.")

    assert told == {"type": "integer", "description": "Id of one guest, 100 to 999999999"}
    assert (untold["minimum"], untold["maximum"]) == (1, 100)


def test_what_is_nested_is_spelled_out():
    inner = {
        "tags": {"type": "array", "items": {"type": "string"}, "description": "All of these."},
        "type": {"type": "string", "enum": ["qemu", "lxc"]},
        "pool": {"type": "string"},
        "templates": {"type": "boolean"},
    }
    chosen = lean(type="object", properties=inner, additionalProperties=False, description="Chooses guests. More.")
    listed = lean(type="array", items={"type": "object", "properties": {"ip": {"type": "string"}}}, description="All.")

    assert chosen == {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": {"type": "string"}, "description": "All of these"},
            "type": {"type": "string", "enum": ["qemu", "lxc"]},
            "pool": {"type": "string"},
            "templates": {"type": "boolean"},
        },
        "description": "Chooses guests",
    }
    entry = {"type": "object", "properties": {"ip": {"type": "string"}}}
    assert listed == {"type": "array", "items": entry, "description": "All"}


def test_who_changes_something_is_not_shown_what_is_seldom_needed():
    guests = {name: {"type": "string"} for name in ("tags", "type", "templates")}
    schema = {"type": "object", "properties": {"guests": {"type": "object", "properties": guests}}}

    shown = {
        changes: list(shorten_input_schema(schema, changes=changes)["properties"]["guests"]["properties"])
        for changes in (True, False)
    }

    assert shown == {True: ["tags"], False: ["tags", "type", "templates"]}
