"""Help fits a narrow terminal, and speaks of commands and flags."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from mcp_bridge import catalogue
from mcp_bridge.catalogue import run_tools
from playvisor.cli import speech
from playvisor.cli.app import make_app
from playvisor.cli.command_line import find_document
from playvisor.cli.help_pages import use_whole_words
from playvisor.cli.units import format_age, format_duration, format_share, format_size

TREE = use_whole_words(get_command(make_app()))
TOOL_NAMES = {*catalogue.load(), *run_tools.TOOLS}


def list_pages(command, words=()):
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from list_pages(inner, (*words, name))


PAGES = list(list_pages(TREE))


def render(words, command):
    context = command.context_class(command, info_name=" ".join(("playvisor", *words)), terminal_width=78)
    return command.get_help(context)


@pytest.mark.parametrize(("words", "command"), PAGES, ids=[" ".join(words) or "playvisor" for words, _page in PAGES])
def test_a_page_fits_and_names_no_tools_or_modules(words, command):
    page = render(words, command)

    assert all(len(line) <= 80 or " " not in line.strip() for line in page.splitlines())
    # These are about tools as clients call them.
    if words[:1] not in (("policy",), ("mcp",), ("tools",), ("call",)):
        assert not set(re.findall(r"[a-z]+(?:_[a-z]+)+", page)) & TOOL_NAMES
    # Nothing is cut off, and all of it is words.
    assert not re.search(r"[a-z,]\.\.\.$|<(?:str|int|float|path|list)|\[\[|x>=|<=x", page, re.MULTILINE)
    assert "failure.code" not in page
    assert "expect_plan" not in page
    assert not re.search(r"\b(O|V|RV|C)\(", page)
    assert "playvisor.proxmox.pve_" not in page


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("use list_guests first", "use `playvisor guest list` first"),
        ("`get_task` shows it", "`playvisor task show` shows it"),
        ("unless force=true, which", "unless --force, which"),
        ("with force=false", "with --no-force"),
        ("within shutdown_timeout seconds", "within --shutdown-timeout seconds"),
        ("with type=lxc, a container", "with --type lxc, a container"),
        ("with type=[a, b] it", "with --type a,b it"),
        ("the file list_guests.txt", "the file list_guests.txt"),
        ("/x/list_guests", "/x/list_guests"),
        ("list_runs shows them", "`playvisor runs list` shows them"),
        ("Start it, with pve_guest_state.", "Start it, with `playvisor guest start` or `playvisor guest stop`."),
        ("with pve_storage", "with pve_storage"),
        ("(pve_ha without rule)", "(`playvisor ha add`)"),
        ("this force is strong", "this force is strong"),
        ("or set force to stop it hard", "or set --force to stop it hard"),
        ("Set name to another", "Set name to another"),
        ("retention {type: a, force: 3d} keeps", "--type a --force 3d keeps"),
        ("an object {other: a}", "an object {other: a}"),
    ],
)
def test_tools_become_commands_and_options_flags(text, spoken):
    flags = {"force": "--force", "shutdown_timeout": "--shutdown-timeout", "type": "--type"}

    assert speech.speak(text, flags) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("With O(level=node), the only node.", "With --level node, the only node."),
        ("V(guest) is that of O(vmid), O(name) or O(guests).", "guest is that of GUEST."),
        ("Not with O(force=true).", "Not with --force."),
    ],
)
def test_what_ansible_marks_is_written_for_the_command_line(text, spoken):
    assert speech.describe_option(text, {"level": "--level", "force": "--force"}) == spoken


@pytest.mark.parametrize(
    ("line", "format"),
    [
        ("runs list --json", "json"),
        ("runs list -o json", "json"),
        ("runs list --output=yaml", "yaml"),
        ("runs list -oyaml", "yaml"),
        ("runs list -o csv", None),
        ("runs export -o file.yml", None),
        ("guest exec web -- -o json", None),
        ("runs list", None),
    ],
)
def test_errors_come_in_the_document_that_was_asked_for(line, format):
    assert find_document(["playvisor", *line.split()]) == format


def test_numbers_and_ages_are_in_words():
    assert [format_size(0), format_size(1536), format_size(2 << 30)] == ["0 B", "1.5 KiB", "2.0 GiB"]
    assert [format_share(0), format_share(0.007), format_share(0.5)] == ["0 %", "0.7 %", "50 %"]
    assert [format_duration(59), format_duration(90061)] == ["59 s", "1 d 1 h"]
    ages = [(0, "now"), (5, "5 s ago"), (3 * 3600, "3 h ago"), (9 * 86400, "1 w ago"), (-120, "in 2 min")]
    assert [format_age(1e9 - seconds, 1e9) for seconds, _text in ages] == [text for _seconds, text in ages]
