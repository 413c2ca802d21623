"""What a fleet would change, as people read it at 80 columns and in a merge request."""

from __future__ import annotations

import pytest

from playvisor.cli.rendering.fleets import (
    WAVES,
    describe_applied,
    lay_out_conflicts,
    lay_out_outcome,
    lay_out_plan,
    write_markdown,
)
from plugins.module_utils._fleet.units import WAVES as MODULES_WAVES


def change(path, before, after, consequence="live", **more):
    return {"path": path, "before": before, "after": after, "consequence": consequence, "origin": "wish", **more}


WEB = {
    "path": "guests.web-01",
    "vmid": 101,
    "node": "pve1",
    "wave": 4,
    "changed": True,
    "before": {"config": {"exists": True}},
    "after": {"config": {"exists": True}},
    "changes": [
        change("guests.web-01.cores", 2, 4, "pending"),
        change("guests.web-01.disks.scsi0.size", 8, 16),
        change("guests.web-01.disks.scsi1", {"size": 4}, None, "loses_data"),
        change("guests.web-01.description", "x" * 50, "y" * 50),
    ],
}
NEW = {
    "path": "guests.web-02",
    "wave": 3,
    "changed": True,
    "before": {"config": {"exists": False}},
    "after": {"config": {"exists": True}},
    # Before, it was not there.
    "changes": [change("guests.web-02.cores", None, 4), change("guests.web-02.state", False, "running")],
}
GONE = {**NEW, "path": "pools.old", "wave": 1, "before": {"config": {"exists": True}}, "changes": []}
GONE["after"] = {"config": {"exists": False}}
SAME = {"path": "pools.prod", "wave": None, "changed": False, "changes": []}
CONFLICT = {"path": "guests.web-01.memory", "desired": 2048, "observed": 4096, "last": 2048, "policy": "fail"}
BY = {"source": "task", "user": "root@pam", "at": "2026-11-30T10:00:00Z", "upid": "UPID:pve1:1"}


def write(lines):
    return [line.text for line in lines]


def test_the_waves_are_those_of_the_module():
    assert WAVES == MODULES_WAVES


def test_a_plan_is_shown_in_its_waves_with_what_each_change_means():
    lines = write(lay_out_plan([SAME, WEB, NEW, GONE], 80))

    assert lines == [
        "",
        "Wave 2, pools: 1 object",
        "  - pools.old",
        "",
        "Wave 4, guests: 1 object",
        "  + guests.web-02",
        "      cores  4",
        "      state  running",
        "",
        "Wave 5, configuration: 1 object",
        "  ~ guests.web-01  101 on pve1",
        "      cores             2 → 4                                at its next restart",
        "      disks.scsi0.size  8 → 16                               live",
        "      disks.scsi1       size=4 → nothing                     LOSES DATA",
        f"      description       {'x' * 50} → {'y' * 50}",
        "                        live",
    ]
    assert max(len(line) for line in lines[:-2]) <= 80


def test_a_conflict_names_who_and_when():
    told = " ".join(write(lay_out_conflicts([{**CONFLICT, "by": BY, "place": "fleet.yml:7:5"}])))
    outside = {"source": "outside", "at": "2026-11-30T10:00:00Z", "not_before": "2026-11-30T09:00:00Z"}

    assert "declared 2048, is 4096, was applied 2048 (the plan fails)" in told
    assert "declared in fleet.yml:7:5" in told
    assert "changed by root@pam, " in told
    assert "UPID:pve1:1" in told
    assert "changed outside, by no task, after" in " ".join(write(lay_out_conflicts([{**CONFLICT, "by": outside}])))
    assert "who did it is not known" in " ".join(write(lay_out_conflicts([CONFLICT])))


def test_what_was_not_done_is_named_with_the_reason():
    failed = {"path": "guests.a", "failure": {"message": "It broke.", "hint": "Mend it."}}
    skipped = {"path": "guests.b", "skipped": "guests.a failed: It broke."}

    assert write(lay_out_outcome([SAME, failed, skipped])) == [
        "",
        "Not done",
        "  ! guests.a: It broke.",
        "      Mend it.",
        "  · guests.b: skipped, guests.a failed: It broke.",
    ]
    assert lay_out_outcome([SAME]) == []


BROKEN = {**WEB, "failure": {"message": "Its agent did not answer."}}
FAILED = {**SAME, "path": "guests.a", "failure": {"message": "It broke."}}
HELD = {**SAME, "path": "guests.b", "skipped": "1 of the guests before it did not come back: guests.web-01"}


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([NEW, WEB, GONE, SAME], "Applied: 1 new, 1 changed, 1 removed of 4 objects."),
        # What was changed and did not pass its gate was changed.
        ([BROKEN], "Applied: 1 changed of 1 object; 1 of them is not finished: guests.web-01."),
        (
            [NEW, BROKEN, FAILED, HELD, HELD],
            "Applied: 1 new, 1 changed of 5 objects; 1 of them is not finished: guests.web-01; "
            "1 object failed unchanged; 2 objects were skipped.",
        ),
        (
            [BROKEN] * 5,
            "Applied: 5 changed of 5 objects; 5 of them are not finished: guests.web-01, guests.web-01, "
            "guests.web-01 and 2 more.",
        ),
        ([FAILED, HELD], "Nothing was changed; 1 object failed unchanged; 1 object was skipped."),
    ],
    ids=["all", "a gate", "some of each", "many", "nothing"],
)
def test_the_end_of_an_apply_says_what_was_changed_and_what_is_not_finished(objects, said):
    assert describe_applied(objects) == said


def test_what_was_begun_is_not_told_as_untouched():
    assert write(lay_out_outcome([BROKEN], is_applied=True))[2] == (
        "  ! guests.web-01: begun, and failed: Its agent did not answer."
    )
    # A plan has begun nothing.
    assert write(lay_out_outcome([BROKEN]))[2] == "  ! guests.web-01: Its agent did not answer."


def test_markdown_is_a_table_in_which_nothing_is_markup():
    hostile = {**WEB, "changes": [change("guests.web-01.description", "a|b", "<img> *x* `y`\n# z")]}

    text = write_markdown("Fleet shop", [hostile, SAME], [CONFLICT], ["Careful."])

    assert text.splitlines() == [
        "### Fleet shop",
        "",
        "1 changed of 2 objects.",
        "",
        "| object | field | change | consequence |",
        "| --- | --- | --- | --- |",
        "| \\~ guests.web-01 | description | a\\|b → \\<img\\> \\*x\\* \\`y\\` \\# z | live |",
        "",
        "#### Conflicts",
        "",
        "- guests.web-01.memory: declared 2048, is 4096, was applied 2048; who did it is not known here: "
        "\\`playvisor history sync\\` before and after shows it",
        "",
        "> Careful.",
    ]


def test_what_needs_a_stop_is_said_below_why_it_was_not_done():
    failure = {"message": "Guest 101 is running.", "hint": "Stop it first."}
    changes = [{**change("guests.web-01.state", False, True), "consequence": "needs_stop"}]

    lines = write(lay_out_outcome([{**WEB, "changed": False, "failure": failure, "changes": changes}]))

    assert lines[-2:] == ["      Stop it first.", "      state  needs a stop"]
