# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that fill templates: values.yml, the environment's, those of the command line, one over the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playvisor.fleet.nodes import Node, Source, find_node, is_null, join_path, read_data
from playvisor.fleet.problems import Problems, suggest
from playvisor.fleet.profiles import merge_nodes
from playvisor.fleet.reading import read_file, read_text
from playvisor.fleet.shape import ANY

FILE = "values.yml"
FOLDER = "values"
SCHEMA = "values.schema.json"


def read_values(
    folder: Path, problems: Problems, *, environment: str | None, files: Sequence[Path], sets: Sequence[str]
) -> tuple[Node, list[Path]]:
    """All values as one mapping, and the files that they stand in; what is given later wins."""
    layers: list[tuple[Path, str]] = []
    if (folder / FILE).is_file():
        layers.append((folder / FILE, "values"))
    if environment is not None:
        found = _find_environment(folder, environment, problems)
        layers += [(found, f"values {environment}")] if found else []
    layers += [(file, f"values {file.name}") for file in files]
    merged = Node({}, Source("values"))
    for path, via in layers:
        node = read_file(path, problems, name=str(path), via=via)
        if node is not None and not isinstance(node.value, dict):
            problems.is_incomplete = True
            problems.add(node, "", "Values have to be a mapping of names and values.", "Write NAME: VALUE.")
        elif node is not None:
            merged = merge_nodes(merged, node, ANY)
    for text in sets:
        node = _parse_set(text, problems)
        merged = merge_nodes(merged, node, ANY) if node else merged
    _check_schema(folder / SCHEMA, merged, problems)
    return merged, [path for path, _via in layers]


def list_environments(folder: Path) -> list[str]:
    """The environments that have values."""
    return sorted(path.stem for path in (folder / FOLDER).glob("*.y*ml"))


def _find_environment(folder: Path, environment: str, problems: Problems) -> Path | None:
    known = list_environments(folder)
    if environment not in known:
        hint = suggest(environment, known) or f"Its values would stand in {folder / FOLDER / environment}.yml."
        problems.is_incomplete = True
        problems.add_at(str(folder / FOLDER), 0, 0, "", f"There is no environment {environment}.", hint)
        return None
    return next(path for path in (folder / FOLDER).glob("*.y*ml") if path.stem == environment)


def _parse_set(text: str, problems: Problems) -> Node | None:
    """The mapping that `a.b=c` stands for."""
    name, equals, value = text.partition("=")
    keys = name.split(".")
    source = Source(f"--set {name}", "--set")
    if not equals or not all(keys):
        problems.is_incomplete = True
        problems.add_at(f"--set {text}", 0, 0, "", "It is not NAME=VALUE.", "Write --set web.memory=4096.")
        return None
    # Lists, mappings and quotes are YAML; everything else is one word of it, also where YAML would see a comment.
    node = read_text(value, source, problems) if value[:1] in ("[", "{", '"', "'") else None
    node = node or Node(None if value and is_null(value) else value, source, 1, 1, is_plain=bool(value))
    for key in reversed(keys):
        node = Node({key: node}, source, 1, 1, is_dynamic=node.is_dynamic)
    return node


def _check_schema(path: Path, values: Node, problems: Problems) -> None:
    """Check the values by the schema beside them, if there is one."""
    if not path.is_file():
        return
    import jsonschema
    from referencing import Registry

    try:
        schema = json.loads(path.read_text(encoding="utf-8-sig"))
        kind: Any = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        kind.check_schema(schema)
    except json.JSONDecodeError as error:
        problems.add_at(str(path), error.lineno, error.colno, "", f"It is no JSON: {error.msg}.")
        return
    except (OSError, UnicodeDecodeError) as error:
        problems.add_at(str(path), 0, 0, "", f"It can't be read: {error}.")
        return
    except jsonschema.SchemaError as error:
        where = ".".join(map(str, error.absolute_path))
        problems.add_at(str(path), 0, 0, where, f"It is no JSON Schema: {error.message}.")
        return
    # The empty registry: a schema must not make anybody fetch another one.
    validator = kind(schema, registry=Registry())
    try:
        for wrong in validator.iter_errors(read_data(values)):
            names = [str(part) for part in wrong.absolute_path]
            node, place = values, ""
            for name in names:
                place = join_path(place, name)
                node = find_node(node, name) or node
            hint = wrong.schema.get("description", "") if isinstance(wrong.schema, dict) else ""
            # Messages of the library quote the value.
            message = "It is not as it has to be." if _is_secret(wrong.schema) else f"{wrong.message}."
            problems.add(node, place, message, hint or f"{path.name} asks for it.", at_key=True)
    except Exception as error:
        # A reference that leads nowhere, or a pattern that is none; the library has no one class for them.
        problems.add_at(
            str(path), 0, 0, "", f"It can't be used: {error}.", "References lead to parts of the same file."
        )


def _is_secret(schema: Any) -> bool:
    return isinstance(schema, dict) and bool(schema.get("writeOnly"))
