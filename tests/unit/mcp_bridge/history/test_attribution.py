"""Who made a change: runs of ours, tasks, or somebody outside; where it is not certain, that is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcp_bridge.history.attribution import Attributor, describe_who
from mcp_bridge.history.changes import Attribution, Change, FieldChange
from mcp_bridge.history.deeds import SentWrite, TaskEnd, make_deeds
from mcp_bridge.history.effects import can_change

# The cluster was looked at at 12:00 and at 12:05.
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LOOKED = NOON + timedelta(minutes=5)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def task(type_: str, id_: object, user: str = "root@pam", begin: float = 1, end: float | None = 2, status: str = "OK"):
    upid = f"UPID:pve1:0000AAAA:00BBBBBB:{int(at(begin).timestamp()):08X}:{type_}:{id_}:{user}:"
    return TaskEnd(upid, None if end is None else at(end), None if end is None else status)


def write(method: str, path: str, minutes: float = 1, run: str = "run-1", **more: Any) -> SentWrite:
    return SentWrite(run, "alice", at(minutes), at(minutes + 0.1), method, path, **more)


def change(*paths: str, kind: str = "guest", key: str = "101", what: str = "changed", values=(1, 2)) -> Change:
    fields = tuple(FieldChange(path, *values) for path in paths)
    outside = Attribution("outside", None, None, None, NOON, LOOKED)
    return Change(kind, key, f"name-{key}", "pve1", what, fields, outside)


def attribute(changed: Change, tasks=(), writes=()) -> Attribution:
    return Attributor(make_deeds(tasks, writes)).attribute(changed)


CONFIG = task("qmconfig", 101, "bob@pve")
RESIZE = task("resize", 101, "eve@pve", 2, 3)


@pytest.mark.parametrize(
    ("changed", "tasks", "writes", "source", "user"),
    [
        # A task of the guest that can have done it.
        (change("config.cores"), [CONFIG], [], "task", "bob@pve"),
        (change("overview.node", values=("pve1", "pve2")), [task("qmigrate", 101)], [], "task", "root@pam"),
        (change("overview.status", values=("stopped", "running")), [task("vzstart", 101)], [], "task", "root@pam"),
        (change("snapshots.new", values=(None, {})), [task("qmsnapshot", 101)], [], "task", "root@pam"),
        (change("config.scsi0", "overview.maxdisk"), [RESIZE], [], "task", "eve@pve"),
        (change(what="gone"), [task("qmdestroy", 101)], [], "task", "root@pam"),
        (change(what="appeared"), [task("qmcreate", 101)], [], "task", "root@pam"),
        # A clone names the guest that it copies; no other guest is its source.
        (change(what="appeared"), [task("qmclone", 900)], [], "task", "root@pam"),
        (change(what="appeared"), [task("qmclone", 101)], [], "outside", None),
        # Tasks about all guests of a node.
        (change("overview.status", values=("running", "stopped")), [task("stopall", "")], [], "task", "root@pam"),
        (change("overview.status", values=("running", "paused")), [task("qmpause", 101)], [], "task", "root@pam"),
        (change("overview.status", values=("paused", "running")), [task("qmresume", 101)], [], "task", "root@pam"),
        # A disk of one guest becomes one of another.
        (change("config.scsi0"), [task("qmmove", "101-scsi0>102-scsi3")], [], "task", "root@pam"),
        (change("config.scsi3", key="102"), [task("qmmove", "101-scsi0>102-scsi3")], [], "task", "root@pam"),
        (change("config.scsi3", key="103"), [task("qmmove", "101-scsi0>102-scsi3")], [], "outside", None),
        # One that still runs, and one of a type that nobody knows.
        (change("overview.lock"), [task("vzdump", 101, end=None)], [], "task", "root@pam"),
        (change("config.cores"), [task("qmwhatever", 101)], [], "task", "root@pam"),
        # Not of another guest, nor of another time, nor what can't do it.
        (change("config.cores"), [task("qmconfig", 102)], [], "outside", None),
        (change("config.cores"), [task("qmconfig", 101, begin=-9, end=-8)], [], "outside", None),
        (change("config.cores"), [task("qmconfig", 101, begin=6, end=7)], [], "outside", None),
        (change("config.cores"), [task("qmstart", 101)], [], "outside", None),
        (change("config.cores"), [task("vncproxy", 101)], [], "outside", None),
        (change("overview.status", values=("stopped", "running")), [task("qmstop", 101)], [], "outside", None),
        (change("snapshots.old", values=({}, None)), [task("qmsnapshot", 101)], [], "outside", None),
        (change("overview.tags"), [], [], "outside", None),
        # The overview is up to 10 s old: what ended right before a look shows in the next one.
        (change("overview.name"), [task("qmconfig", 101, begin=-1, end=-0.1)], [], "task", "root@pam"),
        (change("config.name"), [task("qmconfig", 101, begin=-1, end=-0.1)], [], "outside", None),
        # That only counts where nothing in the interval does; so does a task that failed.
        (change("overview.name"), [CONFIG, task("qmconfig", 101, begin=-1, end=-0.1)], [], "task", "bob@pve"),
        (change("config.cores"), [CONFIG, task("qmconfig", 101, "x@pve", status="it broke")], [], "task", "bob@pve"),
        (change("overview.node"), [task("qmigrate", 101, status="it broke")], [], "task", "root@pam"),
        # Two that may have done it, or one that explains a part only: said so.
        (change("config.scsi0"), [CONFIG, RESIZE], [], "several", "bob@pve, eve@pve"),
        (change("config.cores", "firewall.rules"), [CONFIG], [], "several", "bob@pve"),
        # Our runs: by the task that they started, or by a request that starts none.
        (change("config.cores"), [CONFIG], [write("POST", "/x", upid=CONFIG.upid)], "run", "alice"),
        (change("config.cores"), [], [write("PUT", "/nodes/pve1/lxc/101/config")], "run", "alice"),
        (change("firewall.rules"), [], [write("POST", "/nodes/pve1/qemu/101/firewall/rules")], "run", "alice"),
        (change("config.cores"), [], [write("POST", "/nodes/pve1/qemu/101/firewall/rules")], "outside", None),
        (change("config.cores"), [], [write("PUT", "/nodes/pve1/lxc/102/config")], "outside", None),
        (change("overview.pool"), [], [write("PUT", "/pools/prod")], "run", "alice"),
        (change("config.cores"), [], [write("PUT", "/pools/prod")], "outside", None),
        (change("overview.hastate"), [], [write("DELETE", "/cluster/ha/resources/vm:101")], "run", "alice"),
        (change("overview.hastate"), [], [write("DELETE", "/cluster/ha/resources/vm:102")], "outside", None),
        (change("config.a", "config.b"), [], [write("PUT", "/nodes/a/qemu/101/config")] * 2, "run", "alice"),
        (change("config.a"), [CONFIG], [write("PUT", "/nodes/a/lxc/101/config")], "several", "alice, bob@pve"),
        # Other kinds, by the place of the request.
        (change("x", kind="pool", key="prod"), [], [write("PUT", "/pools/prod")], "run", "alice"),
        (change("x", kind="pool", key="test"), [], [write("PUT", "/pools/prod")], "outside", None),
        (change(what="appeared", kind="pool", key="new"), [], [write("POST", "/pools")], "run", "alice"),
        (change("x", kind="storage", key="nas"), [], [write("PUT", "/storage/nas")], "run", "alice"),
        (change("x", kind="firewall", key="cluster"), [], [write("PUT", "/cluster/firewall/options")], "run", "alice"),
        (change("x", kind="firewall", key="node/a"), [], [write("PUT", "/nodes/a/firewall/options")], "run", "alice"),
        (
            change("x", kind="firewall", key="group/w"),
            [],
            [write("POST", "/cluster/firewall/groups/w")],
            "run",
            "alice",
        ),
        (change("x", kind="network", key="a/vmbr0"), [], [write("PUT", "/nodes/a/network/vmbr0")], "run", "alice"),
        (change("x", kind="acl", key="/vms"), [], [write("PUT", "/access/acl")], "run", "alice"),
        (change("x", kind="volumes", key="nas"), [task("imgdel", "101@nas")], [], "task", "root@pam"),
        (change("x", kind="volumes", key="local@pve2"), [task("vzdump", 101)], [], "outside", None),
        (change("x", kind="volumes", key="local@pve1"), [task("vzdump", 101)], [], "task", "root@pam"),
    ],
)
def test_a_change_is_put_down_to_who_can_have_made_it(changed, tasks, writes, source, user):
    found = attribute(changed, tasks, writes)

    assert (found.source, found.user, found.run_id) == (source, user, "run-1" if source == "run" else found.run_id)
    assert (found.not_before, found.at) == (NOON, LOOKED)
    assert source != "outside" or (found.run_id, found.upid) == (None, None)


def test_copies_that_a_run_of_ours_made_are_those_guests_and_no_others():
    clone = task("qmclone", 900)
    made = [write("POST", "/nodes/pve1/qemu/900/clone", upid=clone.upid, makes=frozenset({"101", "103"}))]

    assert attribute(change(what="appeared"), [clone], made).source == "run"
    assert attribute(change(what="appeared", key="103"), [clone], made).source == "run"
    assert attribute(change(what="appeared", key="102"), [clone], made).source == "outside"


def test_a_task_of_ours_counts_before_the_cluster_lists_it():
    assert attribute(change("config.cores"), [], [write("POST", "/x", upid=CONFIG.upid)]).source == "run"


MOVE = change("overview.node", values=("pve1", "pve2"))
STOP = change("overview.status", values=("running", "stopped"))
WAKE = change("overview.status", "config.vmstate", "config.runningmachine", values=("stopped", "running"))


@pytest.mark.parametrize(
    ("changed", "tasks", "source", "sentence"),
    [
        (MOVE, [task("hamigrate", 101, "bob@pve"), task("qmigrate", 101, begin=1.3)], "task", "bob@pve (hamigrate)"),
        (
            MOVE,
            [task("hamigrate", 101, "bob@pve", -0.2, -0.1), task("qmigrate", 101, begin=0.1)],
            "task",
            "bob@pve (qmigrate)",
        ),
        (MOVE, [task("qmigrate", 101)], "task", "root@pam (qmigrate)"),
        (STOP, [task("hastop", 101, "bob@pve"), task("qmshutdown", 101, begin=1.3)], "task", "bob@pve (hastop)"),
        (STOP, [task("stopall", "", "bob@pve"), task("qmshutdown", 101, "bob@pve", 1.1)], "task", "bob@pve (stopall)"),
        (WAKE, [task("qmstart", 101)], "task", "root@pam (qmstart)"),
        # Not by another, not too late, not of another guest, and not what was not asked for.
        (
            MOVE,
            [task("hamigrate", 101, "bob@pve"), task("qmigrate", 101, "eve@pve", 1.3)],
            "several",
            "not certain: bob@pve (hamigrate) or eve@pve (qmigrate)",
        ),
        (
            MOVE,
            [task("hamigrate", 101, "bob@pve"), task("qmigrate", 101, begin=2.5, end=3)],
            "several",
            "not certain: bob@pve (hamigrate) or root@pam (qmigrate)",
        ),
        (MOVE, [task("hamigrate", 102, "bob@pve"), task("qmigrate", 101, begin=1.3)], "task", "root@pam (qmigrate)"),
        (MOVE, [task("hastart", 101, "bob@pve"), task("qmigrate", 101, begin=1.3)], "task", "root@pam (qmigrate)"),
        (
            STOP,
            [task("stopall", "", "bob@pve"), task("qmstop", 101, "eve@pve", 1.1)],
            "several",
            "not certain: eve@pve (qmstop) or bob@pve (stopall)",
        ),
    ],
)
def test_what_was_done_for_somebody_is_put_down_to_who_asked(changed, tasks, source, sentence):
    found = attribute(changed, tasks)

    assert found.source == source
    assert describe_who(changed.fields, found) == sentence


def test_what_the_ha_manager_does_for_a_run_of_ours_is_that_runs():
    asked, done = task("hamigrate", 101), task("qmigrate", 101, begin=1.3)

    found = attribute(MOVE, [asked, done], [write("POST", "/nodes/pve1/qemu/101/migrate", upid=asked.upid)])

    assert (found.source, found.run_id, found.user) == ("run", "run-1", "alice")
    assert set(found.upid.split()) == {asked.upid, done.upid}


@pytest.mark.parametrize(
    ("changed", "tasks", "unread", "source"),
    [
        (change("config.cores"), [], {None}, "unseen"),
        (change("config.cores"), [], {"pve1"}, "unseen"),
        (change("config.cores"), [], {"pve9"}, "outside"),
        (change("overview.node", values=("pve9", "pve1")), [], {"pve9"}, "unseen"),
        (change("config.cores"), [CONFIG], {None}, "task"),
        # What leaves no task anyway.
        (change("x", kind="pool", key="prod"), [], {None}, "outside"),
    ],
)
def test_where_tasks_could_not_be_read_it_is_not_said_that_there_is_none(changed, tasks, unread, source):
    found = Attributor(make_deeds(tasks, []), unread).attribute(changed)

    assert found.source == source
    assert ("not all tasks" in describe_who(changed.fields, found)) == (source == "unseen")


def test_all_tasks_that_may_have_done_it_are_named():
    found = attribute(change("config.scsi0"), [CONFIG, RESIZE])

    assert found.upid == f"{CONFIG.upid} {RESIZE.upid}"


@pytest.mark.parametrize(
    ("changed", "tasks", "writes", "sentence"),
    [
        (change("config.cores"), [CONFIG], [], "bob@pve (qmconfig)"),
        (change("config.cores"), [], [write("PUT", "/nodes/a/lxc/101/config")], "alice (run run-1)"),
        (change("config.scsi0"), [CONFIG, RESIZE], [], "not certain: bob@pve (qmconfig) or eve@pve (resize)"),
        (
            change("config.cores", "firewall.rules"),
            [CONFIG],
            [],
            "bob@pve (qmconfig): config.cores; outside, no task: firewall.rules",
        ),
        (change("config.cores"), [], [], "outside, no task"),
        (
            change("config.cores"),
            [CONFIG],
            [write("PUT", "/nodes/a/lxc/101/config")],
            "not certain: bob@pve (qmconfig) or run run-1",
        ),
        (change("x", kind="volumes", key="local"), [task("imgdel", "9@local")], [], "root@pam (imgdel)"),
    ],
)
def test_who_it_was_is_said_in_a_few_words(changed, tasks, writes, sentence):
    assert describe_who(changed.fields, attribute(changed, tasks, writes)) == sentence


SETS_MEMORY = write("PUT", "/nodes/a/qemu/101/config", options={"memory": {"6144"}, "scsi1": {None}, "digest": {"5a"}})


@pytest.mark.parametrize(
    ("path", "value", "is_ours"),
    [
        ("config.memory", "6144", True),
        ("config.memory", 6144, True),
        ("pending.memory.pending", "6144", True),
        ("pending.memory", {"value": "4096", "pending": "6144"}, True),
        ("pending.memory.value", "2048", True),
        ("pending.memory", None, True),
        ("overview.maxmem", 6144 << 20, True),
        # Somebody else has set it since, or set something else.
        ("config.memory", "8192", False),
        ("config.memory", None, False),
        ("pending.memory.pending", "8192", False),
        ("pending.memory", {"value": "4096", "pending": "8192"}, False),
        ("config.cores", "3", False),
        ("overview.tags", "web", False),
        # What Proxmox VE changes with it, or writes in its own way.
        ("config.scsi1", None, True),
        ("config.unused0", "local-lvm:vm-101-disk-1", True),
        ("overview.maxdisk", 0, True),
    ],
)
def test_a_request_of_ours_changed_what_it_set_and_nothing_else(path, value, is_ours):
    found = attribute(change(path, values=(4096, value)), [], [SETS_MEMORY])

    assert found.source == ("run" if is_ours else "outside")


def test_of_several_runs_the_one_counts_that_set_what_there_is():
    place, renamed = "/nodes/a/qemu/101/config", change("config.description", values=("", "third"))
    runs = [
        write("PUT", place, run=f"run-{text}", options={"description": {text}}) for text in ("first", "third", "last")
    ]
    twice = [write("PUT", place, run=f"run-{number}", options={"description": {"third"}}) for number in (1, 2)]

    assert attribute(renamed, [], runs).run_id == "run-third"
    assert attribute(renamed, [CONFIG], runs).source == "several"
    assert describe_who(renamed.fields, attribute(renamed, [], twice)) == "not certain: several runs of alice"


def test_of_one_change_each_field_has_who_changed_it():
    both = change("config.cores", "config.memory", values=("4096", "6144"))
    found = attribute(both, [], [SETS_MEMORY])

    assert found.source == "several"
    assert {path: found.get_doer(path).source for path in ("config.cores", "config.memory")} == {
        "config.cores": "outside",
        "config.memory": "run",
    }
    assert describe_who(both.fields, found) == "outside, no task: config.cores; alice (run run-1): config.memory"


@pytest.mark.parametrize(
    ("type_", "path", "can"),
    [
        ("qmconfig", "config.net0", True),
        ("qmconfig", "configured", False),
        ("vzstart", "pending.cores", True),
        ("qmmove", "config.efidisk0", True),
        ("qmmove", "config.scsihw", False),
        ("qmrollback", "config.cores", True),
    ],
)
def test_each_type_of_task_changes_some_fields(type_, path, can):
    assert can_change(type_, path, 1, 2) is can
