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
    nodes += _parse_resources(plugins, nodes)
    documentation = load_yaml(literals["DOCUMENTATION"])
    options: dict[str, dict[str, Any]] = {}
    for fragment in documentation.get("extends_documentation_fragment", ()):
        options.update(_read_fragment(plugins, fragment).get("options") or {})
    for option, own in (documentation.get("options") or {}).items():
        # Keys that a module gives for an option of a fragment replace those keys only.
        options[option] = {**options.get(option, {}), **own}
    options = _mark_secrets(options, _find_secret_names(nodes))
    return ModuleDocs(module, options, load_yaml(literals["RETURN"]) or {}, _find_constraints(nodes))


def _parse(path: Path) -> list[ast.AST]:
    """Everything that stands in a Python file."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _parse_resources(plugins: Path, nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Everything in the files with the argument spec of a module, where that is not in its own file."""
    folder = "module_utils._resources."
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    files = [plugins / f"{name.replace('.', '/')}.py" for name in names if name.startswith(folder)]
    return [node for file in files for node in _parse(file)]


def _find_constraints(nodes: Iterable[ast.AST]) -> dict[str, Any]:
    """What a module hands to its argument spec beside the options, where it makes its module object, or as C(RULES)."""
    pairs: list[tuple[str | None, ast.expr]] = []
    for node in nodes:
        match node:
            case ast.Call(keywords=keywords) if any(keyword.arg == "argument_spec" for keyword in keywords):
                pairs += [(keyword.arg, keyword.value) for keyword in keywords]
            case ast.AnnAssign(target=ast.Name(id="RULES"), value=ast.Dict(keys=keys, values=values)):
                names = (str(key.value) if isinstance(key, ast.Constant) else None for key in keys)
                pairs += zip(names, values, strict=True)
    return {name: ast.literal_eval(value) for name, value in pairs if name in _CONSTRAINTS}


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
