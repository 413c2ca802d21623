# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that fill templates: values.yml, the environment's, those of the command line, one over the other."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playvisor.fleet.disk import DISK, Disk
from playvisor.fleet.nodes import Node, Source, find_node, is_encodable, is_null, join_path, read_data
from playvisor.fleet.problems import Problems, suggest
from playvisor.fleet.profiles import merge_nodes
from playvisor.fleet.reading import read_file, read_text
from playvisor.fleet.shape import ANY

FILES = ("values.yml", "values.yaml")
FOLDER = "values"
SCHEMA = "values.schema.json"
_MOST_BYTES = 32 * 2**20
_LONGEST_SECONDS = 10
# What a schema says in words that name keys, and no values.
_NAMING_KEYS = ("additionalProperties", "dependentRequired", "required", "unevaluatedProperties", "const")


def read_values(
    folder: Path,
    problems: Problems,
    *,
    environment: str | None,
    files: Sequence[Path],
    sets: Sequence[str],
    disk: Disk = DISK,
) -> tuple[Node, list[Path]]:
    """All values as one mapping, and the files that they stand in; what is given later wins."""
    layers: list[tuple[Path, str]] = []
    own = [folder / name for name in FILES if disk.exists(folder / name)]
    layers += [(file, "values") for file in _require_one(own, problems)]
    if environment is not None:
        layers += [
            (file, f"values {environment}")
            for file in _require_one(_find_environment(folder, environment, problems, disk), problems)
        ]
    layers += [(file, f"values {file.name}") for file in files]
    merged = Node({}, Source("values"))
    for path, via in layers:
        node = read_file(path, problems, name=str(path), via=via, disk=disk)
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


def is_yaml(path: Path) -> bool:
    """Whether a file is called as YAML files are."""
    return path.suffix.lower() in (".yml", ".yaml")


def list_environments(folder: Path, disk: Disk = DISK) -> list[str]:
    """The environments that have values."""
    return sorted({path.stem for path in _list_layers(folder, disk)})


def _list_layers(folder: Path, disk: Disk) -> list[Path]:
    found = disk.list_folder(folder / FOLDER)
    return sorted(path for path in found if is_yaml(path) and not path.name.startswith("."))


def _find_environment(folder: Path, environment: str, problems: Problems, disk: Disk) -> list[Path]:
    known = list_environments(folder, disk)
    if environment not in known:
        hint = suggest(environment, known) or f"Its values would stand in {folder / FOLDER / environment}.yml."
        problems.is_incomplete = True
        problems.add_at(str(folder / FOLDER), 0, 0, "", f"There is no environment {environment or '``'}.", hint)
    return [path for path in _list_layers(folder, disk) if path.stem == environment]


def _require_one(files: list[Path], problems: Problems) -> list[Path]:
    """The files, of which there may be one."""
    if len(files) > 1:
        problems.add_at(str(files[1]), 0, 0, "", f"There is {files[0].name}, too.", "Keep one of them.")
    return files


def _parse_set(text: str, problems: Problems) -> Node | None:
    """The mapping that `a.b=c` stands for."""
    name, equals, value = text.partition("=")
    keys = name.split(".")
    source = Source(f"--set {name}", "--set")
    if not equals or not all(keys):
        problems.is_incomplete = True
        problems.add_at(f"--set {text}", 0, 0, "", "It is not NAME=VALUE.", "Write --set web.memory=4096.")
        return None
    if not is_encodable(text):
        problems.is_incomplete = True
        shown = name if is_encodable(name) else "?"
        problems.add_at(f"--set {shown}", 0, 0, "", "It is not UTF-8.", "Write it in UTF-8, or give it in a file.")
        return None
    # Lists, mappings and quotes are YAML; everything else is one word of it, also where YAML would see a comment.
    node = read_text(value, source, problems) if value[:1] in ("[", "{", '"', "'") else None
    node = node or Node(None if value and is_null(value) else value, source, 1, 1, is_plain=bool(value))
    for key in reversed(keys):
        node = Node({key: node}, source, 1, 1, is_dynamic=node.is_dynamic)
    return node


def _check_schema(path: Path, values: Node, problems: Problems) -> None:
    """Check the values by the schema beside them, if there is one."""
    schema = _read_schema(path, problems) if os.path.lexists(path) else None
    if schema is None:
        return
    import jsonschema
    from referencing import Registry

    try:
        with stop_after(_LONGEST_SECONDS):
            kind: Any = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
            kind.check_schema(schema)
            # The empty registry: a schema must not make anybody fetch another one.
            for wrong in kind(schema, registry=Registry()).iter_errors(read_data(values)):
                _refuse_value(wrong, values, path, problems)
    except jsonschema.SchemaError as error:
        where = ".".join(map(str, error.absolute_path))
        problems.add_at(str(path), 0, 0, where, f"It is no JSON Schema: {error.message}.", "See json-schema.org.")
    except TookTooLongError:
        message = f"To check the values by it takes more than {_LONGEST_SECONDS} s."
        problems.add_at(str(path), 0, 0, "", message, "Simplify its patterns and references.")
    except RecursionError:
        problems.add_at(str(path), 0, 0, "", "It can't be used: it leads to itself.", "Let references lead to parts.")
    except Exception as error:
        # A reference that leads nowhere, or a pattern that is none; the library has no one class for them.
        problems.add_at(
            str(path), 0, 0, "", f"It can't be used: {error}.", "References lead to parts of the same file."
        )


def _read_schema(path: Path, problems: Problems) -> dict[str, Any] | bool | None:
    """The schema in a file; None when there is none, which is a problem."""
    message, line, column = 'It has to be a mapping, as {"type": "object"} is.', 1, 1
    try:
        with path.open("rb") as file:
            schema = json.loads(file.read(_MOST_BYTES).decode("utf-8-sig"))
        if isinstance(schema, dict | bool):
            return schema
    except json.JSONDecodeError as error:
        message, line, column = f"It is no JSON: {error.msg}.", error.lineno, error.colno
    except UnicodeDecodeError:
        message, line = "It is not UTF-8.", 0
    except OSError as error:
        message, line = f"It can't be read: {error.strerror}.", 0
    except RecursionError:
        message = "Values are nested too deep."
    problems.add_at(str(path), line, column, "", message, "Write a JSON Schema, or remove it.")
    return None


def _refuse_value(wrong: Any, values: Node, path: Path, problems: Problems) -> None:
    """Note a value that is not as the schema says. It is not quoted: it may be a secret."""
    node, place = values, ""
    for name in map(str, wrong.absolute_path):
        place = join_path(place, name)
        node = find_node(node, name) or node
    quoted = repr(wrong.instance)
    if quoted in wrong.message:
        message = f"{wrong.message.replace(quoted, 'it', 1)}."
    else:
        message = f"{wrong.message}." if wrong.validator in _NAMING_KEYS else "it is not as it has to be."
    hint = wrong.schema.get("description", "") if isinstance(wrong.schema, dict) else ""
    message = f"{message[:1].upper()}{message[1:]}"
    problems.add(node, place, message, str(hint) or f"{path.name} asks for it.", at_key=True)


class TookTooLongError(Exception):
    """Something took longer than it may."""


@contextmanager
def stop_after(seconds: int) -> Iterator[None]:
    """Raise TookTooLongError in what takes longer, also inside of one regular expression. Only in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: Any) -> None:
        raise TookTooLongError

    former = signal.signal(signal.SIGALRM, stop)
    before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, former)
