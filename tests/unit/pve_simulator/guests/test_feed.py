"""Lists of all guests that are always fresh: what changes shows at once, although entries are kept."""

from __future__ import annotations

import pytest

from pve_simulator.state.access import AclEntry, Token, User


@pytest.fixture
def api(api):
    api.driver.world.settings.resources_lag = 0
    return api


def entry(api, vmid):
    listed = api.data("/cluster/resources", type="vm")
    return next((item for item in listed if item["vmid"] == vmid), None)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda guest, cluster: guest.config.update(name="renamed"), {"name": "renamed"}),
        (lambda guest, cluster: guest.config.update(memory="1024"), {"maxmem": 1024**3}),
        (lambda guest, cluster: guest.config.update(lock="backup"), {"lock": "backup"}),
        (lambda guest, cluster: setattr(guest, "running", False), {"status": "stopped"}),
        (lambda guest, cluster: setattr(guest, "paused", True), {"status": "paused"}),
        (lambda guest, cluster: setattr(guest, "node", "pve2"), {"node": "pve2"}),
        (lambda guest, cluster: setattr(cluster.nodes["pve1"], "online", False), {"status": "unknown"}),
        (lambda guest, cluster: cluster.pools["front"].vms.clear(), {"pool": None}),
    ],
)
def test_a_change_shows_in_the_next_answer(api, change, shown):
    cluster = api.driver.world.cluster
    assert entry(api, 101)["name"] == "web-01"

    change(cluster.guests[101], cluster)

    found = entry(api, 101)
    assert {name: found.get(name) for name in shown} == shown


def test_a_managed_guest_shows_what_the_manager_says_of_it(api):
    assert "hastate" not in entry(api, 101)

    api.post("/cluster/ha/resources", sid="vm:101")

    assert entry(api, 101)["hastate"] == "queued"
    api.run(api.driver.clock.advance(60))
    assert entry(api, 101)["hastate"] == "started"


def test_figures_move_with_the_clock(api):
    before = entry(api, 101)["uptime"]

    api.run(api.driver.clock.advance(300))

    assert entry(api, 101)["uptime"] == pytest.approx(before + 300, abs=10)


def test_a_destroyed_guest_is_gone(api):
    assert entry(api, 201) is not None

    del api.driver.world.cluster.guests[201]

    assert entry(api, 201) is None


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/", {101, 102, 103, 104, 105, 106, 107, 108, 200, 201}),
        ("/vms/102", {102}),
        ("/pool/front", {101}),
        ("/storage", set()),
    ],
)
def test_everybody_sees_what_they_may(api, path, seen):
    access = api.driver.world.cluster.access
    access.users["ann@pve"] = User(tokens={"look": Token(privsep=False)})
    access.acl.append(AclEntry(path, "user", "ann@pve", "PVEAuditor"))

    listed = api.as_token("ann@pve", "look", "/cluster/resources?type=vm")

    assert {item["vmid"] for item in listed} == seen
