"""What observations come to: objects, their versions, and who made them."""

from __future__ import annotations

from pathlib import Path

import pytest
from observations import LAB, attribute_to_jo, complete, describe, guest, missing, moment, task, thing

from mcp_bridge.history.store import History
from mcp_bridge.text.redaction import Redactor

CONFIG = {"cores": "2", "smbios1": "uuid=11111111-2222-3333-4444-555555555555", "meta": "creation-qemu=9.0,ctime=17"}
OTHER = {"cores": "2", "smbios1": "uuid=99999999-2222-3333-4444-555555555555", "meta": "creation-qemu=9.0,ctime=99"}


def find_guest(history, text="101"):
    (found,) = history.find_objects(text, "guest", limit=1)
    return found


def test_what_is_there_at_the_first_look_has_not_appeared(observe, history):
    assert observe(0, guest(101, config=CONFIG), complete()) == []
    assert describe(observe(60, guest(101), guest(102, "db-01"), complete())) == ["guest 102 appeared"]

    found = find_guest(history)
    assert (found.name, found.node, found.first_seen, found.last_seen) == ("web-01", "pve1", moment(0), moment(60))
    assert found.identity["uuid"] == "11111111-2222-3333-4444-555555555555"
    assert history.list_changes(kind="guest", limit=9)[0].attribution.not_before == moment(0)


def test_sections_are_replaced_one_by_one(observe, history):
    observe(0, guest(101, config=CONFIG, snapshots=[]), complete())
    observe(60, guest(101, status="stopped"), complete())

    document = history.read_document(find_guest(history).id)

    assert document["config"] == CONFIG
    assert document["overview"]["status"] == "stopped"
    assert history.read_document(find_guest(history).id, moment(59))["overview"]["status"] == "running"
    assert history.read_document(find_guest(history).id, moment(-1)) is None


def test_where_nothing_changed_there_is_no_version(observe, history):
    for at in (0, 60, 120):
        assert observe(at, guest(101, config=CONFIG), thing("storage", "nas", type="nfs"), complete()) == []

    assert history.list_changes() == []


def test_details_that_are_read_for_the_first_time_are_no_change(observe, history):
    observe(0, guest(101), complete())

    assert observe(60, guest(101, config=CONFIG), complete()) == []

    assert history.read_document(find_guest(history).id, moment(1))["config"] == CONFIG


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"cores": "2"}, {"cores": "4"}, ["config.cores"]),
        ({"cores": "2"}, {"cores": "2", "onboot": "1"}, ["config.onboot"]),
        ({"a": "1", "b": "1"}, {"b": "2"}, ["config.a", "config.b"]),
    ],
)
def test_a_change_names_its_fields_and_who_made_it(observe, history, before, after, paths):
    observe(0, guest(101, config=before), complete())
    observe(50, guest(101), complete())

    (change,) = observe(60, guest(101, config=after), complete(), attribute=attribute_to_jo)

    assert [(each.path, each.before) for each in change.fields] == [
        (path, before.get(path.partition(".")[2])) for path in paths
    ]
    # The overview was read in between, and the configuration was not.
    assert (change.attribution.not_before, change.attribution.at) == (moment(0), moment(60))
    (listed,) = history.list_changes()
    assert (listed.fields, listed.attribution) == (change.fields, change.attribution)
    assert listed.attribution.user == "jo@pve"


def test_a_snapshot_is_named_by_its_name(observe):
    observe(0, guest(101, snapshots=[]), complete())
    taken = {"name": "before-upgrade", "description": "x"}

    assert describe(observe(9, guest(101, snapshots=[taken]), complete())) == [
        "guest 101 changed snapshots.before-upgrade"
    ]
    assert describe(observe(18, guest(101, snapshots=[taken | {"description": "y"}]), complete())) == [
        "guest 101 changed snapshots.before-upgrade.description"
    ]


def test_what_is_in_no_whole_list_is_gone(observe, history):
    observe(0, guest(101), guest(102, "db-01"), complete())

    assert describe(observe(60, guest(101), complete())) == ["guest 102 gone"]

    gone = find_guest(history, "db-01")
    assert (gone.gone_at, gone.last_seen) == (moment(60), moment(0))
    assert history.read_document(gone.id) is None
    assert history.read_document(gone.id, moment(59))["overview"]["name"] == "db-01"
    assert observe(120, guest(101), complete()) == []


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [missing()],
        [missing(key="102"), complete()],
        [missing(node="pve2"), complete()],
        [missing(node="pve2"), complete(scope="pve2")],
        [complete("storage")],
        [complete(scope="pve1")],
    ],
    ids=["nothing_said", "all_missing", "itself", "its_node", "its_node_in_part", "another_kind", "another_node"],
)
def test_what_could_not_be_read_is_not_gone(observe, history, lines):
    observe(0, guest(101), guest(102, "db-01", "pve2"), complete())

    assert observe(60, guest(101), *lines) == []

    assert find_guest(history, "db-01").gone_at is None
    assert find_guest(history, "db-01").last_seen == moment(0)


