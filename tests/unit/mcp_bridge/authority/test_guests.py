"""What is read of the guests that a plan would touch, and what is made of what can't be read."""

from __future__ import annotations

import pytest

from mcp_bridge.authority.guests import read_targets
from mcp_bridge.authority.readings import Reading

LIST = "cluster/resources?type=vm"
PLACE = "nodes/pve1/qemu"
STOP = {"method": "POST", "path": f"/{PLACE}/101/status/stop", "params": {}}
BY_HA = {"method": "PUT", "path": "/cluster/ha/resources/vm:101", "params": {"state": "stopped"}}
CLONE = {"method": "POST", "path": f"/{PLACE}/9000/clone", "params": {"newid": 120}}
ENTRY = {"vmid": 101, "name": "old-name", "node": "pve1", "type": "qemu", "pool": "prod", "status": "stopped"}
CONFIG = {"name": "web-01", "tags": "web;prod", "protection": 1, "cores": 2}
NO_CONFIG = "500 Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist"


class Api:
    """Answers reads, and remembers how many rounds they took."""

    def __init__(self, **changes):
        self.rounds = 0
        self.readings = {
            LIST: [ENTRY],
            f"{PLACE}/101/config": CONFIG,
            f"{PLACE}/101/status/current": {"status": "running", "qmpstatus": "running"},
            **changes,
        }

    def read(self, paths):
        self.rounds += 1
        found = [self.readings.get(path, Reading(500, error="500 nothing here")) for path in paths]
        return [each if isinstance(each, Reading) else Reading(200, each) for each in found]


def look(api, *steps):
    return read_targets(api.read, steps or [STOP])


def test_a_guest_is_what_its_own_configuration_says_and_its_pool_what_the_cluster_says():
    api = Api()

    target = look(api).targets[101]

    assert (target.name, target.tags, target.protected, target.pool) == ("web-01", ("web", "prod"), True, "prod")
    assert (target.status, target.exists, target.is_known, api.rounds) == ("running", True, True, 1)


@pytest.mark.parametrize(
    "old",
    [
        {"name": "scratch", "tags": ""},
        # Its vmid was another guest's until a moment ago.
        {"name": "scratch", "tags": "", "type": "lxc", "template": 1},
        # It is new.
        {"name": "", "status": "unknown"},
    ],
)
@pytest.mark.parametrize("step", [STOP, BY_HA], ids=["by path", "by id"])
def test_a_list_that_is_old_makes_no_guest_harmless(old, step):
    target = look(Api(**{LIST: [{**ENTRY, **old}]}), step).targets[101]

    assert target.protected
    assert (target.name, target.tags) == ("web-01", ("web", "prod")) or not target.is_known


RENAME = {"method": "PUT", "path": f"/{PLACE}/101/config", "params": {"name": "db-01"}}
CREATE = {"method": "POST", "path": f"/{PLACE}", "params": {"vmid": 130, "name": "db-01"}}


@pytest.mark.parametrize("step", [RENAME, CREATE, {**CLONE, "params": {"newid": 130, "name": "db-01"}}])
def test_a_name_that_another_guest_got_a_moment_ago_is_seen_by_a_plan_that_gives_it(step):
    # The list has the old names of both, and the old type of one.
    listed = [ENTRY, {"vmid": 102, "name": "other", "node": "pve2", "type": "qemu"}]
    current = {"nodes/pve2/lxc": [{"vmid": 102, "name": "db-01"}], PLACE: [{"vmid": 101, "name": "web-01"}]}
    api = Api(**{LIST: listed, **current})

    assert look(api, step).names == {101: "web-01", 102: "db-01"}
    assert api.rounds <= 3


@pytest.mark.parametrize(
    "step",
    [STOP, {**RENAME, "params": {"tags": "web"}}, {**RENAME, "path": f"/{PLACE}/101/firewall/aliases"}],
)
def test_a_plan_that_gives_no_guest_a_name_asks_no_node_for_names(step):
    api = Api()

    assert look(api, step).names == {101: "old-name"}
    assert api.rounds == 1


