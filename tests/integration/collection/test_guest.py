"""pve_guest against a simulated cluster: what scenarios can't show."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.guest import Guests
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.apply import apply_all
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.resource import Outcome
from scenarios.running import run_module

from pve_simulator import Simulator, build_cluster


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as running:
        yield running


def first(simulator, kind="qemu"):
    return next(guest for guest in simulator.cluster.guests.values() if guest.type == kind and not guest.template)


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


@pytest.fixture
def apply(connection_env):
    def run(check=False, **options):
        return run_module("pve_guest", options, connection_env, check=check)

    return run


@pytest.fixture
def client(simulator, connection_env):
    from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
    from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection

    return Client(
        Connection(
            host="127.0.0.1",
            port=simulator.port,
            user=simulator.user,
            token_id=simulator.token_id,
            token_secret=simulator.token_secret,
            fingerprint=simulator.fingerprint.replace(":", "").lower(),
        )
    )


OPTIONS = {
    **dict.fromkeys(("vmid", "name", "new_name", "node", "type", "disks", "nics", "config", "pool", "ostemplate")),
    **dict.fromkeys(("password", "ssh_public_keys", "only", "tags", "add_tags", "remove_tags")),
    **dict.fromkeys(("restart_if_required", "force", "purge", "destroy_unreferenced_disks"), False),
    "state": "present",
    "shutdown_timeout": 180,
    "timeout": 30,
}


def planned(client, **options):
    """A creation up to the point at which others can still come in between."""
    params = {**OPTIONS, **options}
    resource = Guests(params)
    (observed,) = resource.observe(client, params)
    outcome = Outcome(resource.target(observed), resource.plan(observed, params))

    def finish():
        apply_all(client, resource, [observed], [outcome], params)
        return outcome

    return outcome, finish


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_guests_that_are_made_at_the_same_time_get_ids_of_their_own(simulator, client, kind):
    options = {"node": "pve1", "type": kind}
    if kind == "lxc":
        disk = {"slot": "rootfs", "state": "present", "storage": "local-lvm", "size": 1}
        template = "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"
        options |= {"ostemplate": template, "disks": [disk]}
    before = set(simulator.cluster.guests)
    plans = [planned(client, name=f"twin-{number}", **options) for number in range(4)]
    assert len({outcome.target["vmid"] for outcome, _finish in plans}) == 1

    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda finish: finish(), [finish for _outcome, finish in plans]))

    assert [outcome.failure for outcome in made] == [None] * 4
    names = {outcome.target["vmid"]: outcome.target["name"] for outcome in made}
    key = "name" if kind == "qemu" else "hostname"
    assert {vmid: simulator.cluster.guests[vmid].config[key] for vmid in names} == names
    assert set(simulator.cluster.guests) - before == set(names)
    assert [outcome.state["name"] for outcome in made] == [f"twin-{number}" for number in range(4)]


def test_a_guest_of_the_same_name_that_came_meanwhile_is_not_adopted(simulator, client):
    (_outcome, fast), (_outcome, slow) = (planned(client, name="twin", node="pve1") for dummy in range(2))
    count = len(simulator.cluster.guests)
    assert fast().failure is None

    late = slow()

    assert (late.failure.code, late.changed, late.state) == ("drifted", False, None)
    assert "Somebody else made guest" in late.failure.message
    assert len(simulator.cluster.guests) == count + 1


def test_an_id_that_was_asked_for_is_not_replaced_by_another(simulator, client):
    (_outcome, fast), (_outcome, slow) = (
        planned(client, vmid=500, name=name, node="pve1") for name in ("one", "other")
    )
    assert fast().failure is None

    late = slow()

    assert (late.failure.code, late.changed, late.state) == ("ambiguous", False, None)
    assert simulator.cluster.guests[500].config["name"] == "one"


def test_an_approved_plan_is_not_applied_to_another_id(simulator, apply):
    check = apply(check=True, name="new", node="pve1")
    assert apply(name="faster", node="pve1")["changed"]

    late = apply(name="new", node="pve1", expect_plan=check["plan"]["digest"])

    assert (late["failed"], late["failure"]["code"], late["changed"]) == (True, "drifted", False)
    assert "new" not in [guest.config.get("name") for guest in simulator.cluster.guests.values()]


def test_a_name_alone_makes_a_guest_once(simulator, apply):
    made = apply(name="new", disks=[{"slot": "scsi0", "storage": "local-lvm", "size": 1}])
    again = apply(name="new", disks=[{"slot": "scsi0", "storage": "local-lvm", "size": 1}])

    assert (made["changed"], again["changed"]) == (True, False)
    assert again["guests"][0]["vmid"] == made["guests"][0]["vmid"]


def test_addresses_and_volumes_stay_when_other_things_change(simulator, apply):
    disk, nic = {"slot": "scsi0", "storage": "local-lvm", "size": 1}, {"slot": "net0", "bridge": "vmbr0"}
    apply(vmid=500, node="pve1", disks=[disk], nics=[nic])
    before = dict(simulator.cluster.guests[500].config)

    apply(vmid=500, disks=[{**disk, "discard": True}], nics=[{**nic, "tag": 20}])

    config = simulator.cluster.guests[500].config
    assert config["net0"] == f"{before['net0']},tag=20"
    assert config["scsi0"].partition(",")[0] == before["scsi0"].partition(",")[0]


def test_what_waits_for_a_restart_is_told_until_there_was_one(simulator, apply):
    guest = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running)
    cores = int(guest.config.get("cores", 1))

    waiting = apply(vmid=guest.vmid, cores=cores + 1)["guests"][0]
    later = apply(vmid=guest.vmid)["guests"][0]
    restarted = apply(vmid=guest.vmid, cores=cores + 1, restart_if_required=True, force=True, shutdown_timeout=1)

    assert waiting["pending"] == later["pending"] == {"cores": {"now": cores, "next": cores + 1}}
    assert waiting["restart_required"]
    assert later["restart_required"]
    assert (restarted["guests"][0]["pending"], restarted["guests"][0]["restart_required"]) == ({}, False)
    assert guest.config["cores"] == str(cores + 1)


def test_a_restart_that_nothing_waits_for_after_all_is_left_out(simulator, apply):
    guest = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running)
    slot = next(key for key in guest.config if key.startswith(("scsi", "virtio")) and key[-1].isdigit())

    result = apply(vmid=guest.vmid, disks=[{"slot": slot, "backup": False}], restart_if_required=True)

    assert [step["path"].rpartition("/")[2] for step in result["plan"]["steps"]] == ["config", "reboot"]
    assert [path.rpartition("/")[2] for _method, path in writes(simulator)] == ["config"]


def test_a_configuration_that_somebody_else_changed_is_not_overwritten(simulator, client):
    guest = first(simulator)
    _outcome, finish = planned(client, vmid=guest.vmid, description="mine")
    client.request("PUT", f"/nodes/{guest.node}/qemu/{guest.vmid}/config", {"description": "theirs"})

    assert finish().failure.code == "digest_conflict"
    assert guest.config["description"] == "theirs"


def test_disks_that_would_shrink_are_refused_before_anything_is_changed(simulator, apply):
    apply(vmid=500, node="pve1", disks=[{"slot": "scsi0", "storage": "local-lvm", "size": 4}])
    before = len(writes(simulator))

    result = apply(vmid=500, cores=4, disks=[{"slot": "scsi0", "size": 2}])

    assert result["failure"]["code"] == "invalid_parameter"
    assert len(writes(simulator)) == before


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_only_the_named_guest_stopped_and_unprotected_is_deleted(simulator, apply, kind):
    guest = next(g for g in simulator.cluster.guests.values() if g.type == kind and g.running)
    name = guest.config["name" if kind == "qemu" else "hostname"]

    codes = [
        apply(state="absent", vmid=guest.vmid, name="other")["failure"]["code"],
        apply(state="absent", vmid=guest.vmid, name=name)["failure"]["code"],
        apply(vmid=guest.vmid, protection=True)["guests"][0]["failure"],
        apply(state="absent", vmid=guest.vmid, name=name)["failure"]["code"],
    ]

    assert codes == ["not_found", "unsupported", None, "protected"]
    assert guest.vmid in simulator.cluster.guests


@pytest.mark.flow
def test_the_playbook_hands_over_every_option(play, simulator):
    options = {
        "name": "pv-test-play",
        "type": "lxc",
        "node": "pve1",
        "ostemplate": "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst",
        "password": "not-a-secret-1",
        "tags": ["a"],
        "disks": [{"slot": "rootfs", "storage": "local-lvm", "size": 1}],
        "nics": [{"slot": "net0", "bridge": "vmbr0", "ip": "dhcp"}],
        "config": {"cmode": "shell"},
    }

    check = play("guest", "--check", "--diff", **options)
    made = play("guest", **options, expect_plan=check.result["plan"]["digest"])

    assert made.rc == 0, made.stdout
    assert made.result["guests"][0]["after"] == check.result["guests"][0]["after"]
    assert "not-a-secret-1" not in check.stdout + made.stdout + str(made.result["plan"])
    config = simulator.cluster.guests[made.result["guests"][0]["vmid"]].config
    assert (config["hostname"], config["cmode"], config["tags"]) == ("pv-test-play", "shell", "a")
    assert not play("guest", **options).result["changed"]


def test_many_guests_are_configured_alike_by_one_plan(simulator, connection_env):
    chosen = [guest for guest in simulator.cluster.guests.values() if guest.type == "qemu" and not guest.template][:3]
    options = {
        "guests": {"vmids": [guest.vmid for guest in chosen]},
        "add_tags": ["filtered"],
        "nics": [{"slot": "net0", "firewall": True}],
    }

    check = run_module("pve_guest", options, connection_env, check=True)
    made = run_module("pve_guest", {**options, "expect_plan": check["plan"]["digest"]}, connection_env)

    assert [entry["vmid"] for entry in made["guests"]] == sorted(options["guests"]["vmids"])
    assert all(entry["changed"] and entry["after"]["nics"]["net0"]["firewall"] == "1" for entry in made["guests"])
    assert all("filtered" in guest.config["tags"] for guest in chosen)
    assert not run_module("pve_guest", options, connection_env)["changed"]


@pytest.mark.parametrize("options", [{"state": "absent"}, {"state": "template"}, {"vmid": 101}, {"new_name": "x"}])
def test_what_is_for_one_guest_is_refused_for_many(simulator, connection_env, options):
    refused = run_module("pve_guest", {"guests": {"names": ["*"]}, **options}, connection_env)

    assert refused["failure"]["code"] == "invalid_parameter"
    assert writes(simulator) == []


def test_a_plan_to_grow_a_disk_grows_it_once(simulator, apply):
    guest = first(simulator)
    slot = next(slot for slot in ("scsi0", "virtio0") if slot in guest.config)
    options = {"vmid": guest.vmid, "disks": [{"slot": slot, "grow_by": "20G"}]}

    check = apply(check=True, **options)
    before, after = (check["guests"][0][when]["disks"][slot]["size"] for when in ("before", "after"))
    plan = check["plan"]["digest"]
    made, again = (apply(**options, expect_plan=plan) for _time in range(2))

    assert after == before + 20
    assert (made["changed"], made["guests"][0]["after"]["disks"][slot]["size"]) == (True, after)
    assert again["failure"]["code"] == "drifted"
    assert apply(**options)["guests"][0]["after"]["disks"][slot]["size"] == after + 20
