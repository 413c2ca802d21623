# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes JSON Schemas from the options and return values in Ansible's documentation. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_bridge.catalogue.docs import strip_markup

_TYPES = {
    "str": "string",
    "path": "string",
    "raw": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}

# What every result has, whichever tool made it; mcp_bridge.result says what each means.
_RESULT: dict[str, dict[str, Any]] = {
    "run_id": {"type": "string"},
    "tool": {"type": "string"},
    "status": {"enum": ["ok", "planned", "held", "running", "failed", "refused", "cancelled"]},
    "changed": {"type": "boolean"},
    "summary": {"type": "string"},
    "warnings": {"type": "array", "items": {"type": "string"}},
}
_WRITE_RESULT = {"diff": {"type": "object"}}
_FAILURE = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "hint": {"type": ["string", "null"]},
    },
    "required": ["code", "message"],
}

CHECK = {
    "type": "boolean",
    "default": False,
    "description": "Only plan.",
}
WAIT = {
    "type": "boolean",
    "default": True,
    "description": "false: go on in the background.",
}


def make_input_schema(
    documented: Mapping[str, Mapping[str, Any]],
    exposed: Sequence[str],
    *,
    required: Sequence[str] = (),
    suboptions: Mapping[str, Sequence[str]] | None = None,
    ranges: Mapping[str, Mapping[str, int]] | None = None,
    unkept: Sequence[str] = (),
    clears: Sequence[str] = (),
    plan_only: bool = False,
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make the schema of a tool's arguments: the module's exposed options, and with `plan_only` `check` and `wait`.

    Of an option in `suboptions`, only the suboptions given there are exposed. `required` may name one as
    `option.suboption`. `defaults` are the tool's own. Secret options are `writeOnly`; of those in `unkept`, SHA-256
    and length are kept. For those in `clears` an empty value is one.
    """
    narrowed = {name: _narrow_option(name, documented[name], suboptions or {}, required) for name in exposed}
    properties = {name: _make_option_schema(name, option, ranges or {}) for name, option in narrowed.items()}
    for name, value in (defaults or {}).items():
        if name in properties:
            properties[name]["default"] = value
    for path in clears:
        _find_option(properties, path)["x-clears"] = True
    for name in unkept:
        properties[name] |= {"writeOnly": True, "x-kept": "sha256"}
    if plan_only:
        properties["check"] = CHECK
        properties["wait"] = WAIT
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    needed = [name for name in exposed if name in required or documented[name].get("required")]
    return {**schema, "required": needed} if needed else schema


def _find_option(properties: Mapping[str, Any], path: str) -> dict[str, Any]:
    name, _dummy, rest = path.partition(".")
    option: dict[str, Any] = properties[name]
    return _find_option(option.get("items", option)["properties"], rest) if rest else option


def _narrow_option(
    name: str, doc: Mapping[str, Any], suboptions: Mapping[str, Sequence[str]], required: Sequence[str]
) -> Mapping[str, Any]:
    """Return an option's documentation with only the suboptions that the tool exposes, the required ones marked."""
    documented = doc.get("suboptions")
    if not documented:
        return doc
    exposed = {inner: documented[inner] for inner in suboptions.get(name, documented)}
    needed = {inner: {**sub, "required": True} for inner, sub in exposed.items() if f"{name}.{inner}" in required}
    return {**doc, "suboptions": {**exposed, **needed}}


def _make_option_schema(path: str, doc: Mapping[str, Any], ranges: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    kind = _TYPES[doc.get("type", "str")]
    schema: dict[str, Any] = {"type": kind}
    limits = ranges.get(path, {})
    if kind == "array":
        element = {"type": doc.get("elements", "str"), **{key: doc.get(key) for key in ("choices", "suboptions")}}
        schema["items"] = {**_make_option_schema(path, element, {}), **limits}
    elif kind == "object" and doc.get("suboptions"):
        suboptions = doc["suboptions"]
        schema["properties"] = {
            name: _make_option_schema(f"{path}.{name}", sub, ranges) for name, sub in suboptions.items()
        }
        schema["additionalProperties"] = False
        needed = [name for name, sub in suboptions.items() if sub.get("required")]
        if needed:
            schema["required"] = needed
    else:
        if doc.get("choices"):
            schema["enum"] = list(doc["choices"])
        schema.update(limits)
    if doc.get("no_log"):
        schema["writeOnly"] = True
    if doc.get("default") is not None:
        schema["default"] = doc["default"]
    if doc.get("description"):
        schema["description"] = strip_markup(doc["description"])
    return schema


def make_output_schema(returns: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Make the schema of a tool's result, without descriptions, since clients load it with every tool.

    It holds for failures too, so only what every result has is required.
    """
    own_properties = {name: _make_value_schema(doc) for name, doc in returns.items() if name != "failure"}
    write_properties = _WRITE_RESULT if "plan" in returns else {}
    return {
        "type": "object",
        "properties": {**_RESULT, **own_properties, **write_properties, "failure": _FAILURE},
        "required": list(_RESULT),
    }


def _make_value_schema(doc: Mapping[str, Any], *, is_inner: bool = False) -> dict[str, Any]:
    """Make the schema of a return value; scalars and what is inside may be null, as far as it is not known."""
    kind = _TYPES[doc.get("type", "str")]
    if kind == "array":
        element: dict[str, Any] = {"type": doc.get("elements", "str"), "contains": doc.get("contains")}
        return {"type": ["array", "null"] if is_inner else "array", "items": _make_value_schema(element)}
    if kind == "object":
        contains = doc.get("contains") or {}
        if not contains:
            return {"type": ["object", "null"]}
        properties = {name: _make_value_schema(inner, is_inner=True) for name, inner in contains.items()}
        return {"type": ["object", "null"] if is_inner else "object", "properties": properties}
    return {"type": [kind, "null"]}
