"""Schemas that clients' converters can read, by their rules; `make clients` has the converters themselves read them."""

from __future__ import annotations

import re

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import aliases, run_tools
from mcp_bridge.mcp.tools import describe_tool

ENTRIES = [
    *catalogue.list_offered(),
    *run_tools.TOOLS.values(),
    *(alias.as_tool() for name in aliases.list_sets() for alias in aliases.load(name).values()),
]
TOOLS = [describe_tool(entry) for entry in ENTRIES]
EACH = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
# What converters of clients are known to understand.
KEYS = {"type", "properties", "required", "items", "enum", "minimum", "maximum", "description"}


# Objects whose keys are the names of what they hold, which no schema says that every client can read.
KEYS_ARE_NAMES = {"arguments.fleet"}


def list_schemas(schema, path="arguments"):
    yield path, schema
    for name, option in schema.get("properties", {}).items():
        yield from list_schemas(option, f"{path}.{name}")
    if "items" in schema:
        yield from list_schemas(schema["items"], f"{path}[]")


@EACH
def test_a_schema_says_all_that_is_nested_and_nothing_that_converters_choke_on(tool):
    for path, schema in list_schemas(tool.input_schema):
        assert set(schema) <= KEYS, path
        assert schema["type"] in TYPES, path
        if schema["type"] == "object" and path not in KEYS_ARE_NAMES:
            # Only a tool without arguments has none.
            assert schema["properties"] or path == "arguments", path
            assert set(schema.get("required", ())) <= set(schema["properties"]), path
        if schema["type"] == "array":
            assert schema["items"]["type"] in TYPES, path
        # Choices are text, and none of them empty.
        assert all(isinstance(value, str) and value for value in schema.get("enum", ())), path


@EACH
def test_a_name_is_one_that_every_client_takes(tool):
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,59}", tool.name)
    assert tool.description
    assert len(tool.description) <= 1024
