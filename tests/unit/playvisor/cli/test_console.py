"""Whatever is printed is clean, and nothing is printed past the console."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import mcp_bridge
import playvisor
from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.result import Failure, Plan, Result
from mcp_bridge.text.plain import is_clean
from playvisor.cli import console, results
from playvisor.cli.output import Output, print_data_rows, print_facts, print_table
from playvisor.cli.rendering.tables import Table as DeclaredTable

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e\u2066\u200b\U000e0041\u2028\x7f\0"
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def raw_table():
    table = Table(HOSTILE, title=HOSTILE, caption=HOSTILE)
    table.add_row(HOSTILE)
    return table


HOSTILE_TABLE = DeclaredTable("", "name state time", below="x", title=HOSTILE)
STEP = {"method": HOSTILE, "path": HOSTILE, "params": {HOSTILE: [HOSTILE]}, "why": HOSTILE}
RESULT = Result(
    run_id=f"r{HOSTILE}",
    tool=HOSTILE,
    status="failed",
    summary=HOSTILE,
    warnings=[HOSTILE],
    plan=Plan(digest=HOSTILE, steps=[STEP]),
    failure=Failure(code="x", message=HOSTILE, hint=HOSTILE, task_log=[HOSTILE]),
    guests=[
        {"name": HOSTILE, "status": HOSTILE, HOSTILE: HOSTILE, "failure": {"message": HOSTILE}, "config": {HOSTILE: 1}}
    ],
    cluster={"name": HOSTILE, HOSTILE: [HOSTILE]},
)
PRINTERS = {
    "text": lambda: console.get_stdout().print(f"a {HOSTILE} b"),
    "message": lambda: console.get_stderr().print(HOSTILE, style="dim"),
    "unwrapped": lambda: console.get_stdout().print(HOSTILE, end="", soft_wrap=True),
    "styled": lambda: console.get_stdout().print(Text.assemble((HOSTILE, "red"), HOSTILE)),
    "group": lambda: console.get_stdout().print(Group(Padding(HOSTILE, 1), Text(HOSTILE))),
    "rich table": lambda: console.get_stdout().print(raw_table()),
    "table": lambda: print_table([{"name": HOSTILE, "state": HOSTILE, "time": HOSTILE}, {"x": HOSTILE}], HOSTILE_TABLE),
    "rows for a spreadsheet": lambda: print_data_rows([{"name": HOSTILE}], HOSTILE_TABLE, Output("csv")),
    "names": lambda: print_data_rows([{"name": HOSTILE}], HOSTILE_TABLE, Output("name")),
    "facts": lambda: print_facts({HOSTILE: HOSTILE, "x": [HOSTILE], "y": {HOSTILE: HOSTILE}}, HOSTILE),
    "failure": lambda: console.print_failure(HOSTILE, HOSTILE),
    "error": lambda: console.report_error(UsageError(HOSTILE, HOSTILE), document=None),
    "error as JSON": lambda: console.report_error(PlayvisorError(HOSTILE, HOSTILE), document="json"),
    "error as YAML": lambda: console.report_error(PlayvisorError(HOSTILE, HOSTILE), document="yaml"),
    "YAML": lambda: console.print_yaml({HOSTILE: [HOSTILE]}),
    "JSON": lambda: console.print_json({HOSTILE: [HOSTILE]}),
    "result": lambda: results.show(RESULT),
    "result in full": lambda: results.show(RESULT, Output("wide")),
    "difference": lambda: results.show_diff({"before": {HOSTILE: {HOSTILE: HOSTILE}}, "after": {HOSTILE: HOSTILE}}),
}


@pytest.fixture(params=["pipe", "terminal"])
def print_by(request, monkeypatch):
    """`print_by(function)`: what it prints; on a terminal without the colours of rich itself."""

    def run(function):
        streams = [io.StringIO(), io.StringIO()]
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            stream.isatty = lambda: request.param == "terminal"
            monkeypatch.setattr(sys, name, stream)
        monkeypatch.setenv("TERM", "xterm-256color")
        for get in (console.get_stdout, console.get_stderr):
            get.cache_clear()
        function()
        return _STYLE.sub("", "".join(stream.getvalue() for stream in streams))

    yield run
    for get in (console.get_stdout, console.get_stderr):
        get.cache_clear()


@pytest.mark.parametrize("name", PRINTERS)
def test_nothing_raw_is_printed(print_by, name):
    text = print_by(PRINTERS[name])

    assert "owned" in text
    assert is_clean(text)


def test_yaml_is_the_same_data(print_by):
    text = print_by(lambda: console.print_yaml({HOSTILE: [HOSTILE, 1, "grün"]}))

    assert yaml.safe_load(text) == {HOSTILE: [HOSTILE, 1, "grün"]}


def test_json_is_the_same_data(print_by):
    text = print_by(lambda: console.print_json({HOSTILE: [HOSTILE, 1]}))

    assert json.loads(text) == {HOSTILE: [HOSTILE, 1]}


# What is printed otherwise, each of it by Playvisor itself and without a word from outside.
_OTHERWISE = {
    "mcp_bridge/__main__.py": 2,
    "mcp_bridge/mcp/http.py": 2,
    "mcp_bridge/executor/forkserver/server.py": 1,
    "mcp_bridge/history/sqlite_reader.py": 1,
    "playvisor/cli/console.py": 2,
    "playvisor/cli/sim.py": 1,
    "playvisor/cli/tokens.py": 1,
    "playvisor/cli/app.py": 1,
    "playvisor/cli/web.py": 2,
    "playvisor/web/serving.py": 1,
}


def _prints(node):
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called in ("print", "typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write", "click.echo")


def test_nobody_prints_past_the_console():
    found = {}
    for package in (mcp_bridge, playvisor):
        root = Path(package.__file__).parent
        for file in root.rglob("*.py"):
            count = sum(map(_prints, ast.walk(ast.parse(file.read_text(encoding="utf-8")))))
            if count:
                found[str(file.relative_to(root.parent))] = count

    assert found == _OTHERWISE
