"""Two fleets and one object, whatever each of them calls it; and plans of fleets while others change things."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.run import Request
from pve_simulator import Simulator, build_cluster

pytestmark = pytest.mark.flow

SHOP = {"fleet": "shop", "guests": {"web-01": {"description": "ours"}}, "pools": {"prod": {"comment": "ours"}}}


@pytest.fixture
def simulator():
    """A cluster whose lists are as fresh as can be."""
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


def plan(lab, fleet, **options):
    return lab.ask_as_person("plan_fleet", {"fleet": fleet}, **options)


def apply(lab, planned, **options):
    return lab.ask_as_person("apply_plan", {"plan_id": planned.plan.id}, **options)


def find_objects(lab, fleet):
    fleets = lab.bridge.ledger.read_fleets(lab.bridge.authority.identify_cluster())
    return {one.path: one.vmid for one in fleets.list_objects(fleet)}


def test_two_fleets_that_claim_one_object_are_both_named(lab):
    blog = {"fleet": "blog", "guests": {"www": {"memory": 4096}}}
    by_vmid = {"fleet": "blog", "guests": {"www": {"memory": 4096, "vmid": 101}}}
    pool = {"fleet": "blog", "pools": {"prod": {"comment": "theirs"}}}
    earlier = plan(lab, pool)
    assert apply(lab, plan(lab, SHOP)).status == "ok"
    lab.send("PUT", "/nodes/pve1/qemu/101/config", name="www")
    before = list(lab.writes)

    for fleet, name in ((blog, "guests.www"), (by_vmid, "guests.www"), (pool, "pools.prod")):
        refused = plan(lab, fleet)
        assert refused.plan is None or refused.plan.id is None
        whose = "shop as guests.web-01" if name == "guests.www" else "shop"
        assert refused.failure.fields[name] == f"it belongs to fleet {whose}, so fleet blog can't have it"
        assert "Fleet blog can't be planned: " in refused.failure.message
    # Nor is a plan applied that was made before the other fleet was.
    late = apply(lab, earlier)
    assert "pools.prod: it belongs to fleet shop, so fleet blog can't have it" in late.failure.message
    assert lab.writes == before
    # The fleet that has it goes on having it: there, it was renamed.
    assert [one["path"] for one in plan(lab, SHOP).data["conflicts"]] == ["guests.web-01.name"]

    release(lab, "guests.web-01", "pools.prod")
    assert apply(lab, plan(lab, pool)).status == "ok"
    assert apply(lab, plan(lab, blog)).status == "ok"
    again = plan(lab, SHOP)
    assert again.failure.fields["pools.prod"] == "it belongs to fleet blog, so fleet shop can't have it"
    # What another fleet has taken by another name is named by that.
    other = plan(lab, {"fleet": "shop", "guests": {"web-01": {"vmid": 101, "description": "x"}}})
    assert "belongs to fleet blog as guests.www" in other.failure.message
    assert find_objects(lab, "shop") == {}


def release(lab, *paths):
    from mcp_bridge.ledger.records import Closing, FleetChange, Opening, Who

    change = FleetChange("shop", lab.bridge.authority.identify_cluster(), "run-9", "jo", "ok", released=paths)
    opening = Opening("run-9", "release_objects", {}, "apply", Who("client", asker="jo"), "0.1.0")
    lab.bridge.authority.release_objects(change, opening, Closing("ok", "allowed", False, "Released."))


def test_a_vmid_that_is_another_guests_by_now_is_nobodys(lab):
    assert apply(lab, plan(lab, SHOP)).status == "ok"
    lab.send("POST", "/nodes/pve1/qemu/101/status/stop")
    lab.send("DELETE", "/nodes/pve1/qemu/101")
    lab.send("POST", "/nodes/pve1/qemu", vmid=101, name="other", smbios1="uuid=11111111-2222-3333-4444-555555555555")

    found = plan(lab, {"fleet": "blog", "guests": {"other": {"vmid": 101, "description": "new"}}})

    assert (found.status, found.failure) == ("planned", None)


CLIENT = make_local_client("model")
# db-01 is in production, so that an AI client needs an approval.
GUARDED = {**SHOP, "guests": {**SHOP["guests"], "db-01": {"memory": 6144}}}


def ask(lab, fleet):
    return lab.ask("plan_fleet", {"fleet": fleet}, caller=CLIENT)


def ask_to_apply(lab, planned, **options):
    return lab.ask("apply_plan", {"plan_id": planned.plan.id}, caller=CLIENT, **options)


def test_an_approved_plan_of_a_fleet_is_applied_once_and_as_it_was_approved(lab):
    planned = ask(lab, GUARDED)
    assert ask_to_apply(lab, planned).failure.code == "approval_required"
    lab.approve(planned)

    results = []

    def call():
        request = Request("apply_plan", {"plan_id": planned.plan.id}, "apply", CLIENT)
        results.append(lab.bridge.call(request, lambda _line: None, threading.Event()))

    threads = [threading.Thread(target=call) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result.changed for result in results) == [False, True]
    (refused,) = [result for result in results if not result.changed]
    assert refused.status in ("refused", "failed", "ok")
    assert ask_to_apply(lab, planned).failure.code == "refused"
    sent = [path for _method, path in lab.writes]
    assert sorted(sent) == ["/nodes/pve1/qemu/101/config", "/nodes/pve2/qemu/102/config", "/pools"]


@pytest.mark.parametrize(
    ("path", "params"),
    [("/pools", {"poolid": "prod", "comment": "theirs"}), ("/nodes/pve1/qemu/101/config", {"description": "theirs"})],
    ids=["a pool", "a guest"],
)
def test_what_somebody_changes_between_plan_and_apply_is_seen(lab, path, params):
    lab.send("POST", "/pools", poolid="prod")
    planned = ask(lab, GUARDED)
    lab.approve(planned)
    lab.send("PUT", path, **params)
    before = list(lab.writes)

    drifted = ask_to_apply(lab, planned)

    assert (drifted.status, drifted.failure.code) == ("failed", "drifted")
    assert lab.writes == before
    assert find_objects(lab, "shop") == {}


def test_an_approval_of_a_fleet_is_void_under_another_policy(lab, tmp_path):
    planned = ask(lab, GUARDED)
    lab.approve(planned)
    policy = tmp_path / "other.cedar"
    policy.write_text(NOBODY_CHANGES, encoding="utf-8")
    before = list(lab.writes)

    other = lab.make_bridge(policy=policy)
    assert ask_to_apply(lab, planned, bridge=other).status in ("held", "refused")
    # What was applied last is what the ledger says, whatever a client says of it.
    forged = {"fleet": GUARDED, "last_applied": {**GUARDED, "guests": {"web-01": {"vmid": 103}}}}
    assert lab.ask("plan_fleet", forged, caller=CLIENT).plan.digest == planned.plan.digest
    assert lab.writes == before

    # Where nothing has changed, it counts.
    assert ask_to_apply(lab, planned).status == "ok"


NOBODY_CHANGES = """
@id("prod") forbid (principal, action, resource is Guest) when { resource.tags.contains("prod") };
permit (principal, action, resource);
"""
