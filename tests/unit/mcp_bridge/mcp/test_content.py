"""What a model gets: the same facts as text and as structured content, each once."""

from __future__ import annotations

import json

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.hints import render_hint
from mcp_bridge.mcp.content import View, make_content, make_view
from mcp_bridge.mcp.rendering import render
from mcp_bridge.mcp.tools import make_call_result, split_page_options
from mcp_bridge.result import Failure, Plan, Result

LIST = catalogue.load()["list_guests"]
STEP = {"vmid": 101, "method": "PUT", "path": "/x", "params": {"memory": 4}, "task": False, "why": "it differs"}


def make_result(**facts):
    return Result(**{"run_id": "r", "tool": "t", "status": "ok", "summary": "s", **facts})


def list_leaves(value, path=()):
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in list_leaves(item, (*path, name))]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [leaf for item in value for leaf in list_leaves(item, path)]
    return [(path, value)]


def make_row(**facts):
    return {"vmid": 101, "name": "web-01", "upids": [], "failure": None, **facts}


EVERYTHING = make_result(
    status="held",
    summary="It is held.",
    changed=False,
    plan=Plan(id="p-1", expires_at="2026-11-30T05:00:00Z", digest="d" * 64, steps=[STEP], effects=["changes"]),
    diff={"before": {"101 web-01": {"a": {"b": 1}}}, "after": {"101 web-01": {"a": {"b": 2}}}},
    failure=Failure(code="approval_required", message="It is held.", hint="Approve it."),
    warnings=["careful"],
    guests=[
        make_row(
            before={"exists": True, "options": {"enable": False, "policy_in": "ACCEPT"}},
            after={"exists": True, "options": {"enable": True, "policy_in": "DROP"}},
            pending={"memory": {"now": "2048", "next": "8192"}},
        )
    ],
)


def test_text_says_every_fact_of_the_structured_content():
    content = make_content(EVERYTHING)
    text = render(content)

    for path, value in list_leaves({name: item for name, item in content.items() if name != "tool"}):
        said = json.dumps(value) if isinstance(value, bool) else ",".join(value) if isinstance(value, list) else value
        assert path == ("changed",) or str(said) in text, path
    assert "{}" not in text
    assert "before.options.enable=false" in text
    assert "pending.memory.next=8192" in text
    assert "plan: id=p-1 expires_at=2026-11-30T05:00:00Z" in text


def test_structured_content_says_a_fact_once():
    content = make_call_result(EVERYTHING).structured_content

    assert "diff" not in content
    assert content["guests"] == [
        {
            "vmid": 101,
            "name": "web-01",
            "pending": {"memory": {"now": "2048", "next": "8192"}},
            "before": {"options": {"enable": False, "policy_in": "ACCEPT"}},
            "after": {"options": {"enable": True, "policy_in": "DROP"}},
        }
    ]
    assert content["plan"]["steps"] == [{name: STEP[name] for name in ("method", "path", "params", "why")}]
    assert content["failure"] == {"code": "approval_required", "message": "It is held.", "hint": "Approve it."}
    assert "null" not in json.dumps(content)


def test_what_holds_a_plan_is_no_error_and_its_sentence_comes_first():
    result = make_call_result(EVERYTHING)

    assert not result.is_error
    assert result.content[0].text.splitlines()[:2] == ["It is held.", "status: held"]


def test_a_guest_of_which_nothing_changes_shows_how_it_is():
    same = {"state": "stopped"}
    (row,) = make_content(make_result(guests=[make_row(before=same, after=same, changed=False)]))["guests"]

    assert row == {"vmid": 101, "name": "web-01", "changed": False, "after": {"state": "stopped"}}


def test_a_failure_is_told_once():
    failure = {"code": "task_failed", "message": "Task stop of 101 failed.", "hint": "Look.", "task_log": ["a", "b"]}
    result = make_result(
        status="failed",
        summary="Task stop of 101 failed.",
        failure=Failure(**failure),
        guests=[make_row(failure=failure), make_row(vmid=102, failure={"code": "timeout", "message": "Too long."})],
    )
    text = render(make_content(result))

    assert [text.count(part) for part in ("Task stop of 101 failed.", "log: a", "Look.", "Too long.")] == [1, 1, 1, 1]


def test_times_are_written_as_people_write_them():
    rows = [{"volid": "a", "ctime": 1796014099}, {"volid": "b", "ctime": 0, "notes": "1796014099"}]
    listed = make_content(make_result(volumes=rows))["volumes"]

    assert listed == [
        {"volid": "a", "ctime": "2026-11-30T04:48:19Z"},
        {"volid": "b", "ctime": 0, "notes": "1796014099"},
    ]


GUESTS = [
    {
        "vmid": 100 + number,
        "name": f"g{number}",
        "node": f"pve{number % 2}",
        "type": "qemu",
        "status": "running",
        "tags": ["web"] if number % 4 else ["db", "web"],
        "maxmem": 2**30,
    }
    for number in range(1000)
]