def test_what_could_not_be_seen_was_not_seen_and_so_its_change_may_be_old(observe, history):
    observe(0, thing("network", "pve1/vmbr0", mtu="1500"), complete("network", "pve1"))
    observe(60, missing("network", node="pve1"), complete("network"))
    assert find_missing(history) == moment(60)
    observe(120, missing("network", node="pve1"))

    (change,) = observe(180, thing("network", "pve1/vmbr0", mtu="9000"), complete("network", "pve1"))

    assert change.attribution.not_before == moment(0)
    assert find_missing(history) is None


def find_missing(history):
    return history.find_objects("pve1/vmbr0")[0].missing_since


def test_a_guest_that_moved_is_not_gone_from_its_node(observe):
    observe(0, guest(101, node="pve1"), complete(scope="pve1"), complete(scope="pve2"))

    changes = observe(60, guest(101, node="pve2"), complete(scope="pve1"), complete(scope="pve2"))

    assert describe(changes) == ["guest 101 changed overview.node"]


def test_a_gone_guest_that_comes_back_is_the_same_one(observe, history):
    observe(0, guest(101, config=CONFIG), complete())
    observe(60, complete())
    restored = CONFIG | {"vmgenid": "new", "cores": "4"}

    assert describe(observe(120, guest(101, config=restored), complete())) == ["guest 101 back"]

    (found,) = history.find_objects("101")
    assert (found.gone_at, found.first_seen) == (None, moment(0))
    assert history.read_document(found.id, moment(70)) is None
    assert history.read_document(found.id)["config"]["cores"] == "4"
    assert [each.what for each in history.list_changes(object_ids=[found.id])] == ["back", "gone"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"config": CONFIG}, {"config": OTHER}),
        ({"config": {"smbios1": "uuid=1"}}, {"config": {"smbios1": "uuid=2"}}),
        ({"config": CONFIG | {"vmgenid": "1"}}, {"config": CONFIG | {"smbios1": "uuid=2", "vmgenid": "2"}}),
        ({"config": CONFIG | {"vmgenid": "1"}}, {"config": OTHER | {"vmgenid": "2"}}),
        ({"type": "qemu"}, {"type": "lxc"}),
    ],
    ids=["uuid_and_ctime", "uuid", "uuid_and_vmgenid", "all", "type"],
)
@pytest.mark.parametrize("was_seen_gone", [False, True])
def test_a_vmid_that_is_used_again_is_another_guest(observe, history, before, after, was_seen_gone):
    observe(0, guest(101, **before), complete())
    changes = observe(60, complete()) if was_seen_gone else []

    changes += observe(120, guest(101, **after), complete())

    assert sorted(describe(changes)) == ["guest 101 appeared", "guest 101 gone"]
    newer, older = history.find_objects("101")
    assert (newer.gone_at, newer.first_seen) == (None, moment(120))
    assert older.gone_at == moment(60 if was_seen_gone else 120)


def test_a_guest_comes_back_also_after_another_had_its_vmid(observe, history):
    observe(0, guest(101, config=CONFIG), complete())
    observe(60, guest(101, "other", config=OTHER), complete())

    assert describe(observe(120, guest(101, config=CONFIG), complete())) == ["guest 101 gone", "guest 101 back"]

    there, other = history.find_objects("101")
    assert (there.first_seen, there.gone_at) == (moment(0), None)
    assert (other.name, other.gone_at) == ("other", moment(120))


def test_a_section_that_was_not_read_may_have_changed_long_ago(observe):
    observe(0, guest(101, config=CONFIG, snapshots=[]), complete())
    observe(60, guest(101, config=CONFIG), complete(), missing(key="101"))

    (change,) = observe(120, guest(101, config=CONFIG, snapshots=[{"name": "a"}]), complete())

    assert change.attribution.not_before == moment(0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"config": CONFIG | {"vmgenid": "1"}}, {"config": CONFIG | {"vmgenid": "2"}}),
        ({"config": CONFIG}, {"config": CONFIG | {"smbios1": "uuid=2"}}),
        ({"config": CONFIG}, {"config": CONFIG, "name": "web-02"}),
        ({"type": "lxc"}, {"type": "lxc", "name": "web-02"}),
        ({}, {"config": CONFIG}),
    ],
    ids=["rolled_back", "another_uuid", "renamed", "container_renamed", "details_read"],
)
def test_a_guest_that_was_changed_is_the_same_one(observe, history, before, after):
    observe(0, guest(101, **before), complete())

    observe(60, guest(101, **after), complete())

    (found,) = history.find_objects("101")
    assert found.gone_at is None


