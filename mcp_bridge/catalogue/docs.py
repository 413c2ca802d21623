# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a module's DOCUMENTATION and RETURN with its doc fragments, without importing Ansible."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mcp_bridge import collection
from mcp_bridge.text.yaml import load_yaml

_MARKUP = re.compile(r"\b(?:RV|[OVCEIBMP])\(((?:[^()\\]|\\.|\([^()]*\))*)\)")
_CONSTRAINTS = ("required_one_of", "mutually_exclusive", "required_by", "required_if")
_RESOURCES = "module_utils._resources."
_LINK = re.compile(r"\b[LR]\(([^,()]*),\s*[^()]*\)")


@dataclass(frozen=True)
class ModuleDocs:
    """The parts of a module's documentation that a tool needs, in Ansible's format."""

    name: str
    options: dict[str, dict[str, Any]]
    returns: dict[str, dict[str, Any]]
    # What the argument spec demands of several options: required_one_of, mutually_exclusive, required_by, required_if.
    constraints: dict[str, Any]


@cache
def read_module_docs(module: str) -> ModuleDocs:
    """Read the documentation of a module of the collection by its short name; options include its fragments'."""
    plugins = collection.root() / "plugins"
    nodes = _parse(plugins / "modules" / f"{module}.py")
    literals = _find_literals(nodes)
    documentation = load_yaml(literals["DOCUMENTATION"])
    options: dict[str, dict[str, Any]] = {}
    for fragment in documentation.get("extends_documentation_fragment", ()):
        options.update(_read_fragment(plugins, fragment).get("options") or {})
    for option, own in (documentation.get("options") or {}).items():
        # Keys that a module gives for an option of a fragment replace those keys only.
        options[option] = {**options.get(option, {}), **own}
    # Where a module plans by a resource that fleets use as well, that one has its argument spec.
    nodes = [*nodes, *(node for path in _list_resources(plugins, nodes) for node in _parse(path))]
    options = _mark_secrets(options, _find_secret_names(nodes))
    return ModuleDocs(module, options, load_yaml(literals["RETURN"]) or {}, _find_constraints(nodes))


def _parse(path: Path) -> list[ast.AST]:
    """Everything that stands in a Python file."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _list_resources(plugins: Path, nodes: Iterable[ast.AST]) -> list[Path]:
    """The files of the resources that a module imports."""
    imported = [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 2]
    return [plugins / f"{name.replace('.', '/')}.py" for name in imported if name.startswith(_RESOURCES)]


def _find_constraints(nodes: Iterable[ast.AST]) -> dict[str, Any]:
    """What a module hands to its argument spec beside the options: where it makes its module object, or as RULES."""
    found: dict[str, Any] = {}
    for node in nodes:
        if isinstance(node, ast.Call) and any(keyword.arg == "argument_spec" for keyword in node.keywords):
            given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in _CONSTRAINTS}
            found |= {str(name): ast.literal_eval(value) for name, value in given.items()}
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "RULES" for target in targets):
                found |= ast.literal_eval(node.value)
    return found


def _find_secret_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names of the options that the argument spec of a module declares as C(no_log)."""
    named: list[tuple[str | None, ast.expr]] = []
    for node in nodes:
        if isinstance(node, ast.Dict):
            keys = (str(key.value) if isinstance(key, ast.Constant) else None for key in node.keys)
            named += zip(keys, node.values, strict=True)
        elif isinstance(node, ast.keyword):
            named.append((node.arg, node.value))
    return {name for name, spec in named if name and _is_no_log(spec)}


def _is_no_log(spec: ast.expr) -> bool:
    return isinstance(spec, ast.Dict) and any(
        isinstance(key, ast.Constant) and key.value == "no_log" and isinstance(value, ast.Constant) and value.value
        for key, value in zip(spec.keys, spec.values, strict=True)
    )


def _mark_secrets(options: Mapping[str, dict[str, Any]], secret_names: set[str]) -> dict[str, dict[str, Any]]:
    """The options with `no_log` for the secret ones, which documentation can't say."""
    marked = {name: {**option, "no_log": True} if name in secret_names else option for name, option in options.items()}
    return {
        name: {**option, "suboptions": _mark_secrets(option["suboptions"], secret_names)}
        if option.get("suboptions")
        else option
        for name, option in marked.items()
    }


@cache
def _read_fragment(plugins: Path, name: str) -> dict[str, Any]:
    """Read a documentation fragment, named `namespace.collection.file` or `namespace.collection.file.part`."""
    file, _dummy, part = name.removeprefix(f"{collection.NAME}.").partition(".")
    literals = _find_literals(_parse(plugins / "doc_fragments" / f"{file}.py"))
    data: dict[str, Any] = load_yaml(literals[part.upper() or "DOCUMENTATION"])
    return data


def _find_literals(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Every NAME = "literal" of a Python file, at its top level or in its classes."""
    literals: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            literals.update({target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)})
    return literals


def strip_markup(description: str | list[str] | None) -> str:
    """Return a description as one paragraph, without Ansible's markup."""
    paragraphs = [description] if isinstance(description, str) else list(description or ())
    text = " ".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    text = _LINK.sub(r"\1", text)
    return _MARKUP.sub(lambda match: re.sub(r"\\(.)", r"\1", match[1]).replace("[]", ""), text)
