"""The life of a fleet: planned, approved, applied, what has drifted, what it gives up; and what is recorded of it."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml

from mcp_bridge.run.recovery.interrupted import close_interrupted
from pve_simulator import Simulator, build_cluster

from .conftest import PLAYVISOR

pytestmark = pytest.mark.flow

SHOP = {
    "fleet": "shop",
    "guests": {
        "web-01": {"description": "Front page", "cloudinit": {"password": "hunter22-hunter22"}},
        "db-01": {"memory": 6144},
    },
    "pools": {"prod": {"comment": "ours"}},
}
BLOG = {"fleet": "blog", "guests": {"web-01": {"tags": ["blog"]}}}


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


@pytest.fixture
def fleets(lab):
    """What is recorded of the fleets of this cluster."""
    return lambda: lab.bridge.ledger.read_fleets(lab.bridge.authority.identify_cluster())


def test_what_a_part_of_a_plan_leaves_out_is_not_taken_for_applied(lab, simulator, fleets):
    shop = {"fleet": "shop", "guests": {"web-01": {"description": "Front page"}, "db-01": {"memory": 6144}}}
    planned = lab.ask_as_person("plan_fleet", {"fleet": shop, "only": ["guests.web-*"]})
    nothing = lab.ask_as_person("plan_fleet", {"fleet": shop, "only": ["guests.cache-*"]})
    assert [one["path"] for one in planned.data["objects"]] == ["guests.web-01"]
    assert nothing.failure.message == "Nothing in fleet shop is guests.cache-*, which only names."
    assert lab.ask_as_person("apply_plan", {"plan_id": planned.plan.id}).status == "ok"

    rest = lab.ask_as_person("plan_fleet", {"fleet": shop})

    assert [one.path for one in fleets().list_objects("shop")] == ["guests.web-01"]
    assert (rest.failure, [step["params"]["memory"] for step in rest.plan.steps]) == (None, [6144])


def without_secret(fleet):
    web = {name: value for name, value in fleet["guests"]["web-01"].items() if name != "cloudinit"}
    return {**fleet, "guests": {**fleet["guests"], "web-01": web}}


def test_a_fleet_of_an_ai_client_from_plan_to_drift(lab, simulator, fleets, ledger):
    shop = without_secret(SHOP)
    planned = lab.ask("plan_fleet", {"fleet": shop})
    before = list(lab.writes)
    lab.approve(planned)
    said = []
    applied = lab.ask("apply_plan", {"plan_id": planned.plan.id}, progress=said.append)
    again = lab.ask("plan_fleet", {"fleet": shop})

    # It is only ever planned, and applied by its id like any other plan.
    assert (planned.status, before) == ("planned", [])
    assert (applied.status, applied.changed) == ("ok", True)
    assert (again.status, again.plan.steps) == ("ok", [])
    assert "Applying: Wave 5, configuration: 2 of 2 done" in said
    (revision,) = fleets().list_revisions("shop")
    assert (revision.run_id, revision.outcome) == (applied.run_id, "ok")
    assert revision.who == ledger.find(applied.run_id).asker
    assert revision.document == shop
    marked = {one.path: one for one in fleets().list_objects("shop")}
    assert {path: one.vmid for path, one in marked.items()} == {
        "guests.web-01": 101,
        "guests.db-01": 102,
        "pools.prod": None,
    }
    assert marked["guests.web-01"].uuid

    # Another fleet can't have it, and the error names both.
    taken = lab.ask("plan_fleet", {"fleet": BLOG})
    assert taken.failure.code == "invalid_parameter"
    assert "guests.web-01: it belongs to fleet shop, so fleet blog can't have it" in taken.failure.message

    # What somebody else changes is drift, and a conflict where the fleet asks for something else.
    assert lab.ask("fleet_drift", {}).data["objects"] == []
    lab.send("PUT", f"/nodes/{simulator.cluster.guests[102].node}/qemu/102/config", memory="7168")
    drifted = lab.ask("fleet_drift", {"fleet": "shop"})
    conflicting = lab.ask("plan_fleet", {"fleet": shop})
    assert [(one["path"], one["vmid"], one["changes"]) for one in drifted.data["objects"]] == [
        ("guests.db-01", 102, [{"path": "guests.db-01.memory", "before": 6144, "after": 7168}])
    ]
    assert [(one["path"], one["observed"]) for one in conflicting.data["conflicts"]] == [("guests.db-01.memory", 7168)]
    assert lab.ask("fleet_drift", {"fleet": "other"}).failure.code == "not_found"
    assert ledger.verify().faults == []


@pytest.mark.parametrize(
    "guest",
    [{"state": "absent"}, {"disks": [{"slot": "scsi0", "state": "absent"}]}, {"purge": True}],
    ids=["a guest", "a disk", "what belongs to it"],
)
def test_no_fleet_deletes(lab, guest):
    refused = lab.ask_as_person("plan_fleet", {"fleet": {"fleet": "shop", "guests": {"web-01": guest}}})

    assert refused.failure.code == "invalid_parameter"
    assert "would delete it" in refused.failure.message
    assert "belongs to one fleet" not in refused.failure.hint
    assert lab.writes == []
    # Nor is there a tool for it that clients could call.
    unknown = lab.ask("prune_fleet", {"fleet": {"fleet": "shop", "guests": {"web-01": {}}}})
    assert "There is no tool 'prune_fleet'" in unknown.failure.message


@pytest.fixture
def fleet(tmp_path):
    """The file of a fleet, as people write it."""
    file = tmp_path / "fleet.yml"
    file.write_text(yaml.safe_dump(SHOP), encoding="utf-8")
    return file


@pytest.mark.thorough
def test_a_fleet_of_people_from_plan_to_prune(playvisor, fleet, ledger, simulator, state_dir, lab):
    name = str(fleet)
    planned = playvisor("fleet", "plan", name, "-o", "json")
    markdown = playvisor("fleet", "plan", name, "-o", "markdown")
    unasked = playvisor("fleet", "apply", name)
    applied = playvisor("fleet", "apply", name, "--yes")
    empty = playvisor("fleet", "plan", name)
    assert [done.status for done in (planned, markdown, unasked, applied, empty)] == [2, 2, 2, 0, 0], applied
    assert "There is nobody to ask" in unasked.stderr
    assert markdown.stdout.startswith("### Fleet shop\n")
    assert {one["path"] for one in planned.json["objects"] if one["changed"]} == {
        "guests.web-01",
        "guests.db-01",
        "pools.prod",
    }
    # The secret was applied, and is in nothing that is kept.
    assert simulator.cluster.guests[101].config["cipassword"]
    kept = [file for file in state_dir.rglob("*") if file.is_file() and b"hunter22-hunter22" in file.read_bytes()]
    assert kept == []

    lab.send("PUT", f"/nodes/{simulator.cluster.guests[101].node}/qemu/101/config", description="Theirs")
    drift = playvisor("fleet", "drift", name)
    broken = playvisor("fleet", "plan", name)
    accepted = playvisor("fleet", "accept", name, "--yes")
    assert (drift.status, broken.status, accepted.status) == (2, 1, 0)
    assert "description  Front page → Theirs" in drift.stdout
    assert yaml.safe_load(fleet.read_text())["guests"]["web-01"]["description"] == "Theirs"
    assert playvisor("fleet", "plan", name).status == 0

    fleet.write_text(fleet.read_text().replace("6144", "5120"), encoding="utf-8")
    assert playvisor("fleet", "apply", name, "--yes").status == 0
    back = playvisor("fleet", "rollback", "1", "shop", "--yes")
    assert back.status == 0, back
    assert "memory  5120 → 6144" in back.stdout
    history = playvisor("fleet", "history", "shop", "-o", "json").json
    assert [(one["revision"], one["outcome"]) for one in history] == [(3, "ok"), (2, "ok"), (1, "ok")]

    document = yaml.safe_load(fleet.read_text())
    fleet.write_text(yaml.safe_dump({**document, "pools": {}, "guests": {}}), encoding="utf-8")
    assert playvisor("fleet", "apply", name, "--yes").status == 0
    released = playvisor("fleet", "prune", name, "--release", "--confirm", "guests.web-01")
    pruned = playvisor("fleet", "prune", name, "--confirm", "pools.prod")
    declared = playvisor("fleet", "prune", name, "--confirm", "guests.other")
    assert (released.status, pruned.status, declared.status) == (0, 0, 2), pruned
    assert "prod" not in simulator.cluster.pools
    assert 101 in simulator.cluster.guests
    left = ledger.read_fleets(lab.bridge.authority.identify_cluster()).list_objects("shop")
    assert [one.path for one in left] == ["guests.db-01"]
    assert ledger.verify().faults == []


@pytest.mark.thorough
def test_an_apply_that_is_killed_goes_on_where_it_stopped(
    playvisor, fleet, env, simulator, authority, eventually, fleets, ledger
):
    simulator.world.settings.task_seconds = 20.0
    fleet.write_text(
        yaml.safe_dump(
            {
                "fleet": "shop",
                "guests": {"web-01": {"description": "one"}, "ci-01": {"state": "started", "description": "two"}},
            }
        )
    )
    command = [*PLAYVISOR, "fleet", "apply", str(fleet), "--yes"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={**env, "PLAYVISOR_EXECUTOR": "cold"}, start_new_session=True, **quiet) as one:
        eventually(lambda: any("/status/start" in path for _method, path, _status in simulator.requests), "a start")
        os.killpg(one.pid, 9)
    (closed,) = close_interrupted(authority)

    marked = {one.path: one.is_certain for one in fleets().list_objects("shop")}
    (revision,) = fleets().list_revisions("shop")
    assert (revision.run_id, revision.outcome) == (closed, "interrupted")
    # All that web-01 needed was answered; nobody saw how the start ended.
    assert marked == {"guests.web-01": True, "guests.ci-01": False}

    simulator.world.settings.task_seconds = 0.0
    simulator.catch_up()
    assert playvisor("fleet", "apply", str(fleet), "--yes").status == 0
    assert {one.path: one.is_certain for one in fleets().list_objects("shop")} == dict.fromkeys(marked, True)
    assert ledger.verify().faults == []
