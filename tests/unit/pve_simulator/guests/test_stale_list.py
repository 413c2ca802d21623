"""/cluster/resources is as old as on real servers: it shows what nodes broadcast last, every ten seconds."""

from __future__ import annotations

import pytest

from pve_simulator.world.settings import Settings

LIVE = {"id", "node", "status", "type", "vmid"}
LAG = Settings().resources_lag
QEMU = "/nodes/pve1/qemu"
LXC = "/nodes/pve2/lxc"
CONTAINER = {"ostemplate": "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst", "rootfs": "shared:1"}


@pytest.fixture(autouse=True)
def broadcast_once(api):
    """Nodes broadcast when the first request comes; tasks end at once unless a test wants to look at one."""
    api.driver.world.settings.task_seconds = 0
    api.data("/cluster/resources")


def list_guests(api) -> dict:
    return {entry["vmid"]: entry for entry in api.data("/cluster/resources", type="vm")}


def wait(api, seconds: float) -> None:
    api.run(api.driver.clock.advance(seconds))


def change(api, method: str, path: str, **params) -> None:
    """A call; when it starts a task, until that has ended."""
    status, reason, body = api.run(api.driver.call(method, path, **params))
    assert status == 200, reason
    if str(body["data"]).startswith("UPID:"):
        assert api.run(api.driver.finish(body["data"])) == "OK"


def test_a_new_guest_is_there_at_once_but_has_no_name_and_no_figures(api):
    change(api, "POST", QEMU, vmid=601, name="fresh")
    change(api, "POST", QEMU, vmid=602, name="fresh-too", tags="new", pool="front")

    before = list_guests(api)
    wait(api, LAG)
    after = list_guests(api)

    assert before[601] == {"id": "qemu/601", "node": "pve1", "status": "unknown", "type": "qemu", "vmid": 601}
    assert before[602].keys() == LIVE | {"tags", "pool"}
    assert (after[601]["name"], after[601]["status"], after[601]["template"]) == ("fresh", "stopped", 0)


def test_a_deleted_guest_is_gone_at_once(api):
    change(api, "DELETE", f"{LXC}/201")

    assert 201 not in list_guests(api)


def test_a_renamed_guest_has_its_old_name_until_the_next_broadcast(api):
    change(api, "PUT", f"{QEMU}/101/config", name="renamed")

    assert list_guests(api)[101]["name"] == "web-01"
    assert {entry["vmid"]: entry["name"] for entry in api.data(QEMU)}[101] == "renamed"
    wait(api, LAG)
    assert list_guests(api)[101]["name"] == "renamed"


def test_a_reused_id_shows_who_had_it_before_until_the_next_broadcast(api):
    change(api, "DELETE", f"{QEMU}/106")
    change(api, "POST", LXC, vmid=106, hostname="heir", **CONTAINER)

    def describe() -> tuple:
        found = list_guests(api)[106]
        return tuple(found[key] for key in ("id", "type", "name", "template", "node"))

    assert describe() == ("qemu/106", "qemu", "base", 1, "pve2")
    wait(api, LAG)
    assert describe() == ("lxc/106", "lxc", "heir", 0, "pve2")


def test_a_guest_stopped_since_still_runs_in_the_list(api):
    change(api, "POST", f"{QEMU}/101/status/stop")

    assert list_guests(api)[101]["status"] == "running"
    assert api.data(f"{QEMU}/101/status/current")["status"] == "stopped"
    wait(api, LAG)
    assert list_guests(api)[101]["status"] == "stopped"


def test_tags_lock_pool_node_and_ha_state_are_live(api):
    cluster = api.driver.world.cluster
    change(api, "PUT", f"{QEMU}/101/config", tags="new")
    change(api, "POST", "/cluster/ha/resources", sid="vm:102")
    change(api, "PUT", "/pools/front", vms="103")
    cluster.guests[103].config["lock"] = "migrate"
    cluster.guests[103].node = "pve2"

    found = list_guests(api)

    assert found[101]["tags"] == "new"
    assert found[102]["hastate"] == "queued"
    assert (found[103]["pool"], found[103]["lock"], found[103]["node"]) == ("front", "migrate", "pve2")


def test_figures_are_those_of_the_broadcast_whenever_they_are_first_read(api):
    wait(api, LAG)
    guest = api.driver.world.cluster.guests[101]
    guest.config["memory"] = "64"
    wait(api, LAG / 2)

    found, now = list_guests(api)[101], api.driver.clock.time()

    assert found["maxmem"] == 512 * 1024**2
    assert found["uptime"] == int(now - LAG / 2 - guest.started_at)


def test_a_paused_machine_is_called_so(api):
    assert list_guests(api)[103]["status"] == "paused"
    assert api.data(f"{QEMU}/103/status/current")["status"] == "running"


@pytest.mark.parametrize(
    ("path", "params", "vmid", "placeholder", "name"),
    [
        (QEMU, {"vmid": 601, "name": "made", "scsi0": "shared:1"}, 601, "VM 601", "made"),
        (LXC, {"vmid": 601, "hostname": "made", **CONTAINER}, 601, "CT601", "made"),
        (f"{QEMU}/101/clone", {"newid": 602, "name": "copy", "full": 1}, 602, "VM 602", "copy"),
    ],
)
def test_a_guest_that_is_being_made_stands_by_a_placeholder(api, path, params, vmid, placeholder, name):
    api.driver.world.settings.task_seconds = 60
    upid = api.post(path, **params)[2]["data"]
    wait(api, LAG)
    assert (list_guests(api)[vmid]["name"], list_guests(api)[vmid]["status"]) == (placeholder, "stopped")

    assert api.run(api.driver.finish(upid)) == "OK"
    wait(api, LAG)

    assert list_guests(api)[vmid]["name"] == name


def test_a_machine_without_a_name_has_the_placeholder_for_good(api):
    change(api, "POST", QEMU, vmid=601)
    wait(api, LAG)

    assert list_guests(api)[601]["name"] == "VM 601"
    assert {entry["vmid"]: entry["name"] for entry in api.data(QEMU)}[601] == "VM 601"


def test_pool_members_are_as_old_as_the_list(api):
    change(api, "POST", f"{QEMU}/101/status/stop")
    change(api, "PUT", f"{QEMU}/101/config", name="renamed")

    def read_member() -> tuple[str, str]:
        (found,) = api.data("/pools/front", type="qemu")["members"]
        return found["name"], found["status"]

    assert read_member() == ("web-01", "running")
    wait(api, LAG)
    assert read_member() == ("renamed", "stopped")


def test_of_two_reads_the_later_may_show_the_older_state(api):
    change(api, "POST", f"{QEMU}/101/status/stop")
    wait(api, LAG - 1)
    old = list_guests(api)[101]["status"]
    wait(api, 1)

    # Requests without a connection go round the workers; only the first of them has looked a second ago.
    seen = [list_guests(api)[101]["status"] for dummy in range(6)]
    wait(api, 1)

    assert old == "running"
    assert sorted(seen[:3]) == sorted(seen[3:]) == ["running", "stopped", "stopped"]
    assert seen == ["stopped", "stopped", "running"] * 2
    assert {list_guests(api)[101]["status"] for dummy in range(3)} == {"stopped"}


def test_workers_know_every_broadcast_when_they_keep_nothing(api):
    api.driver.world.settings.status_cache = 0
    change(api, "POST", f"{QEMU}/101/status/stop")
    wait(api, LAG - 1)
    assert list_guests(api)[101]["status"] == "running"

    wait(api, 1)

    assert {list_guests(api)[101]["status"] for dummy in range(3)} == {"stopped"}
