from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Plan, Step, describe, diff, digest

STEP = Step("POST", "/nodes/pve1/qemu/101/status/start", "it is stopped")
PLAN = Plan(
    {"vmid": 101, "name": "web-01", "node": "pve1", "type": "qemu"},
    (STEP,),
    {"state": "stopped"},
    {"state": "running"},
    config_digest="3c63",
)
NOTHING = Plan({"vmid": 102, "name": "web-02", "node": "pve1", "type": "qemu"}, (), {"state": "running"})


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, target={**PLAN.target, "vmid": 102}),
        replace(PLAN, target={**PLAN.target, "name": "web-02"}),
        replace(PLAN, target={**PLAN.target, "node": "pve2"}),
        replace(PLAN, steps=(replace(STEP, method="DELETE"),)),
        replace(PLAN, steps=(replace(STEP, path="/nodes/pve1/qemu/101/status/stop"),)),
        replace(PLAN, steps=(replace(STEP, params={"timeout": 5}),)),
        replace(PLAN, steps=(STEP, STEP)),
        replace(PLAN, before={"state": "hibernated"}),
        replace(PLAN, config_digest="4d74"),
    ],
)
def test_the_digest_changes_with_everything_that_was_approved(other):
    assert digest([other]) != digest([PLAN])


def test_the_digest_is_the_same_for_the_same_plan():
    same = Plan(dict(reversed(PLAN.target.items())), (STEP,), {"state": "stopped"}, config_digest="3c63")

    assert digest([same]) == digest([PLAN])


def test_the_wording_of_a_reason_does_not_change_the_digest():
    assert digest([replace(PLAN, steps=(replace(STEP, why="other words"),))]) == digest([PLAN])


def test_a_secret_is_sent_but_neither_shown_nor_hashed():
    step = replace(STEP, params={"cipassword": "one"}, secrets=("cipassword",))

    assert digest([replace(PLAN, steps=(step,))]) == digest(
        [replace(PLAN, steps=(replace(step, params={"cipassword": "two"}),))]
    )
    assert describe([replace(PLAN, steps=(step,))])["steps"][0]["params"] == {"cipassword": "********"}
    assert step.params == {"cipassword": "one"}


def test_targets_that_need_nothing_do_not_count():
    assert digest([NOTHING, PLAN]) == digest([PLAN])


def test_a_described_step_says_which_guest_it_is_for():
    assert describe([NOTHING, PLAN])["steps"] == [
        {
            "vmid": 101,
            "name": "web-01",
            "node": "pve1",
            "type": "qemu",
            "method": "POST",
            "path": "/nodes/pve1/qemu/101/status/start",
            "params": {},
            "task": True,
            "why": "it is stopped",
        }
    ]


def test_the_diff_shows_only_what_changes():
    assert diff([NOTHING, PLAN]) == {
        "before": {"101 web-01": {"state": "stopped"}},
        "after": {"101 web-01": {"state": "running"}},
    }


def test_the_diff_keeps_targets_that_are_no_guests_apart():
    plans = [
        Plan({"kind": kind, "id": "web"}, (STEP,), {"exists": False}, {"exists": True}) for kind in ("role", "group")
    ]

    assert set(diff(plans)["after"]) == {"role web", "group web"}


def test_of_a_plan_with_a_basis_only_that_counts_of_what_was_before():
    put = replace(STEP, method="PUT", params={"memory": 4096, "digest": "one"})
    plan = replace(PLAN, steps=(put,), basis={"memory": 2048})
    later = replace(put, params={"memory": 4096, "digest": "two"})

    assert digest([replace(plan, steps=(later,), before={}, config_digest="4d74")]) == digest([plan])
    assert digest([replace(plan, basis={"memory": 1024})]) != digest([plan])
    assert digest([replace(plan, fingerprint="another guest")]) != digest([plan])
    assert digest([replace(plan, steps=(replace(put, params={"memory": 4096}),))]) != digest([plan])