def test_a_guest_that_only_a_parameter_names_is_looked_up_where_the_cluster_has_it():
    api = Api()

    assert (look(api, BY_HA).targets[101].name, api.rounds) == ("web-01", 2)


@pytest.mark.parametrize(
    ("path", "found", "why"),
    [
        (f"{PLACE}/101/config", Reading(500, error="500 got timeout"), "500 got timeout"),
        (f"{PLACE}/101/config", Reading(403, error="403 Permission check failed"), "403 Permission check failed"),
        (f"{PLACE}/101/config", Reading(595, error="595 No route to host"), "595 No route to host"),
        (f"{PLACE}/101/config", Reading(None, error="no answer within 180 s"), "no answer within 180 s"),
        (f"{PLACE}/101/config", "odd", "its configuration is not one"),
        (LIST, Reading(500, error="500 no"), "500 no"),
        (LIST, [], "the cluster does not list it"),
    ],
    ids=["locked", "forbidden", "no route", "too late", "odd", "no list", "not listed"],
)
def test_what_can_not_be_read_makes_a_guest_unknown_and_never_harmless(path, found, why):
    target = look(Api(**{path: found})).targets[101]

    assert target.is_known is False
    assert target.exists is True
    assert target.unread == why


def test_without_a_configuration_a_guest_counts_as_protected():
    assert look(Api(**{f"{PLACE}/101/config": Reading(500, error="500 no")})).targets[101].protected


def test_a_guest_that_is_nowhere_is_not_there():
    api = Api(**{LIST: [], f"{PLACE}/101/config": Reading(500, error=NO_CONFIG)})

    assert look(api).targets[101].exists is False


def test_a_guest_that_is_listed_and_has_no_configuration_here_is_unknown():
    """It was moved meanwhile, say."""
    target = look(Api(**{f"{PLACE}/101/config": Reading(500, error=NO_CONFIG)})).targets[101]

    assert (target.exists, target.is_known) == (True, False)


def test_a_clone_that_is_to_be_made_is_not_there_yet():
    source = {"vmid": 9000, "node": "pve1", "type": "qemu", "template": 1}
    api = Api(**{LIST: [source], f"{PLACE}/9000/config": {"name": "debian", "template": 1}})

    seen = look(api, CLONE)

    assert (seen.targets[120].exists, seen.targets[120].origin) == (False, 9000)
    assert seen.targets[9000].template is True


def test_many_guests_of_a_node_are_seen_to_run_by_its_list():
    vmids = range(101, 121)
    entries = [{**ENTRY, "vmid": vmid} for vmid in vmids]
    running = [{"vmid": vmid, "status": "running" if vmid % 2 else "stopped"} for vmid in vmids]
    api = Api(**{LIST: entries, PLACE: running, **{f"{PLACE}/{vmid}/config": CONFIG for vmid in vmids}})
    steps = [{**STOP, "path": f"/{PLACE}/{vmid}/status/stop"} for vmid in vmids]

    seen = look(api, *steps)

    assert {vmid: target.status for vmid, target in seen.targets.items()} == {
        vmid: "running" if vmid % 2 else "stopped" for vmid in vmids
    }


@pytest.mark.parametrize(("qmp", "status"), [("paused", "paused"), ("running", "running"), (None, "running")])
def test_a_guest_that_is_paused_does_not_run(qmp, status):
    current = {"status": "running", **({"qmpstatus": qmp} if qmp else {})}

    assert look(Api(**{f"{PLACE}/101/status/current": current})).targets[101].status == status


def test_whether_a_guest_runs_is_not_known_when_nobody_says():
    assert look(Api(**{f"{PLACE}/101/status/current": Reading(500, error="500 no")})).targets[101].status == ""
