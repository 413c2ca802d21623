from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.snapshots import Snapshot, Tree, read_tree
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.ages import parse_age
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import digest
from ansible_collections.playvisor.proxmox.plugins.modules.pve_snapshot import Snapshots, check_options, find_expired

VM = Guest(101, "web-01", "pve1", "qemu", "running")
CT = Guest(201, "db-01", "pve1", "lxc", "running")
DAY = 86400
NOW = 100 * DAY
OPTIONS = {
    "state": "present",
    "snapname": "new",
    "description": None,
    "vmstate": False,
    "start": False,
    "retention": None,
}

ENTRIES = [
    {"name": "child", "parent": "base", "description": "", "snaptime": NOW - DAY, "vmstate": 1},
    {"name": "current", "description": "You are here!", "digest": "48e9", "running": 1, "parent": "child"},
    {"name": "base", "description": "the base\n", "snaptime": NOW - 3 * DAY, "vmstate": 0},
]


def tree(*snapshots, guest=VM, running=True):
    known = {snapshot.name: snapshot for snapshot in snapshots}
    return Tree(guest, known, snapshots[-1].name if snapshots else None, running, NOW)


def plan(observed, **options):
    return Snapshots().plan(observed, {**OPTIONS, **options})


def requests(made):
    return [(step.method, step.path.removeprefix("/nodes/pve1/"), step.params) for step in made.steps]


BASE = Snapshot("base", None, "the base", False, NOW - 3 * DAY)
CHILD = Snapshot("child", "base", "", True, NOW - DAY)


def test_the_list_of_the_api_becomes_a_tree_in_which_current_is_the_guest():
    assert read_tree(VM, ENTRIES, NOW) == Tree(
        VM, {"child": CHILD, "base": BASE}, "child", True, NOW, config_digest="48e9"
    )


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, [("POST", "qemu/101/snapshot", {"snapname": "new"})]),
        (
            {"description": "why", "vmstate": True},
            [("POST", "qemu/101/snapshot", {"snapname": "new", "description": "why", "vmstate": 1})],
        ),
        ({"snapname": "base"}, []),
        ({"snapname": "base", "description": "the base"}, []),
        *(({"snapname": "base", "description": text}, []) for text in ("the base\n", "the base \r\n")),
        (
            {"snapname": "base", "description": "other"},
            [("PUT", "qemu/101/snapshot/base/config", {"description": "other"})],
        ),
        ({"snapname": "base", "description": ""}, [("PUT", "qemu/101/snapshot/base/config", {"description": ""})]),
        ({"state": "absent", "snapname": "base"}, [("DELETE", "qemu/101/snapshot/base", {})]),
        ({"state": "absent"}, []),
        ({"state": "rolled_back", "snapname": "base"}, [("POST", "qemu/101/snapshot/base/rollback", {})]),
        (
            {"state": "rolled_back", "snapname": "base", "start": True},
            [("POST", "qemu/101/snapshot/base/rollback", {"start": 1})],
        ),
    ],
)
def test_a_state_is_reached_by_these_requests(options, steps):
    assert requests(plan(tree(BASE, CHILD), **options)) == steps


def test_a_new_snapshot_hangs_on_the_one_that_the_guest_is_at():
    after = plan(tree(BASE, CHILD), vmstate=True).after

    assert after["current"] == "new"
    assert after["snapshots"][-1] == {"name": "new", "parent": "child", "description": "", "vmstate": True}


def test_the_plan_is_bound_to_the_configuration_that_was_read():
    assert plan(read_tree(VM, ENTRIES, NOW), state="rolled_back", snapname="base").config_digest == "48e9"


def test_nothing_is_saved_of_the_memory_of_a_guest_that_does_not_run():
    after = plan(tree(running=False), vmstate=True).after

    assert after["snapshots"] == [{"name": "new", "parent": None, "description": "", "vmstate": False}]


def test_deleting_one_hangs_its_children_on_its_parent():
    made = plan(tree(BASE, CHILD, Snapshot("leaf", "child")), state="absent", snapname="child")

    assert made.after["current"] == "leaf"
    assert [(s["name"], s["parent"]) for s in made.after["snapshots"]] == [("base", None), ("leaf", "base")]


def test_deleting_the_newest_leaves_the_guest_at_its_parent():
    assert plan(tree(BASE, CHILD), state="absent", snapname="child").after["current"] == "base"


def test_applied_plans_need_no_more_steps():
    for options in ({"description": "x"}, {"state": "absent", "snapname": "base"}):
        made = plan(tree(BASE, CHILD), **options)
        reached = Tree(
            VM,
            {s["name"]: Snapshot(s["name"], s["parent"], s["description"]) for s in made.after["snapshots"]},
            made.after["current"],
            True,
            NOW,
        )
        assert plan(reached, **options).steps == ()


