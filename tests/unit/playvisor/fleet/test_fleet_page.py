"""docs/fleet.md is a walk-through that can be walked: its files, its commands, and what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mcp_bridge.errors import PlayvisorError
from playvisor.cli import command_line, console, make_commands
from playvisor.fleet.shape import read_shape

PAGE = Path(__file__).parents[4] / "docs" / "fleet.md"
TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
BLOCKS = re.compile(r"^(?:`(?P<file>[\w/.-]+)`:\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^\$ playvisor (?P<words>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
# Those that need a cluster are run by other tests.
ON_FILES = ("render", "lint", "explain", "schema")

pytestmark = pytest.mark.skipif(not TEXT, reason="there is no guide beside these tests")


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs a command in this process; returns all that it prints."""
    monkeypatch.setenv("COLUMNS", "160")

    def run_command(words: list[str]) -> str:
        for get in (console.get_stdout, console.get_stderr):
            get.cache_clear()
        try:
            make_commands(tuple(words[:2]))(words, standalone_mode=False, prog_name="playvisor")
        except PlayvisorError as error:
            console.report_error(error, document=command_line.find_document(["playvisor", *words]))
        printed = capsys.readouterr()
        return printed.out + printed.err

    yield run_command
    for get in (console.get_stdout, console.get_stderr):
        get.cache_clear()


def make_pattern(output: str) -> str:
    """What output has to look like: a line with nothing but … stands for any lines."""
    return re.escape(output).replace("…\\\n", "(?:.*\\n)*")


def test_each_command_prints_what_the_page_says(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    count = 0
    for block in BLOCKS.finditer(TEXT):
        if block["file"]:
            path = tmp_path / block["file"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
        for command in COMMANDS.finditer(block["text"]) if block["kind"] == "console" else ():
            words = shlex.split(command["words"])
            if words[0] == "fleet" and words[1] in ON_FILES:
                printed = "".join(f"{line.rstrip()}\n" for line in run(words).strip().splitlines())
                assert re.fullmatch(make_pattern(command["output"]), printed), f"{command['words']} prints\n{printed}"
                count += 1

    assert count >= 4


def test_every_section_of_a_fleet_is_listed():
    table = re.search(r"^\| key \| what it has \|\n(?:\|.*\n)+", TEXT, re.MULTILINE)[0]
    keys = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}

    assert keys == set(read_shape().options)


def test_render_prints_secrets_only_when_they_are_asked_for(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("fleet.yml").write_text("fleet: a\nguests: {w: {password: hunter2}}\n", encoding="utf-8")

    hidden = run(["fleet", "render"])

    assert "hunter2" not in hidden
    assert "Secrets are left out: guests.w.password. --show-secrets prints them." in hidden
    assert "password: hunter2" in run(["fleet", "render", "--show-secrets"])