@pytest.mark.parametrize(
    ("options", "first", "shown", "following"),
    [
        ({}, 100, 100, 100),
        ({"limit": 10}, 100, 10, 10),
        ({"limit": 400, "offset": 800}, 900, 200, None),
        ({"offset": 5000}, None, 0, None),
    ],
)
def test_long_lists_come_in_pages(options, first, shown, following):
    content = make_content(make_result(guests=GUESTS), make_view(LIST, options))
    page, text = content["page"]["guests"], render(content)

    assert [row["vmid"] for row in content["guests"][:1]] == ([] if first is None else [first])
    assert (len(content["guests"]), page["total"], page.get("next_offset")) == (shown, 1000, following)
    assert text.count("name=") == shown
    assert f"of 1000{f'; offset={following} shows more' if following else ''}" in text
    assert page["by_node"] == {"pve0": 500, "pve1": 500}
    assert page["by_tags"] == {"web": 1000, "db": 250}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ([], ["vmid", "name", "node", "type", "status", "tags"]),
        (["maxmem"], ["vmid", "name", "node", "type", "status", "tags", "maxmem"]),
        (["all"], ["vmid", "name", "node", "type", "status", "tags", "maxmem"]),
    ],
)
def test_rows_have_the_fields_that_are_asked_for(fields, names):
    content = make_content(make_result(guests=GUESTS[:3]), make_view(LIST, {"fields": fields}))

    assert [list(row) for row in content["guests"]] == [names] * 3
    assert "page" not in content


def test_a_tool_that_has_no_pages_names_none():
    content = make_content(make_result(guests=GUESTS), make_view(catalogue.load()["snapshot_guest"], {}))

    assert (content["page"]["guests"]["total"], len(content["guests"])) == (1000, 100)
    assert "next_offset" not in content["page"]["guests"]
    assert "(1 to 100 of 1000)" in render(content)


def test_those_that_failed_are_on_the_first_page():
    rows = [make_row(vmid=number) for number in range(300)]
    rows[250] = make_row(vmid=250, failure={"code": "timeout", "message": "Too long."})

    assert make_content(make_result(guests=rows), View())["guests"][0]["vmid"] == 250


def test_fields_that_no_row_has_are_told():
    view = View(noun="guests", compact=("vmid",), fields=("name", "memory_used"))
    result = make_result(guests=[make_row(vmid=101)], warnings=["Node pve2 is offline."])

    offline, unknown = make_content(result, view)["warnings"]
    assert offline == "Node pve2 is offline."
    assert unknown.startswith("No row has memory_used; there are ")
    assert "warnings" not in make_content(
        make_result(guests=[make_row(vmid=101)]), View(noun="guests", fields=("all",))
    )


def test_a_plan_of_nothing_and_no_difference_are_left_out():
    result = make_result(guests=[]).model_copy(
        update={"plan": Plan(digest="4f53"), "diff": {"before": {}, "after": {}}}
    )

    assert {"plan", "diff"} & make_content(result).keys() == set()


def test_page_options_are_no_arguments_of_the_tool():
    given = {"guests": {"pool": "x"}, "limit": 5, "offset": 10, "fields": ["mem"]}

    own, page, problems = split_page_options(LIST, given)
    assert (own, page) == ({"guests": {"pool": "x"}}, {"limit": 5, "offset": 10, "fields": ["mem"]})
    assert problems == []
    # A tool with a limit of its own has no other.
    assert split_page_options(catalogue.load()["list_tasks"], {"limit": 5}) == ({"limit": 5}, {}, [])


@pytest.mark.parametrize(
    ("given", "hint"),
    [({"limit": 5000}, "from 1 to 1000"), ({"limit": "many"}, "whole number"), ({"offset": -1}, "at least 0")],
)
def test_a_page_that_can_not_be_is_told_by_its_own_option(given, hint):
    _own, _page, (problem,) = split_page_options(LIST, given)

    assert problem.path in given
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("`playvisor runs list` shows the newest ones.", "list_runs shows the newest ones."),
        ("`playvisor runs events 97ad8cb8` shows all events.", "run://97ad8cb8/events shows all events."),
        ("Look; `playvisor runs trace 97ad8cb8` shows it.", "Look; get_run of 97ad8cb8 shows it."),
        ("`playvisor guest list` shows them.", "list_guests shows them."),
        ("Put them there first (pve_ha without rule).", "Put them there first (set_guest_ha)."),
        ("Stop it first, with pve_guest_state.", "Stop it first, with stop_guest."),
        ("Look at the list of guests, as with pve_guest_info.", "Look at the list of guests, as with list_guests."),
        # What only a person can do.
        ("`playvisor approvals approve 97ad8cb8` approves it.", "`playvisor approvals approve 97ad8cb8` approves it."),
    ],
)
def test_hints_name_what_a_model_can_use(hint, said):
    assert render_hint(hint) == said


def test_what_a_guests_parts_say_again_is_left_out():
    row = make_row(status="running", current={"status": "running", "cpu": 0.5, "vmid": 101}, config={"name": "web-01"})

    assert make_content(make_result(guests=[row]))["guests"] == [
        {"vmid": 101, "name": "web-01", "status": "running", "current": {"cpu": 0.5}}
    ]


def test_snapshots_say_when_in_utc():
    row = make_row(snapshots=[{"name": "before", "snaptime": 1740000000}], snaptimes={"time": 1740000000})

    content = make_content(make_result(guests=[row]))["guests"][0]

    assert content["snapshots"] == [{"name": "before", "snaptime": "2025-02-19T21:20:00Z"}]
    assert content["snaptimes"] == {"time": "2025-02-19T21:20:00Z"}


@pytest.mark.parametrize(("status", "has_steps"), [("ok", False), ("failed", True), ("held", True)])
def test_who_applies_a_plan_by_its_id_is_not_told_its_requests_again(status, has_steps):
    result = make_result(status=status, plan=Plan(digest="d" * 64, steps=[STEP]))
    applied, called = (make_content(result, make_view(entry, {})) for entry in (run_tools.TOOLS["apply_plan"], LIST))

    assert ("steps" in applied["plan"]) == has_steps
    assert "steps" in called["plan"]


def test_what_did_not_change_says_no_nulls():
    row = make_row(
        changed=False, before={"current": None, "state": "running"}, after={"current": None, "state": "running"}
    )

    assert make_content(make_result(guests=[row]))["guests"][0]["after"] == {"state": "running"}