@pytest.mark.parametrize(
    ("retention", "names"),
    [
        ({"keep": 2}, ["auto-1"]),
        ({"keep": 0}, ["auto-1", "auto-2", "auto-3"]),
        ({"keep": 9}, []),
        ({"max_age": "36h"}, ["auto-1", "auto-2"]),
        ({"max_age": "36h", "keep": 2}, ["auto-1"]),
        ({"max_age": "4w", "keep": 0}, []),
    ],
)
def test_retention_deletes_only_what_matches_and_nothing_keeps(retention, names):
    observed = tree(
        Snapshot("precious", snaptime=0),
        Snapshot("auto-1", snaptime=NOW - 3 * DAY),
        Snapshot("auto-3", snaptime=NOW - DAY),
        Snapshot("auto-2", snaptime=NOW - 2 * DAY),
    )

    assert find_expired(observed, {"names": "auto-*", "keep": None, "max_age": None, **retention}) == names


def test_the_new_snapshot_counts_among_the_kept_ones():
    observed = tree(Snapshot("auto-1", snaptime=NOW - 2 * DAY), Snapshot("auto-2", snaptime=NOW - DAY))

    made = plan(observed, snapname="auto-3", retention={"names": "auto-*", "keep": 2, "max_age": None})

    assert [step.method for step in made.steps] == ["POST", "DELETE"]
    assert made.steps[1].path.endswith("/snapshot/auto-1")


def test_the_new_snapshot_is_the_newest_whatever_the_clocks_say():
    ahead = tree(Snapshot("auto-1", snaptime=NOW + DAY), Snapshot("auto-2", "auto-1", snaptime=NOW + DAY))

    made = plan(ahead, snapname="auto-3", retention={"names": "auto-*", "keep": 2, "max_age": None})

    assert [request[:2] for request in requests(made)[1:]] == [("DELETE", "qemu/101/snapshot/auto-1")]


def test_snapshots_of_one_second_are_as_old_as_they_stand_upon_each_other():
    hasty = tree(Snapshot("z", snaptime=NOW), Snapshot("m", "z", snaptime=NOW), Snapshot("a", "m", snaptime=NOW))

    assert find_expired(hasty, {"names": "*", "keep": 1, "max_age": None}) == ["z", "m"]


def test_the_snapshot_that_is_asked_for_is_not_pruned():
    retention = {"names": "*", "keep": 0, "max_age": None}

    made = plan(tree(BASE, CHILD), snapname="base", retention=retention)

    assert [request[:2] for request in requests(made)] == [("DELETE", "qemu/101/snapshot/child")]


@pytest.mark.parametrize(
    ("observed", "options", "code"),
    [
        (tree(), {"state": "rolled_back"}, errors.NOT_FOUND),
        (tree(guest=CT), {"vmstate": True}, errors.UNSUPPORTED),
        (tree(guest=Guest(900, "debian", "pve1", "qemu", "stopped", template=True)), {}, errors.UNSUPPORTED),
    ],
)
def test_what_can_not_be_done_says_why(observed, options, code):
    with pytest.raises(errors.PveError) as caught:
        plan(observed, **options)

    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"snapname": "current"},
        {"snapname": "Pending"},
        {"snapname": "x"},
        {"snapname": "1abc"},
        {"snapname": "a" * 41},
        {"snapname": "with space"},
        {"retention": {"names": "*", "keep": None, "max_age": None}},
        {"retention": {"names": "*", "keep": -1, "max_age": None}},
        {"retention": {"names": "*", "keep": None, "max_age": "two weeks"}},
    ],
)
def test_bad_options_are_refused_before_anything_is_read(options):
    with pytest.raises(errors.PveError) as caught:
        check_options({**OPTIONS, **options})

    assert caught.value.code == errors.INVALID_PARAMETER


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("36h", 129600), ("2d", 2 * DAY), ("2w", 14 * DAY)])
def test_an_age_is_a_number_and_a_unit(text, seconds):
    assert parse_age(text) == seconds


OTHER = Snapshot("other", "child", "", False, NOW)


@pytest.mark.parametrize(
    ("options", "observed", "stands"),
    [
        pytest.param({"state": "absent", "snapname": "child"}, tree(CHILD, OTHER), True, id="another one was deleted"),
        pytest.param({"state": "absent", "snapname": "child"}, tree(BASE, CHILD, OTHER), True, id="one was taken"),
        pytest.param(
            {"state": "absent", "snapname": "child"},
            tree(BASE, replace(CHILD, snaptime=NOW)),
            False,
            id="it was taken anew",
        ),
        pytest.param(
            {"state": "absent", "snapname": "child"},
            tree(BASE, replace(CHILD, description="keep!")),
            False,
            id="it is described otherwise",
        ),
        pytest.param({"snapname": "new"}, tree(CHILD), True, id="another one was deleted before it is taken"),
        pytest.param(
            {"snapname": "new", "vmstate": True}, tree(BASE, CHILD, running=False), False, id="it was stopped"
        ),
        pytest.param({"state": "rolled_back", "snapname": "base"}, tree(BASE), False, id="a rollback is of all"),
    ],
)
def test_a_plan_stands_while_what_it_was_made_from_does(options, observed, stands):
    first, second = (plan(one, **options) for one in (tree(BASE, CHILD), observed))

    assert (digest([first]) == digest([second])) is stands
