"""What a vzdump call asks for."""

from __future__ import annotations

import pytest

from pve_simulator.backup.options import check_options, render_command_line, render_notes, select_guests
from pve_simulator.errors import ApiError
from pve_simulator.state.cluster import Cluster, Pool
from pve_simulator.state.guest import Guest


def cluster() -> Cluster:
    guests = {vmid: Guest(vmid, "qemu", node) for vmid, node in ((101, "pve1"), (102, "pve2"), (103, "pve1"))}
    return Cluster(guests=guests, pools={"web": Pool(vms=[101, 102])})


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({"all": True, "vmid": "101"}, {"all": "option conflicts with option 'vmid'"}),
        ({"exclude": "102", "vmid": "101"}, {"exclude": "option conflicts with option 'vmid'"}),
        ({"pool": "web", "vmid": "101"}, {"pool": "option conflicts with option 'vmid'"}),
        ({"vmid": "101", "notes-template": "a\nb"}, {"notes-template": "contains a line feed\n"}),
        (
            {"vmid": "101", "notes-template": "{{cluster}} {{vmid}} {{nope}}"},
            {"notes-template": "found unknown: variable 'nope' at char 25\n"},
        ),
        (
            {"vmid": "101", "notes-template": r"\t{{a}}{{b}}"},
            {
                "notes-template": "found unknown: escape sequence '\\t' at char 0, variable 'a' at char 6,"
                " variable 'b' at char 11\n"
            },
        ),
        ({"storage": "local"}, {"vmid": "property is missing"}),
    ],
)
def test_options_that_make_no_sense_together_are_refused(params, errors):
    with pytest.raises(ApiError) as caught:
        check_options(params, complete=True)

    assert (caught.value.status, caught.value.errors) == (400, errors)


@pytest.mark.parametrize(
    ("params", "chosen"),
    [
        ({"vmid": "103,101"}, [101, 103]),
        ({"vmid": "101,102"}, [101]),
        ({"vmid": "101,999"}, [101, 999]),
        ({"all": True}, [101, 103]),
        ({"all": True, "exclude": "101"}, [103]),
        ({"pool": "web"}, [101]),
        ({}, []),
    ],
)
def test_guests_are_chosen_by_node_and_missing_ones_fail_here(params, chosen):
    assert select_guests(cluster(), params).local("pve1") == chosen


def test_an_unknown_pool_cannot_be_chosen():
    with pytest.raises(ApiError, match="pool 'nosuch' does not exist"):
        select_guests(cluster(), {"pool": "nosuch"})


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({"vmid": "170,999", "node": "pve1"}, "vzdump 170 999 --node pve1"),
        ({"all": True, "remove": False}, "vzdump --all 1 --remove 0"),
        ({"vmid": "1", "prune-backups": "keep-last=1"}, "vzdump 1 --prune-backups 'keep-last=1'"),
        ({"vmid": "1", "exclude-path": ["/tmp/a b", "/x"]}, "vzdump 1 --exclude-path '/tmp/a b' --exclude-path /x"),
        ({"vmid": "1", "notes-template": "it's {{vmid}}"}, r"vzdump 1 --notes-template 'it'\''s {{vmid}}'"),
        ({"vmid": "1", "schedule": "daily", "comment": "c", "enabled": True}, "vzdump 1"),
    ],
)
def test_the_log_shows_the_call_as_a_command(params, line):
    assert render_command_line(params) == line


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{guestname}} on {{node}} ({{vmid}})", "db on pve1 (101)"),
        (r"a\nb\\c", "a\nb\\c"),
        ("{{cluster}}", "standalone node"),
    ],
)
def test_notes_are_filled_in(template, text):
    assert render_notes(template, Guest(101, "qemu", "pve1", {"name": "db"}), Cluster()) == text
