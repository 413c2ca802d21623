"""Hints are written for playbooks and the command line: a model reads the names of tools instead."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from mcp_bridge.catalogue.hints import render_hint

ROOT = Path(__file__).parents[4]
# What a model has not got.
FOREIGN = re.compile(
    r"\bpve_[a-z_]+|ansible-doc|\brun again\b|\bstate: |`playvisor (?!approvals|thaw|doctor|runs verify)"
)
MODULES = re.compile(r"\b(pve_[a-z_]+)\b|ansible-doc")
SOURCES = sorted((ROOT / "plugins" / "module_utils").rglob("*.py")) + sorted(
    (ROOT / "plugins" / "modules").glob("*.py")
)


def list_texts(path):
    """List the texts of a file that name a module, each with whether it is given as a hint."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULES.search(node.value):
            place = node
            while not isinstance(parents[place], (ast.Call, ast.keyword, ast.Assign, ast.Expr, ast.stmt, ast.Module)):
                place = parents[place]
            outer = parents[place]
            whole = parents[node] if isinstance(parents[node], ast.JoinedStr) else node
            if " " in node.value.strip() and not isinstance(outer, ast.Expr):
                yield ast.unparse(whole) if whole is not node else node.value, is_hint(outer, place)


def is_hint(outer, place):
    """Whether a text goes where a hint goes: the third argument of a failure, or what is called so."""
    if isinstance(outer, ast.Call):
        return ast.unparse(outer.func) == "PveError" and outer.args[2:3] == [place]
    if isinstance(outer, ast.keyword):
        return outer.arg == "hint"
    names = [ast.unparse(target) for target in getattr(outer, "targets", ())]
    return "hint" in names or bool({"DOCUMENTATION", "EXAMPLES", "RETURN"}.intersection(names))


def test_modules_are_named_in_hints_alone_and_a_model_reads_tools_instead():
    texts = [
        (f"{path.name}: {text}", text, hint)
        for path in SOURCES
        for text, hint in list_texts(path)
        if not text.startswith("\n")
    ]

    assert len(texts) > 10
    assert [name for name, _text, hint in texts if not hint] == []
    assert [name for name, text, _hint in texts if FOREIGN.search(render_hint(text))] == []


def test_hints_name_no_option_that_the_tool_has_not_and_no_command_of_people():
    plan = render_hint("`playvisor approvals list --all` shows the newest ones.")
    clone = render_hint("Take a snapshot and give it as snapname, or stop the container first.")
    role = render_hint("GET /access/roles/Administrator lists those that it has; names have changed.")

    assert render_hint("Stop it first, with pve_guest_state.") == "Stop it first, with stop_guest."
    assert render_hint("Start it first, as with pve_guest_state.") == "Start it first, as with start_guest."
    assert render_hint("Restart the guest, with pve_guest_state, and run again.").startswith(
        "Restart the guest, with reboot"
    )
    assert plan == "The result that made a plan has its id, as plan.id."
    assert clone == "Stop the container first."
    assert role.startswith("list_access with kinds=[roles] shows, for Administrator, those that it has")


def test_a_model_that_has_no_option_for_the_node_is_told_to_name_the_guest():
    assert render_hint("Use the vmid of the one you mean, or its node.") == "Use the vmid of the one you mean."
