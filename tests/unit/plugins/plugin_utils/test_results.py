"""A module's result as a file: plain data, and as much of it as may be kept."""

from __future__ import annotations

import json

import pytest
from ansible_collections.playvisor.proxmox.plugins.plugin_utils._results import (
    LARGEST,
    TooLargeError,
    cut_result,
    render_result,
    strip_result,
    write_result,
)

GUESTS = [{"vmid": vmid, "before": {}, "after": {"state": "x" * 60}} for vmid in range(100, 300)]
STEPS = [{"method": "POST", "path": f"/nodes/a/qemu/{vmid}/snapshot", "why": "w" * 60} for vmid in range(100, 300)]
FAILURE = {"code": "timeout", "message": "1 of 200 failed", "hint": None}
RESULT = {
    "changed": True,
    "failed": False,
    "guests": GUESTS,
    "plan": {"digest": "d", "steps": STEPS},
    "diff": {"before": {}, "after": {str(vmid): "x" * 100 for vmid in range(100, 300)}},
    "upids": ["UPID:1", "UPID:2"],
    "warnings": ["first"],
}


@pytest.mark.parametrize(
    ("result", "plain"),
    [
        ({"guests": []}, {"guests": [], "changed": False, "failed": False}),
        ({"changed": True, "failed": True}, {"changed": True, "failed": True}),
        ({"rc": 1}, {"rc": 1, "changed": False, "failed": True}),
        ({"rc": 0}, {"rc": 0, "changed": False, "failed": False}),
        ({"invocation": {"module_args": {}}, "_ansible_parsed": True}, {"changed": False, "failed": False}),
        ({"warnings": ["w", "v", "w"]}, {"warnings": ["w", "v"], "changed": False, "failed": False}),
        ({"warnings": []}, {"changed": False, "failed": False}),
    ],
)
def test_what_ansible_adds_is_left_out(result, plain):
    assert strip_result(result) == plain


def test_a_result_that_fits_is_kept_whole():
    assert json.loads(render_result(RESULT, check=False)) == RESULT


@pytest.mark.parametrize("largest", [20_000, 40_000, 60_000])
def test_an_applied_result_is_cut_to_fit_and_says_what_is_missing(largest):
    kept = json.loads(render_result(RESULT, check=False, largest=largest))

    assert largest / 2 < len(json.dumps(kept)) <= largest
    assert {name: kept[name] for name in ("changed", "failed", "upids")} == {
        "changed": True,
        "failed": False,
        "upids": ["UPID:1", "UPID:2"],
    }
    assert kept["plan"]["digest"] == "d"
    count = len(kept["guests"])
    assert 0 < count < 200
    assert kept["guests"] == GUESTS[:count]
    assert kept["warnings"][0] == "first"
    assert kept["cut"]["guests"] == [count, 200]
    assert f"guests: {count} of 200 are here, since all take more than is kept." in kept["warnings"]
    assert [warning.split(":")[0] for warning in kept["warnings"][1:]] == ["guests", "diff.after", "plan.steps"]


def test_long_texts_are_cut_before_any_entry_is_left_out():
    guests = [{"vmid": vmid, "stdout": "\u00e9" * 10_000, "exitcode": 0, "truncated": False} for vmid in (101, 102)]
    result = {"changed": True, "failed": False, "guests": guests, "plan": {"digest": "d", "steps": []}}

    kept = json.loads(render_result(result, check=False, largest=60_000))

    assert [(one["vmid"], one["exitcode"], one["truncated"]) for one in kept["guests"]] == [
        (101, 0, True),
        (102, 0, True),
    ]
    assert kept["guests"][0]["stdout"] == "\u00e9" * 4096 + "… (10000 characters)"
    assert kept["warnings"] == ["Texts of more than 4096 characters are cut, since all of them take more than is kept."]
    assert "cut" not in kept


def test_a_plan_is_kept_whole_while_other_lists_are_cut():
    kept = json.loads(render_result(RESULT, check=True, largest=40_000))

    assert kept["plan"] == RESULT["plan"]
    assert len(kept["guests"]) < 200


def test_a_plan_that_is_too_large_is_a_failure_before_anything_is_sent():
    kept = json.loads(render_result(RESULT, check=True, largest=20_000))

    assert (kept["failed"], kept["changed"], "plan" in kept) == (True, False, False)
    assert kept["failure"]["code"] == "unsupported"
    assert kept["msg"].startswith("The plan takes ")
    assert kept["msg"].endswith("Nothing was changed.")


def test_a_result_too_large_to_cut_fails_and_says_whether_it_changed_anything():
    kept = json.loads(render_result({"changed": True, "text": "x" * 20_000}, check=False, largest=10_000))

    assert (kept["failed"], kept["changed"]) == (True, True)
    assert "takes 2" in kept["msg"]
    assert "Nothing was changed" not in kept["msg"]


def test_a_failure_stays_the_one_that_it_was():
    failed = {"failed": True, "msg": "1 of 200 failed", "failure": FAILURE, "text": "x" * 20_000}

    kept = json.loads(render_result(failed, check=False, largest=10_000))

    assert (kept["msg"], kept["failure"]) == ("1 of 200 failed", FAILURE)


def test_what_has_to_be_whole_is_not_cut():
    with pytest.raises(TooLargeError):
        cut_result({"upids": ["UPID"] * 10_000}, 20_000, check=False)


def test_the_file_takes_the_place_of_a_former_one_at_once(tmp_path):
    folder = tmp_path / "results"
    for count in (1, 2):
        write_result(str(folder), "a.b.c", {"guests": GUESTS[:count]}, check=False, largest=LARGEST)

    (only,) = folder.iterdir()
    assert (only.name, only.stat().st_mode & 0o777) == ("a.b.c.json", 0o600)
    assert json.loads(only.read_text())["guests"] == GUESTS[:2]
