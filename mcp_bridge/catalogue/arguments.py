# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates a tool's arguments against its input schema, before anything runs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.fleets import redact_secrets
from mcp_bridge.text.redaction import REDACTED, describe_unkept

if TYPE_CHECKING:
    from mcp_bridge.catalogue import Tool

_NOUNS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_LONGEST = 4096
# Where one of these is given, no criterion of guests is meant.
_ONE_GUEST = ("vmid", "name")
_LINE_CHARACTERS = "\n\r\t"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one argument: where, what, and what is allowed there."""

    path: str
    message: str
    hint: str


def validate(tool: Tool, arguments: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with the arguments, in their order; nothing when they are valid."""
    problems = check_against_schema(tool.input_schema, arguments)
    given = {name: value for name, value in arguments.items() if value is not None and value is not False}
    properties = tool.input_schema["properties"]
    defaults = {name: option["default"] for name, option in properties.items() if "default" in option}
    for group, condition in tool.constraints.find_missing({**defaults, **given}):
        names = " or ".join(group)
        needing = condition or tool.name
        problems.append(Problem(group[0], f"{needing} needs {names}.", f"Give {names}."))
    for first, second in tool.constraints.find_conflicts(given):
        problems.append(Problem(second, f"{first} and {second} can't be given together.", f"Give {first} or {second}."))
    return problems


