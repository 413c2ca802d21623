"""Schemas that clients' converters can read: by their rules, and, where they are installed, by themselves.

`pip install playvisor[clients]` installs them.
"""

from __future__ import annotations

import copy
import json
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
KEYS = {"type", "properties", "required", "items", "enum", "default", "minimum", "maximum", "description"}


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
        if schema["type"] == "object":
            # Only a tool without arguments has none.
            assert schema["properties"] or path == "arguments", path
            assert set(schema.get("required", ())) <= set(schema["properties"]), path
        if schema["type"] == "array":
            assert schema["items"]["type"] in TYPES, path
        for value in [*schema.get("enum", ()), *([schema["default"]] if "default" in schema else [])]:
            assert isinstance(value, TYPES[schema["type"]]), path


@EACH
def test_a_name_is_one_that_every_client_takes(tool):
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,59}", tool.name)
    assert tool.description
    assert len(tool.description) <= 1024


def test_googles_converter_reads_every_tool():
    mcp_utils = pytest.importorskip("google.genai._mcp_utils")
    converted = mcp_utils.mcp_to_gemini_tools(TOOLS)

    declared = {each.name: each for tool in converted for each in tool.function_declarations}
    assert set(declared) == {tool.name for tool in TOOLS}
    parameters = json.dumps(declared["stop_guest"].model_dump(mode="json", exclude_none=True))
    assert all(name in parameters for name in ("vmids", "templates"))


def test_openais_strict_mode_reads_every_tool():
    strict_schema = pytest.importorskip("agents.strict_schema")
    for tool in TOOLS:
        strict = strict_schema.ensure_strict_json_schema(copy.deepcopy(tool.input_schema))

        for path, schema in list_schemas(strict, tool.name):
            if schema["type"] == "object":
                assert schema["additionalProperties"] is False, path
                # Every option has to be given then: what is empty says nothing.
                assert set(schema["required"]) == set(schema["properties"]), path


def test_pydantic_ais_strict_mode_keeps_what_is_nested():
    openai = pytest.importorskip("pydantic_ai.profiles.openai")
    for tool in TOOLS:
        converted = openai.OpenAIJsonSchemaTransformer(copy.deepcopy(tool.input_schema), strict=True).walk()

        pairs = zip(list_schemas(converted, tool.name), list_schemas(tool.input_schema), strict=True)
        for (path, schema), (_path, own) in pairs:
            assert set(schema.get("properties", ())) == set(own.get("properties", ())), path
