"""The net difference between two moments, and lists of changes."""

from __future__ import annotations

import pytest
from observations import attribute_to_jo, complete, describe, guest, moment, thing

from mcp_bridge.history.attribution import describe_who
from mcp_bridge.history.changes import diff_documents


@pytest.fixture
def busy(observe, history):
    """A guest that changes and changes back, one that comes and goes, one that appears, and one that is gone."""
    observe(0, guest(101, config={"cores": "2", "a": "1"}), guest(104, "old"), complete())
    observe(100, guest(101, config={"cores": "4", "a": "1"}), guest(102, "guest"), guest(104, "old"), complete())
    observe(200, guest(101, config={"cores": "8", "a": "2"}), guest(103, "new"), complete(), attribute=attribute_to_jo)
    observe(300, guest(101, config={"cores": "2", "a": "2"}), guest(103, "new"), complete())
    return history


@pytest.mark.parametrize(
    ("start", "end", "differing"),
    [
        (0, 300, ["guest 101 changed config.a", "guest 103 appeared", "guest 104 gone"]),
        (-50, 999, ["guest 101 changed config.a", "guest 103 appeared", "guest 104 gone"]),
        (0, 150, ["guest 101 changed config.cores", "guest 102 appeared"]),
        (
            100,
            200,
            ["guest 101 changed config.a config.cores", "guest 102 gone", "guest 103 appeared", "guest 104 gone"],
        ),
        (150, 199, []),
        (300, 400, []),
        (-50, -10, []),
    ],
)
def test_only_what_differs_in_the_end_is_told(busy, start, end, differing):
    assert describe(busy.diff(moment(start), moment(end))) == differing


def test_a_difference_says_who_made_the_last_change(busy):
    changed, appeared, gone = busy.diff(moment(0), moment(250))

    assert [(each.path, each.before, each.after) for each in changed.fields] == [
        ("config.a", "1", "2"),
        ("config.cores", "2", "8"),
    ]
    assert {each.attribution.user for each in (changed, appeared, gone)} == {"jo@pve"}


def test_a_field_that_was_changed_earlier_is_not_put_down_to_who_came_last(busy):
    changed, *_others = busy.diff(moment(0), moment(300))

    assert describe_who(changed.fields, changed.attribution) == "an earlier change"
    assert changed.attribution.source == "several"


def test_a_difference_is_of_the_wanted_objects(busy):
    (found,) = busy.find_objects("new")

    assert describe(busy.diff(moment(0), moment(300), object_ids=[found.id])) == ["guest 103 appeared"]
    assert busy.diff(moment(0), moment(300), kind="node") == []
    assert busy.diff(moment(0), moment(300), cluster="other") == []


def test_changes_come_newest_first_and_page_by_page(busy):
    everything = describe(busy.list_changes())
    pages, before = [], None
    while page := busy.list_changes(limit=2, before_id=before):
        pages += describe(page)
        before = page[-1].id

    assert everything == pages
    assert everything[0] == "guest 101 changed config.cores"
    assert len(everything) == 7
    assert describe(busy.list_changes(user="jo@pve", kind="guest")) == everything[1:5]
    assert busy.list_changes(user="jo") == busy.list_changes(user="jo@pve")
    assert busy.list_changes(user="j") == busy.list_changes(user="jo@pv") == []
    assert describe(busy.list_changes(since=moment(101), until=moment(299))) == everything[1:5]


@pytest.mark.parametrize(
    ("text", "names"),
    [("web-01", ["web-01"]), ("101", ["web-01"]), ("WEB*", ["web-01"]), ("?ew", ["new"]), ("10?", ["web-01", "new"])],
)
def test_objects_are_found_by_key_name_and_pattern(busy, text, names):
    assert [each.name for each in busy.find_objects(text) if each.gone_at is None] == names


def test_a_pattern_of_a_pattern_is_none(busy, observe):
    observe(400, guest(105, "a%b_c"), complete())

    assert [each.name for each in busy.find_objects("a%b_*")] == ["a%b_c"]
    assert busy.find_objects("w%") == busy.find_objects("web_01") == []


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, ["a.b", "a.c"]),
        ({"a": 1}, {"b": 2}, []),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),
        ({"a": [{"name": "x", "v": 1}]}, {"a": [{"name": "x", "v": 2}]}, ["a.x.v"]),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}]}, ["a.x"]),
        ({"a": [{"cidr": "10.0.0.0/8"}]}, {"a": [{"cidr": "10.0.0.0/9"}]}, ["a.10.0.0.0/8", "a.10.0.0.0/9"]),
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}, ["a"]),
        ({"a": [{"name": "x"}, {"name": "x"}]}, {"a": [{"name": "x"}]}, ["a"]),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}, {"name": "x"}]}, ["a"]),
        ({"a": None}, {"a": {"b": 1}}, ["a"]),
        ({"a": {"b": None}}, {"a": {}}, ["a.b"]),
    ],
)
def test_the_fields_that_differ_are_named(before, after, paths):
    assert [each.path for each in diff_documents(before, after)] == paths


def test_a_cluster_has_a_history_of_its_own(observe, history):
    observe(0, guest(101), complete(), cluster="a 1")
    observe(0, guest(101, "other"), thing("storage", "nas"), complete(), cluster="b 2")

    assert observe(60, complete(), cluster="b 2")[0].cluster == "b 2"
    assert [each.gone_at for each in history.find_objects("101", cluster="a 1")] == [None]
    assert history.list_clusters() == ["a 1", "b 2"]
    assert history.find_first_moment() == moment(0)
