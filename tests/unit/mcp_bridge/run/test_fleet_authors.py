"""Who has changed a field of a fleet, as the history of what was observed knows it."""

from __future__ import annotations

import pytest
from observations import LAB, complete, guest, moment, write_observation

from mcp_bridge.database.open import Database
from mcp_bridge.history.changes import Attribution
from mcp_bridge.history.observation import parse_observation
from mcp_bridge.history.store import History
from mcp_bridge.run.tools.fleets import find_authors

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