def check_against_schema(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with the arguments by the schema alone."""
    return _check_object("", arguments, schema)


def make_recordable(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as they may be recorded.

    Of what the schema declares as secret, nothing is kept, or its SHA-256 and length; of what is refused, since the
    schema does not know it or does not allow its value, the type only: it may be a secret in the wrong place.
    """
    options = schema.get("properties", {})
    return {
        name: _make_recordable_value(item, options[name]) if name in options else describe_type(item)
        for name, item in arguments.items()
    }


def describe_type(value: Any) -> str:
    """What is kept of a value that was refused."""
    return f"({_get_type_name(value)}, not kept)"


def _make_recordable_value(value: Any, schema: Mapping[str, Any]) -> Any:
    kind = schema["type"]
    if value is None:
        return None
    if schema.get("writeOnly"):
        is_hashed = schema.get("x-kept") == "sha256" and isinstance(value, str)
        return describe_unkept(value) if is_hashed else REDACTED
    if not has_type(kind, value):
        return describe_type(value)
    if schema.get("x-fleet"):
        return redact_secrets(value)
    if kind == "object":
        return make_recordable(schema, value) if "properties" in schema else value
    if kind == "array":
        return [_make_recordable_value(item, schema["items"]) for item in value]
    return describe_type(value) if _check_value("", value, schema) else value


def clean(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Convert valid arguments for the module: without nulls, which mean "not given", and with whole floats as ints."""
    return {name: _clean_value(value) for name, value in arguments.items() if value is not None}


def _clean_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return clean(value)
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _check_value(path: str, value: Any, schema: Mapping[str, Any]) -> list[Problem]:
    kind = schema["type"]
    if not has_type(kind, value):
        if schema.get("writeOnly"):
            return [Problem(path, f"{path} must be {_NOUNS[kind]}.", _describe_allowed(schema))]
        actual = f"{value!r}" if len(repr(value)) <= 60 else _NOUNS.get(_get_type_name(value), type(value).__name__)
        return [Problem(path, f"{path} must be {_NOUNS[kind]}, not {actual}.", _describe_allowed(schema))]
    if kind == "object":
        # Where a schema does not say what is in an object, its module does.
        return _check_object(path, value, schema) if "properties" in schema else _check_free(path, value)
    if kind == "array":
        if len(value) > (most := schema.get("maxItems", len(value))):
            return [Problem(path, f"{path} has {len(value)} entries.", f"At most {most} are allowed.")]
        return [p for n, item in enumerate(value) for p in _check_value(f"{path}[{n}]", item, schema["items"])]
    if "enum" in schema and value not in schema["enum"]:
        return [_make_choice_problem(path, value, schema["enum"])]
    if kind == "string" and schema.get("x-text"):
        # A whole file: whatever can be written.
        return _check_free(path, {path: value})
    if kind == "string":
        return (
            []
            if value == "" and schema.get("x-clears")
            else _check_text(path, value, has_lines=bool(schema.get("x-lines"))) or _check_form(path, value, schema)
        )
    return _check_range(path, value, schema)


def _check_object(path: str, value: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Problem]:
    options = schema.get("properties", {})
    is_one_meant = any(value.get(name) is not None for name in _ONE_GUEST)
    problems = [
        _make_unknown_problem(path, name, options, "" if is_one_meant else _find_inside(name, options))
        for name in value
        if name not in options
    ]
    missing = [name for name in schema.get("required", ()) if _is_missing(value.get(name), options[name])]
    for name in missing:
        inner_path = _join_path(path, name)
        problems.append(Problem(inner_path, f"{inner_path} is missing.", _describe_allowed(options[name])))
    for name, item in value.items():
        if name in options and item is not None and name not in missing:
            problems.extend(_check_value(_join_path(path, name), item, options[name]))
    return problems


def _check_free(path: str, value: Mapping[str, Any]) -> list[Problem]:
    """What no module can be given, wherever in an object it is: text that nobody can write."""
    left: list[Any] = [value]
    while left:
        part = left.pop()
        if isinstance(part, Mapping):
            left += [*part, *part.values()]
        elif isinstance(part, list):
            left += part
        elif isinstance(part, str) and not part.isascii() and any("\ud800" <= each <= "\udfff" for each in part):
            return [
                Problem(path, f"{path} has half a character in it.", "Write whole ones: a surrogate alone is none.")
            ]
    return []


def _is_missing(value: Any, schema: Mapping[str, Any]) -> bool:
    return value is None or (isinstance(value, str) and not value.strip() and not schema.get("x-text"))


def _make_unknown_problem(path: str, name: str, options: Mapping[str, Any], inside: str) -> Problem:
    shortened = str(name)[:60]
    inner_path = _join_path(path, shortened)
    if not options:
        return Problem(inner_path, f"There is no option {inner_path}.", "It takes no options.")
    similar = inside or _find_similar(shortened, options)
    guess = f"Did you mean {_join_path(path, similar)}? " if similar else ""
    return Problem(inner_path, f"There is no option {inner_path}.", f"{guess}Allowed: {', '.join(options)}.")


def _find_inside(name: str, options: Mapping[str, Any]) -> str:
    """Where an option of this name is, if it is one of another's, such as guests.tags."""
    return next((f"{outer}.{name}" for outer, option in options.items() if name in option.get("properties", {})), "")


def _make_choice_problem(path: str, value: Any, choices: Sequence[Any]) -> Problem:
    similar = _find_similar(str(value), [str(choice) for choice in choices])
    guess = f"Did you mean {similar}? " if similar else ""
    allowed = ", ".join(str(choice) for choice in choices)
    return Problem(path, f"{path} can't be {str(value)[:60]!r}.", f"{guess}Allowed: {allowed}.")


def _find_similar(text: str, words: Iterable[str]) -> str | None:
    """The word that may have been meant, in whichever case it was written."""
    by_lower = {word.lower(): word for word in words}
    similar = get_close_matches(text.lower(), list(by_lower), n=1, cutoff=0.65)
    return by_lower[similar[0]] if similar else None


def _check_text(path: str, value: str, *, has_lines: bool) -> list[Problem]:
    if not value.strip():
        return [Problem(path, f"{path} is empty.", "Leave it out, or give it a value.")]
    if len(value) > _LONGEST:
        return [Problem(path, f"{path} has {len(value)} characters.", f"At most {_LONGEST} are allowed.")]
    allowed = _LINE_CHARACTERS if has_lines else ""
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in allowed for character in value):
        hint = "Give it as text without them." if has_lines else "Give it as one line of text."
        return [Problem(path, f"{path} has control characters in it.", hint)]
    return []


def _check_form(path: str, value: str, schema: Mapping[str, Any]) -> list[Problem]:
    longest, pattern = schema.get("maxLength"), schema.get("pattern")
    if longest is not None and len(value) > longest:
        return [Problem(path, f"{path} has {len(value)} characters.", f"At most {longest} are allowed.")]
    if pattern is not None and not re.search(pattern, value):
        return [Problem(path, f"{path} can't be {value[:60]!r}.", f"It has to match {pattern}")]
    return []


def _check_range(path: str, value: float, schema: Mapping[str, Any]) -> list[Problem]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (least is not None and value < least) or (most is not None and value > most):
        return [Problem(path, f"{path} is {value}, which is out of range.", _describe_allowed(schema))]
    return []


def _describe_allowed(schema: Mapping[str, Any]) -> str:
    """Describe, as a hint, what values the schema allows."""
    if "enum" in schema:
        return f"Allowed: {', '.join(str(choice) for choice in schema['enum'])}."
    noun = _NOUNS[schema["type"]]
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"Give {noun} from {least} to {most}."
    if least is not None:
        return f"Give {noun}, at least {least}."
    if schema["type"] == "object" and schema.get("properties"):
        return f"Give an object with any of: {', '.join(schema['properties'])}."
    if schema["type"] == "array":
        return f"Give a list; each entry is {_NOUNS[schema['items']['type']]}."
    meaning = schema.get("description", "").partition(". ")[0].rstrip(".")
    return f"Give {noun}: {meaning}." if meaning else f"Give {noun}."


def has_type(kind: str, value: Any) -> bool:
    """Whether a value is of a type of JSON Schema."""
    if kind == "integer":
        whole = isinstance(value, float) and value.is_integer()
        return (isinstance(value, int) or whole) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return _get_type_name(value) == kind


def _get_type_name(value: Any) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        (str, "string"),
        ((list, tuple), "array"),
        (Mapping, "object"),
    )
    return next((name for types, name in kinds if isinstance(value, types)), type(value).__name__)


def _join_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
