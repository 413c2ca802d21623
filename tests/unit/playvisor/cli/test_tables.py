"""Tables for people: what is shown, in which form, and what is left out where there is little room."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import yaml

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.result import Failure, Plan, Result
from playvisor.cli import console, results
from playvisor.cli.output import Output
from playvisor.cli.rendering.columns import parse_columns, read_path
from playvisor.cli.rendering.differences import describe_differences
from playvisor.cli.rendering.layout import wrap
from playvisor.cli.rendering.tables import Facts, Table, choose_columns, list_ids, read_rows, sort_rows
from playvisor.cli.rendering.views import VIEWS, make_view

UPID = "UPID:pve1:00000416:01114F0D:6B0CF91C:vzdump:101:root@pam!playvisor:"
VOLID = "local:backup/vzdump-qemu-101-2026_11_30-04_18_36.vma.zst"
READS = [tool for tool in catalogue.list_offered() if not tool.writes]
GUESTS = [
    {"vmid": 101, "name": "web-01", "status": "running", "node": "pve1", "type": "qemu", "tags": ["prod", "web"],
     "cpus": 2, "maxmem": 2 << 30, "mem": 1 << 30, "maxdisk": 20 << 30, "uptime": 7265, "pool": "frontend",
     "template": False, "lock": None},
    {"vmid": 9000, "name": "debian-13-template-with-a-long-name", "status": "stopped", "node": "pve2", "type": "qemu",
     "tags": [], "cpus": 2, "maxmem": 2 << 30, "mem": 0, "maxdisk": 10 << 30, "uptime": 0, "pool": "", "template": True,
     "lock": None},
]  # fmt: skip
RESULTS = {
    "list_guests": {"guests": GUESTS},
    "get_guest": {
        "guests": [{**GUESTS[0], "state": "running", "config": {"memory": "2048", "net0": "virtio=BC:24,bridge=vmbr0"},
                    "current": {"cpu": 0.084, "blockstat": {"scsi0": {"rd_bytes": 1}}}}]
    },
    "list_tasks": {
        "tasks": [{"upid": UPID, "node": "pve1", "type": "vzdump", "id": "101", "user": "root@pam!playvisor",
                   "status": "stopped", "exitstatus": "OK", "starttime": 1796012316, "endtime": 1796012321}]
    },
    "list_backups": {
        "storage": [{"storage": "local", "node": "pve1"}],
        "volumes": [{"volid": VOLID, "storage": "local", "node": "pve1", "size": 1789571358, "vmid": 101,
                     "ctime": 1796012316, "notes": "before the upgrade of everything", "protected": True}],
    },
    "cluster_log": {
        "messages": [{"time": 1796012321, "node": "pve1", "user": "root@pam!playvisor", "severity": "info",
                      "message": f"end task {UPID}: OK"}]
    },
    "list_snapshots": {
        "guests": [{**GUESTS[0], "snapshots": [{"name": "before", "parent": None, "description": "a {{ b }}",
                                                "vmstate": False, "snaptime": 1796012311}]}]
    },
}  # fmt: skip


@pytest.fixture
def show(capsys, monkeypatch):
    """`show(tool, width, output)`: what is printed of a result, as (stdout, stderr)."""
    console.get_stdout.cache_clear()
    console.get_stderr.cache_clear()

    def run(tool, width=None, output=Output(), **data):  # noqa: B008
        if width is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(width))
        result = Result(run_id="", tool=tool, status="ok", summary="Done.", **(data or RESULTS[tool]))
        results.print_result(result, output)
        return capsys.readouterr()

    yield run
    console.get_stdout.cache_clear()
    console.get_stderr.cache_clear()


@pytest.mark.parametrize("tool", READS, ids=lambda tool: tool.name)
def test_every_read_tool_has_a_view_of_what_its_module_returns(tool):
    returned = tool.output_schema["properties"]

    assert tool.name in VIEWS
    assert any(isinstance(section, (Table, Facts)) for section in VIEWS[tool.name])
    for section in VIEWS[tool.name]:
        assert section.source.split("/")[0] in returned


def test_the_views_are_those_of_tools():
    assert set(VIEWS) <= {*catalogue.load(), "list_runs"}


@pytest.mark.parametrize("name", VIEWS)
def test_columns_are_named_once_and_written_in_a_known_way(name):
    for section in VIEWS[name]:
        if isinstance(section, Table):
            names = [column.name for column in section.all_columns]
            assert len(set(names)) == len(names)
        if isinstance(section, (Table, Facts)):
            for column in parse_columns(section.columns):
                column.format({"x": 1}, 0.0)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("tool", RESULTS)
def test_no_word_is_broken_at_any_width(show, tool, width):
    words = set(show(tool, 1000).out.split())
    printed = show(tool, width).out
    # In little room a time is its age only, and texts below a row have a name.
    others = re.compile(r"\d+|s|min|h|d|w|y|ago|in|─+|[a-z ]+:")

    assert [word for word in printed.split() if word not in words and not others.fullmatch(word)] == []
    longest = max(map(len, printed.split())) + 4
    assert max(map(len, printed.splitlines())) <= max(width, longest)


@pytest.mark.parametrize("width", [40, 80, 120, None])
def test_ids_are_whole_at_any_width(show, width):
    assert UPID in show("list_tasks", width).out
    assert VOLID in show("list_backups", width).out
    assert UPID in show("cluster_log", width).out
    assert "9000" in show("list_guests", width).out


def test_one_long_name_takes_no_column_from_the_others(show):
    short = {"vmid": 101, "name": "web-01", "status": "running", "node": "pve1", "type": "qemu", "tags": ["prod"]}
    long = short | {"vmid": 102, "name": f"{'worker-' * 6}01", "node": "a-node-with-quite-a-long-name-01"}
    printed = show("list_guests", 80, guests=[short, long]).out

    assert printed.splitlines()[0].split()[:4] == ["vmid", "name", "status", "node"]
    assert {long["name"], long["node"]} < set(printed.split())
    assert max(map(len, printed.splitlines())) <= 80


def test_what_has_no_room_is_named_and_comes_back_when_wide(show):
    narrow, wide = show("list_guests", 60), show("list_guests", 60, Output("wide"))

    assert "Left out: " in narrow.err
    assert "-o wide" in narrow.err
    assert "frontend" not in narrow.out
    assert "frontend" in wide.out
    assert "Left out" not in wide.err


def test_nothing_is_left_out_of_a_pipe(show):
    assert "frontend" in show("list_guests").out


def test_sizes_times_and_shares_are_for_people(show):
    guests, tasks = show("list_guests").out, show("list_tasks").out

    assert "2.0 GiB" in guests
    assert "1.0 GiB (50 %)" in guests
    assert "2 h 1 min" in guests
    assert "1796012316" not in tasks
    assert "ago)" in tasks or "in " in tasks


def test_a_guest_is_shown_as_names_and_values_without_objects(show):
    shown = show("get_guest", 80).out

    assert "memory 2.0 GiB" in " ".join(shown.split())
    assert "virtio=BC:24,bridge=vmbr0" in shown
    assert "{" not in shown
    assert "blockstat" not in shown


def test_what_was_asked_for_comes_first_and_the_rest_not_at_all(show):
    shown = show("list_backups", 120).out.splitlines()

    assert shown[0].split()[:2] == ["vmid", "made"]
    assert not any(line.startswith("storage") for line in shown)


@pytest.mark.parametrize(
    ("tool", "empty", "said"),
    [("list_backups", {"volumes": [], "storage": []}, "No backups."), ("list_guests", {"guests": []}, "No guests.")],
)
def test_an_empty_list_says_so_once(show, tool, empty, said):
    assert show(tool, 80, **empty).err.splitlines() == [said]


def test_a_list_that_could_not_be_had_is_not_called_empty(show):
    failure = Failure(code="not_found", message="There is no node PVE1.", hint="Did you mean pve1?")

    printed = show("list_guests", 80, guests=[], failure=failure)

    assert "No guests" not in printed.out + printed.err
    assert "There is no node PVE1." in printed.err


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_documents_hold_the_raw_values(show, format):
    printed = show("list_backups", 80, Output(format))
    data = json.loads(printed.out) if format == "json" else yaml.safe_load(printed.out)

    assert data["volumes"][0]["size"] == 1789571358
    assert data["storage"]
    assert printed.err == ""


def test_rows_for_spreadsheets_hold_the_raw_values(show):
    rows = list(csv.DictReader(io.StringIO(show("list_guests", 80, Output("csv")).out)))

    assert [(row["vmid"], row["memory"], row["tags"], row["template"]) for row in rows] == [
        ("101", str(2 << 30), "prod,web", "false"),
        ("9000", str(2 << 30), "", "true"),
    ]


def test_columns_and_their_order_are_chosen_by_name_or_by_field(show):
    output = Output("csv", columns=("name", "maxmem", "lock"), sort="-uptime", headers=False)

    assert show("list_guests", 80, output).out.splitlines()[0] == f"web-01,{2 << 30},"


def test_names_are_what_other_commands_take(show):
    assert show("list_guests", 80, Output("name")).out.split() == [guest["name"] for guest in GUESTS]
    assert show("list_backups", 80, Output("name")).out.split() == [VOLID]
    assert show("list_tasks", 80, Output("name")).out.split() == [UPID]


@pytest.mark.parametrize("names", [("web", "web"), ("web", "")])
def test_guests_whose_names_would_not_do_are_named_by_their_ids(names):
    rows = [{"vmid": 101 + number, "name": name} for number, name in enumerate(names)]

    assert list_ids(Table("guests", "vmid name", ids="name vmid"), rows) == ["101", "102"]


def test_an_unknown_column_is_an_error_that_names_those_that_there_are():
    with pytest.raises(UsageError) as raised:
        choose_columns(Table("", "vmid name"), [{"vmid": 1, "lock": None}], ["nam"])
    assert raised.value.hint == "There are these: vmid, name, lock."


@pytest.mark.parametrize(
    ("sort", "order"), [("a", [3, 20, 100, None]), ("-a", [100, 20, 3, None])], ids=["ascending", "descending"]
)
def test_rows_are_sorted_by_raw_values_and_those_without_come_last(sort, order):
    rows = [{"a": value} for value in (20, None, 100, 3)]
    column = parse_columns("a")[0]

    assert [row["a"] for row in sort_rows(rows, column, descending=sort.startswith("-"))] == order


def test_rows_within_rows_know_which_one_they_stand_in():
    (row,) = read_rows({"guests": [{"vmid": 1, "snapshots": [{"name": "a"}]}]}, "guests/snapshots")

    assert (row["name"], read_path(row, "of.vmid")) == ("a", 1)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"state": "running"}, {"state": "stopped"}, ["running → stopped"]),
        ({"cores": 2, "memory": 2048}, {"cores": 4, "memory": 2048}, ["cores: 2 → 4"]),
        ({"memory": "4096"}, {"memory": "4100"}, ["memory: 4096 MiB → 4100 MiB"]),
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, ["+ tags: b"]),
        ({"exists": False}, {"exists": True, "comment": ""}, ["created"]),
        ({"net": {"mac": "x"}}, {"net": {"mac": "y"}}, ["net.mac: x → y"]),
        ({"rules": []}, {"rules": [{"key": "ssh", "dport": "22"}]}, ["+ rules ssh: dport=22"]),
        ({"rules": [{"key": "a", "to": "22"}]}, {"rules": [{"key": "a", "to": "2"}]}, ["rules a.to: 22 → 2"]),
        ({"rules": [{"key": "a"}, {"key": "b"}]}, {"rules": [{"key": "b"}, {"key": "a"}]}, ["rules: order b, a"]),
        (None, VOLID, [f"+ {VOLID}"]),
        ({"a": 1}, {"a": 1}, []),
    ],
)  # fmt: skip
def test_a_change_is_told_as_its_differences(before, after, lines):
    assert describe_differences(before, after) == lines


def test_a_plan_is_shown_in_full_at_any_width(show, capsys):
    step = {"method": "PUT", "path": "/nodes/pve1/qemu/101/config", "params": {"cores": 4, "digest": "d" * 40}}
    for width in (40, 80, 200):
        show("list_guests", width)
        results.show_plan([{**step, "why": "these differ: cores", "effects": ["changes"]}], ["changes"])
        printed = capsys.readouterr().out
        words = printed.split()
        for word in ("/nodes/pve1/qemu/101/config", "cores=4", f"digest={'d' * 40}", "differ:", "changes"):
            assert word in words


def test_what_was_applied_is_told_without_its_requests(show):
    guest = {"vmid": 101, "name": "web-01", "node": "pve1", "before": {"cores": 2}, "after": {"cores": 4}}
    plan = Plan(digest="d", steps=[{"method": "PUT", "path": "/x", "why": "y"}])

    assert "cores: 2 → 4" in show("resize_guest", 80, guests=[{**guest, "changed": True}], plan=plan).out
    assert "/x" not in show("resize_guest", 80, guests=[guest], plan=plan).out
    assert "/x" in show("resize_guest", 80, Output("wide"), guests=[guest], plan=plan).out


@pytest.mark.parametrize("names", [("web-01",), ("web-01", "web-02")])
def test_the_output_of_a_command_comes_first_with_the_guest_where_there_are_several(show, names):
    guests = [{"vmid": 1, "name": name, "exitcode": 0, "stdout": "6.12\nx", "changed": True} for name in names]

    first = show("exec_guest", 80, guests=guests).out.splitlines()[0]
    assert first == ("6.12" if len(names) == 1 else "web-01: 6.12")


def test_a_tool_without_a_view_shows_what_it_returned():
    sections = make_view("of_a_feature", {"things": [{"id": 1}], "sums": {"a": 1}})

    assert [section.source for section in sections] == ["things", "sums"]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a bc def", 4, ["a bc", "def"]),
        ("abcdefgh ij", 4, ["abcdefgh", "ij"]),
        ("a\nb", None, ["a", "b"]),
        ("", 4, [""]),
    ],
)
def test_lines_break_between_words(text, width, lines):
    assert wrap(text, width) == lines
