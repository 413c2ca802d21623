"""Who has changed a field of a fleet, as the history of what was observed knows it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from observations import LAB, complete, guest, moment, write_observation

from mcp_bridge.database.open import Database
from mcp_bridge.history.changes import Attribution, Change, FieldChange
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.store import History
from mcp_bridge.run.tools.fleet_authors import Trace, _Finder, find_authors, list_traces

WEB = {"path": "guests.web-01", "vmid": 101}
UPID = "UPID:pve1:1"
BY_TASK = Attribution("task", None, UPID, "root@pam", moment(0), moment(60))
OUTSIDE = Attribution("outside", None, None, None, moment(60), moment(120))


@pytest.fixture
def history(tmp_path):
    """The memory of guest 101 was changed by a task, and its description later by nobody knows whom."""
    history = History(Database(tmp_path))
    configs = (
        {"memory": "2048", "description": "x", "scsi0": "local:1,size=8G"},
        {"memory": "4096", "description": "x", "scsi0": "local:1,size=16G"},
        {"memory": "4096", "description": "y", "scsi0": "local:1,size=16G"},
    )
    for number, (config, author) in enumerate(zip(configs, (BY_TASK, BY_TASK, OUTSIDE), strict=True)):
        lines = [guest(101, config=config), complete()]
        file = write_observation(tmp_path / f"{number}.jsonl", number * 60, lines)
        history.ingest(parse_observation(file), lambda _change, author=author: author)
    return history


@pytest.mark.parametrize(
    ("field", "by"),
    [
        ("memory", {"source": "task", "user": "root@pam", "upid": UPID}),
        ("disks.scsi0.size", {"source": "task", "user": "root@pam", "upid": UPID}),
        ("description", {"source": "outside"}),
        ("cores", None),
    ],
)
def test_the_one_who_changed_it_last_is_named_with_when_and_by_which_task(history, field, by):
    (told,) = find_authors(history, LAB, WEB, [{"path": f"guests.web-01.{field}"}])

    facts = {name: value for name, value in told.get("by", {}).items() if name not in ("at", "not_before")}
    assert facts == (by or {})
    assert ("at" in told.get("by", {})) == (by is not None)


def test_of_another_guest_or_cluster_nothing_is_said(history):
    change = {"path": "guests.web-01.memory"}

    assert find_authors(history, LAB, {**WEB, "vmid": 102}, [change]) == [change]
    assert find_authors(history, "other", WEB, [change]) == [change]


@pytest.mark.parametrize(
    ("row", "field", "traces"),
    [
        ("pools.shop", "comment", [("pool", "shop", "config.comment")]),
        ("pools.shop", "vmids", [("pool", "shop", "members")]),
        ("storages.extra", "config.content", [("storage", "extra", "config.content")]),
        ("storages.extra", "retention", [("storage", "extra", "config.prune-backups")]),
        ("backup_jobs.nightly", "repeat_missed", [("backup_job", "nightly", "config.repeat-missed")]),
        ("backup_jobs.nightly", "state", [("backup_job", "nightly", None)]),
        ("ha_rules.apart", "guests", [("ha_rule", "apart", "config.resources")]),
        ("firewall.cluster", "options.policy_in", [("firewall", "cluster", "firewall.options.policy_in")]),
        ("firewall.cluster", "aliases", [("firewall", "cluster", "firewall.aliases")]),
        ("firewall.cluster", "groups", [("firewall", "group/web", None)]),
        ("firewall.nodes.pve1", "rules", [("firewall", "node/pve1", "firewall.rules")]),
        ("firewall.groups.Web", "rules", [("firewall", "group/web", "firewall.rules")]),
        ("access.roles.Shop", "privileges", [("role", "Shop", "config.privs")]),
        ('access.users."al.ice@pve"', "comment", [("user", "al.ice@pve", "config.comment")]),
        ('access.acls."/vms/101 al@pve"', "roles", [("acl", "/vms/101 al@pve *", "config.roles")]),
        ("guests.web-01", "ha.max_restart", [("ha_resource", "vm:101", "config.max_restart")]),
        ("guests.web-01", "firewall.rules", [("guest", "101", "firewall.rules")]),
        ("guests.web-01", "cloudinit.user", [("guest", "101", "config.ciuser")]),
    ],
)
def test_each_field_is_looked_for_where_the_history_has_it(row, field, traces):
    lists = {"last": [{"name": "web"}, {"name": "db"}], "observed": [{"name": "db"}]}
    found = list_traces({**WEB, "path": row}, {"path": f"{row}.{field}", **lists})

    assert [(one.kind, one.key) for one in found] == [(kind, key) for kind, key, _path in traces]
    assert [path is None or path in one.paths for one, (*_rest, path) in zip(found, traces, strict=True)] == [True]
    assert [not one.paths for one in found] == [path is None for *_rest, path in traces]


OWN = SimpleNamespace(upids=["UPID:pve1:1:1:6567A000:qmconfig:101:us@pve:"], closed_at="1970-01-01T00:01:10+00:00")
THEIRS = "UPID:pve1:1:2:6567A000:qmconfig:101:eve@pve:"
SNAPSHOT = "UPID:pve1:1:3:6567A000:qmsnapshot:101:bob@pve:"


@pytest.mark.parametrize(
    ("found", "is_fresh", "by"),
    [
        # The fleet's own run, and what left no task after it.
        (Attribution("run", "own", OWN.upids[0], "us", moment(60), moment(120)), True, ("outside", None)),
        (Attribution("run", "own", OWN.upids[0], "us", moment(60), moment(120)), False, None),
        # One task after that run, in the same interval.
        (
            Attribution("several", "own", f"{OWN.upids[0]} {THEIRS}", "us, eve", None, moment(9)),
            False,
            ("task", "eve@pve"),
        ),
        # A snapshot changes no memory.
        (Attribution("several", None, f"{THEIRS} {SNAPSHOT}", "eve, bob", None, moment(9)), True, ("task", "eve@pve")),
        (Attribution("several", None, f"{THEIRS} {THEIRS}2", "eve", None, moment(9)), True, ("several", "eve@pve")),
        # A run that is not the fleet's.
        (Attribution("run", "other", None, "alice", None, moment(9)), True, ("run", "alice")),
    ],
)
def test_the_apply_itself_is_never_who_changed_something_since(found, is_fresh, by):
    fields = (FieldChange("config.memory", "2048", "4096"),)
    history = SimpleNamespace(
        find_objects=lambda *_place: [SimpleNamespace(id=1, key="101")],
        list_changes=lambda **_which: [Change("guest", "101", "web-01", "pve1", "changed", fields, found)],
    )
    finder = _Finder(history, LAB, {"own": OWN}.get, is_fresh=is_fresh)

    told = finder.name({"path": "guests.web-01.memory"}, [Trace("guest", "101", frozenset({"config.memory"}))]).get(
        "by"
    )

    assert (told and (told["source"], told.get("user"))) == by