def test_a_container_that_was_destroyed_and_made_again_is_another_one(observe, history):
    observe(0, guest(101, type="lxc"), complete())
    destroyed, made = task(1, "vzdestroy", 101, 20, 25), task(2, "vzcreate", 101, 30, 35)

    assert describe(observe(60, guest(101, type="lxc"), complete(), destroyed, made)) == [
        "guest 101 gone",
        "guest 101 appeared",
    ]
    assert (
        describe(observe(61, guest(101, type="lxc"), complete(), task(3, "vzdestroy", 101, 60, 61)))[0]
        == "guest 101 gone"
    )
    # The lists of tasks overlap.
    assert observe(62, guest(101, type="lxc"), complete(), destroyed, made) == []


@pytest.mark.parametrize(
    ("type", "status", "what"),
    [
        ("vzcreate", "OK", "appeared"),
        ("vzcreate", "WARNINGS: 1", "appeared"),
        ("vzcreate", "failed", "back"),
        ("vzrestore", "OK", "back"),
    ],
)
def test_a_container_that_was_gone_is_new_if_it_was_created(observe, type, status, what):
    observe(0, guest(101, type="lxc"), complete())
    observe(60, complete())

    changes = observe(120, guest(101, type="lxc"), complete(), task(1, type, 101, 80, 90, status))

    assert describe(changes) == [f"guest 101 {what}"]


def test_tasks_are_kept_once_and_their_end_is_not_forgotten(observe, history, write):
    observe(0, complete(), task(1, "qmstart", 101, -5), task(2, "qmstop", 102, -9, -8))
    observe(60, complete(), task(1, "qmstart", 101, -5, 10, "WARNINGS: 2"))
    observe(60, complete(), task(1, "qmstart", 101, -5))

    (found,) = history.list_tasks(LAB, moment(-6), "101")

    assert (found.started, found.ended, found.status) == (moment(-5), moment(10), "WARNINGS: 2")
    assert len(history.list_tasks(LAB, moment(-60))) == 2


@pytest.mark.parametrize(
    ("kept", "config"),
    [
        ({"description": "see https://jo:[redacted]@wiki"}, {"description": "see https://jo:geheim@wiki"}),
        ({"description": "a?b"}, {"description": "a\0b"}),
        ({"description": "a?b"}, {"description": "a\ud800b"}),
        ({"a?b": "1"}, {"a\0b": "1"}),
        ({"description": "é漢🐘"}, {"description": "é漢🐘"}),
        ({"deep": [[[{"a": ["x"]}]]]}, {"deep": [[[{"a": ["x"]}]]]}),
        ({"share": None}, {"share": float("nan")}),
    ],
    ids=["password", "nul", "surrogate", "nul_in_name", "other_letters", "deep", "no_number"],
)
def test_what_is_kept_is_clean(observe, history, kept, config):
    observe(0, guest(101, config=config), complete())

    assert history.read_document(find_guest(history).id)["config"] == kept
    assert observe(60, guest(101, config=config), complete()) == []


def test_a_secret_of_the_settings_is_not_kept(database, write):
    history = History(database, Redactor(["geheim-123"]))
    history.ingest(write(0, guest(101, config={"description": "it is geheim-123"}), complete()), attribute_to_jo)

    (found,) = history.find_objects("101")
    assert history.read_document(found.id)["config"]["description"] == "it is [redacted]"


def test_details_are_due_the_longest_ago_first(observe, history):
    everyone = [guest(vmid, f"g{vmid}") for vmid in (101, 102, 103, 104)]
    observe(0, *everyone, complete())
    observe(60, *everyone, guest(102, "g102", config={}), guest(104, "g104", config={}), complete(), missing(key="103"))
    observe(120, *everyone, guest(104, "g104", config={}), complete(), missing(key="103"))

    assert history.due_details(LAB, 9, moment(200)) == [101, 102, 103, 104]
    assert history.due_details(LAB, 2, moment(200)) == [101, 102]
    assert history.due_details(LAB, 9, moment(120)) == [101, 102]
    assert history.count_due_details(LAB, moment(200)) == 4


def test_how_far_it_was_observed_is_kept(observe, history):
    assert history.get_cursor(LAB) is None
    observe(0, guest(101), complete())
    history.set_cursor(LAB, {"since": 5})
    observe(60, guest(101), complete())

    assert (history.get_cursor(LAB), history.find_last_observation(LAB)) == ({"since": 5}, moment(60))


def test_nothing_but_the_history_writes_its_tables():
    """Others read what it hands out, so that its promises hold."""
    root = Path(__file__).resolve().parents[4]
    names = [
        str(path.relative_to(root))
        for package in ("mcp_bridge", "playvisor")
        for path in sorted((root / package).rglob("*.py"))
        if "history_" in (text := path.read_text(encoding="utf-8")) and "database.tables import history_" in text
    ]

    assert names
    assert [name for name in names if not name.startswith("mcp_bridge/history/")] == []
