"""Observations of a simulated cluster: what they see, what they cost, and what they never take for gone."""

from __future__ import annotations

import copy
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.observation import (
    Observation,
    Wish,
    observe_cluster,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.parts import PARTS
from simulated import make_client

from mcp_bridge.catalogue.docs import read_module_docs
from pve_simulator import Simulator, build_cluster
from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.state.guest import Guest, Snapshot

Sections = dict[str, Any]


class Meddler:
    """A client that has something happen right after the first list of everything was read."""

    def __init__(self, simulator: Simulator, happen: Callable[[], None]) -> None:
        self._client, self._happen = make_client(simulator), happen

    @property
    def server_time(self) -> float:
        return self._client.server_time

    def get(self, path: str, **params: Any) -> Any:
        data = self._client.get(path, **params)
        if path == "/cluster/resources" and not params:
            self._happen()
        return data


@pytest.fixture(scope="module")
def lab() -> Iterator[Simulator]:
    """Two nodes with eight guests; every list is as fresh as can be."""
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


@pytest.fixture
def guests(lab: Simulator) -> Iterator[dict[int, Guest]]:
    """The guests of the lab, which are as they were again afterwards."""
    before = copy.deepcopy(lab.cluster.guests)
    yield lab.cluster.guests
    lab.cluster.guests.clear()
    lab.cluster.guests.update(before)


def find(seen: Observation, kind: str, key: str | int) -> Sections | None:
    return seen.lines.objects.get((kind, str(key)))


def list_missing(seen: Observation, kind: str) -> list[str | None]:
    return [line["key"] for line in seen.lines.missing if line["kind"] == kind]


def is_complete(seen: Observation, kind: str, scope: str | None = None) -> bool:
    return {"line": "complete", "kind": kind, "scope": scope} in seen.lines.complete


def tick(simulator: Simulator, **wish: Any) -> Observation:
    """A later observation, of nothing but what is always read unless a test asks for more."""
    return observe_cluster(make_client(simulator), Wish(**{"since": 1, "parts": (), **wish}))


def test_a_file_is_written_by_the_playbook_and_the_next_one_costs_little(play, simulator, client, tmp_path: Path):
    file = tmp_path / "seen.jsonl"

    first = play("observe", dest=str(file)).result

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert lines[0]["cluster"]["nodes"] == ["pve1", "pve2"]
    kinds = [line["line"] for line in lines]
    assert sorted(kinds, key=["header", "object", "complete", "missing", "task", "metrics"].index) == kinds
    assert first["counts"]["guest"] == 8
    assert (first["left"], first["missing"]) == ({"guests": [], "parts": [], "measured": []}, 0)
    client.request("POST", "/nodes/pve1/qemu/101/config", {"description": "changed"})
    wish = {"since": first["until"], "running": first["running"], "guests": [102], "parts": []}
    second = play("observe", dest=str(file), **wish).result
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(line["key"] for line in lines if "config" in line.get("doc", {})) == ["101", "102"]
    assert second["requests"] <= 20
    assert {method for method, *_rest in simulator.requests} == {"GET", "POST"}


def test_the_parts_are_those_that_are_documented():
    assert read_module_docs("pve_observe").options["parts"]["choices"] == list(PARTS)


def test_a_guest_is_seen_in_full_whatever_it_is(lab, guests):
    guests[101].config |= {"description": "of the shop", "args": "-vnc :1,password=hunter2", "cipassword": "hunter2"}
    guests[101].pending = {"cores": "4"}
    guests[101].snapshots = {"before": Snapshot({"cores": "2", "snaptime": "1000", "description": "an upgrade"})}
    client = make_client(lab)

    seen = observe_cluster(client, Wish())

    for vmid, guest in guests.items():
        sections = find(seen, "guest", vmid)
        config = client.get(f"/nodes/{guest.node}/{guest.type}/{vmid}/config")
        shown = {name: value for name, value in config.items() if name not in ("digest", "cipassword", "args")}
        assert sections.keys() == {"overview", "config", "pending", "snapshots", "firewall"}
        assert sections["config"].items() >= shown.items()
        assert sections["overview"]["name"] == guest.name
    full = find(seen, "guest", 101)
    assert full["pending"] == {"cores": {"value": 2, "pending": 4}}
    assert [snapshot["name"] for snapshot in full["snapshots"]] == ["before"]
    assert "hunter2" not in json.dumps(list(seen.lines.render(seen.header)))
    assert full["config"]["description"] == "of the shop"
    assert {kind for kind, _key in seen.lines.objects} >= {"node", "storage", "volumes", "pool", "firewall", "role"}
    assert seen.lines.missing == []
    assert all(is_complete(seen, kind) for kind in (*PARTS, "guest") if kind != "options")


def test_a_second_look_at_the_same_cluster_says_the_same(lab):
    first, second = (observe_cluster(make_client(lab), Wish()) for dummy in range(2))

    assert first.lines.objects == second.lines.objects


def test_what_an_offline_node_has_is_missing_and_not_gone(lab):
    lab.cluster.nodes["pve2"].online = False
    try:
        seen = observe_cluster(make_client(lab), Wish())
    finally:
        lab.cluster.nodes["pve2"].online = True

    there = {str(vmid): guest.node for vmid, guest in lab.cluster.guests.items()}
    assert sorted(list_missing(seen, "guest")) == sorted(vmid for vmid, node in there.items() if node == "pve2")
    assert all((find(seen, "guest", vmid) is None) == (node == "pve2") for vmid, node in there.items())
    assert find(seen, "node", "pve2") == {"overview": {"status": "offline"}}
    assert (list_missing(seen, "firewall"), list_missing(seen, "network")) == (["node/pve2"], [None])
    assert (is_complete(seen, "network"), is_complete(seen, "network", "pve1")) == (False, True)
    assert "local@pve2" in list_missing(seen, "volumes")
    assert {line["key"] for line in seen.lines.metrics if line["kind"] == "guest"} == set(there) - set(
        list_missing(seen, "guest")
    )


@pytest.mark.parametrize(
    ("acl", "guests_seen", "complete", "blind"),
    [
        pytest.param([("/", "PVEAuditor")], 8, {"guest", *PARTS} - {"options"}, set(), id="auditor"),
        pytest.param(
            [("/vms", "PVEAuditor")], 8, {"guest"}, {"storage", "pool", "backup_job", "options"}, id="of guests"
        ),
        pytest.param([("/vms/101", "PVEAuditor")], 1, set(), {"guest", "storage"}, id="of one guest"),
        pytest.param(
            [("/", "PVEAuditor"), ("/vms/105", "PVEDatastoreUser")], 7, {"storage", "pool"}, {"guest"}, id="but for one"
        ),
        pytest.param(
            [("/", "PVEAuditor"), ("/vms/105", "NoAccess")], 7, {"storage", "pool"}, {"guest"}, id="none of one"
        ),
        pytest.param(
            [("/", "PVEAuditor"), ("/pool/frontend", "NoAccess")], 6, {"acl"}, {"guest", "pool"}, id="no pool"
        ),
        pytest.param([], 0, set(), {"guest", "storage", "pool", "user", "ha_rule"}, id="of nothing"),
    ],
)
def test_what_credentials_may_not_see_is_missing_and_not_gone(lab, acl, guests_seen, complete, blind):
    access = lab.cluster.access
    before = list(access.acl)
    access.users["eye@pve"] = User(tokens={"look": Token(privsep=False)})
    access.acl += [AclEntry(path, "user", "eye@pve", role) for path, role in acl]
    try:
        secret = access.users["eye@pve"].tokens["look"].secret
        seen = observe_cluster(
            Client(replace(make_client(lab).connection, user="eye@pve", token_id="look", token_secret=secret)), Wish()
        )
    finally:
        access.acl[:] = before
        del access.users["eye@pve"]

    assert seen.lines.count().get("guest", 0) == guests_seen
    assert {kind for kind in complete if is_complete(seen, kind)} == complete
    assert {kind for kind in blind if list_missing(seen, kind) and not is_complete(seen, kind)} == blind
    assert bool(seen.lines.missing) == bool(blind)


def test_what_is_beyond_the_budget_is_left_and_read_by_and_by(lab):
    first = observe_cluster(make_client(lab), Wish(budget=60, parts=("pool", "user", "volumes", "firewall")))
    read, wish = set(), {"guests": first.left_guests, "parts": first.left_parts}
    sent = [first.requests]
    seen = first
    for dummy in range(20):
        read |= {key for (kind, key), doc in seen.lines.objects.items() if kind == "guest" and "config" in doc}
        if not seen.left_guests and not seen.left_parts:
            break
        wish = {"guests": seen.left_guests, "parts": seen.left_parts}
        seen = tick(lab, budget=20, **wish)
        sent.append(seen.requests)

    assert first.left_guests
    assert first.lines.count()["guest"] == 8
    assert is_complete(first, "guest")
    assert read == {str(vmid) for vmid in lab.cluster.guests}
    assert sent[0] <= 60
    assert max(sent[1:]) <= 20


def test_with_no_budget_the_lists_are_read_all_the_same(lab):
    seen = tick(lab, budget=0, guests=[101], parts=["pool"])

    assert (seen.left_guests, seen.left_parts) == ([101], ["pool"])
    assert find(seen, "guest", 101).keys() == {"overview"}
    assert find(seen, "pool", "web") is None
    assert not is_complete(seen, "pool")


def test_a_guest_that_is_deleted_meanwhile_is_gone_only_if_a_later_list_says_so(lab, guests):
    seen = observe_cluster(Meddler(lab, lambda: guests.pop(101)), Wish(since=1, guests=[101, 102], parts=()))

    assert find(seen, "guest", 101) is None
    assert list_missing(seen, "guest") == []
    assert is_complete(seen, "guest")
    assert "config" in find(seen, "guest", 102)


def test_a_guest_that_moves_meanwhile_is_read_where_it_is_now(lab, guests):
    def move() -> None:
        guests[101].node = "pve2" if guests[101].node == "pve1" else "pve1"

    was = guests[101].node
    seen = observe_cluster(Meddler(lab, move), Wish(since=1, guests=[101], parts=()))

    sections = find(seen, "guest", 101)
    assert sections["overview"]["node"] != was
    assert "config" in sections
    assert list_missing(seen, "guest") == []


def test_a_guest_that_fails_is_missing_and_the_others_are_read(lab, guests):
    class Broken(Meddler):
        def get(self, path: str, **params: Any) -> Any:
            if "/101/" in path and path.endswith(("pending", "rules")):
                raise PveError("unreachable", "it broke", http_status=500)
            return super().get(path, **params)

    seen = observe_cluster(Broken(lab, lambda: None), Wish(since=1, guests=[101, 102], parts=()))

    assert find(seen, "guest", 101).keys() == {"overview", "snapshots"}
    assert [line["why"] for line in seen.lines.missing] == ["it broke"]
    assert "config" in find(seen, "guest", 102)


def test_a_vmid_that_is_used_again_is_read_for_what_it_is_now():
    cluster = build_cluster(nodes=1, guests=6)
    container = next(guest for guest in cluster.guests.values() if guest.type == "lxc")
    with Simulator(cluster, port=0, task_seconds=0.0, resources_lag=3600.0) as simulator:
        again = copy.deepcopy(container)
        again.vmid = 101
        again.config["hostname"] = "new"
        cluster.guests[101] = again
        renamed = cluster.guests[102]
        renamed.config["name"] = "other"
        seen = tick(simulator, guests=[101, 102])

    listed = find(seen, "guest", 101)
    assert listed["config"]["hostname"] == "new"
    # What the list says of 101 is of the guest before.
    assert "overview" not in listed
    assert find(seen, "guest", 102)["overview"]["name"] == "other"
    assert is_complete(seen, "guest")
    assert list_missing(seen, "guest") == []


def test_a_guest_that_a_task_names_is_as_it_is_while_lists_show_how_it_was():
    with Simulator(build_cluster(nodes=1, guests=3), port=0, task_seconds=0.0, resources_lag=600.0) as lab:
        client = make_client(lab)
        client.request("POST", "/nodes/pve1/qemu/101/status/stop")
        assert next(one["status"] for one in client.get("/cluster/resources") if one.get("vmid") == 101) == "running"

        seen = tick(lab)

    assert (find(seen, "guest", 101) or {})["overview"]["status"] == "stopped"


def test_the_tags_in_use_are_no_option_of_the_datacenter(lab, guests):
    assert make_client(lab).get("/cluster/options")["allowed-tags"]

    seen = tick(lab, parts=("options",))

    assert "allowed-tags" not in (find(seen, "options", "datacenter") or {})["config"]


def test_a_big_cluster_costs_few_requests(request):
    with Simulator(build_cluster(nodes=16, guests=64), port=0, task_seconds=0.0) as simulator:
        client = make_client(simulator)
        first = observe_cluster(client, Wish(guests=[], parts=()))
        for vmid in range(101, 131):
            guest = simulator.cluster.guests[vmid]
            if guest.type == "qemu" and not guest.template:
                action = "stop" if guest.running else "start"
                client.request("POST", f"/nodes/{guest.node}/qemu/{vmid}/status/{action}")
        quiet = tick(simulator, since=int(first.header["at"]) + 3600)
        busy = tick(simulator, since=first.until)

    assert quiet.requests <= 20
    named = {task["id"] for task in busy.lines.tasks}
    assert len(named) > 10
    assert {key for (kind, key), doc in busy.lines.objects.items() if kind == "guest" and "config" in doc} == named
    assert busy.requests <= 20 + 7 * len(named)


MADE = (
    ("POST", "/access/groups", {"groupid": "ops", "comment": "operators"}),
    ("POST", "/access/users", {"userid": "ann@pve", "groups": "ops", "comment": "Ann"}),
    ("POST", "/access/users/ann@pve/token/ci", {"privsep": 1}),
    ("PUT", "/access/acl", {"path": "/vms/101", "users": "ann@pve", "roles": "PVEVMUser"}),
    ("POST", "/cluster/firewall/aliases", {"name": "token", "cidr": "10.0.0.0/8"}),
    ("POST", "/cluster/firewall/ipset", {"name": "keys"}),
    ("POST", "/cluster/firewall/ipset/keys", {"cidr": "10.1.0.1"}),
    ("POST", "/cluster/firewall/groups", {"group": "web", "comment": "of the shop"}),
    ("POST", "/cluster/firewall/groups/web", {"type": "in", "action": "ACCEPT", "enable": 1}),
    ("POST", "/nodes/pve1/firewall/rules", {"type": "in", "action": "DROP", "enable": 1}),
    ("POST", "/nodes/pve1/qemu/101/firewall/ipset", {"name": "mine"}),
    ("POST", "/nodes/pve1/qemu/101/firewall/ipset/mine", {"cidr": "10.1.0.2"}),
    ("POST", "/cluster/ha/resources", {"sid": "vm:101"}),
    ("POST", "/cluster/ha/resources", {"sid": "vm:102"}),
    (
        "POST",
        "/cluster/ha/rules",
        {"rule": "apart", "type": "resource-affinity", "affinity": "negative", "resources": "vm:102,vm:101"},
    ),
    ("POST", "/cluster/backup", {"id": "nightly", "schedule": "daily", "vmid": "101", "storage": "local"}),
    ("POST", "/cluster/sdn/zones", {"zone": "z1", "type": "simple"}),
    ("POST", "/cluster/sdn/vnets", {"vnet": "v1", "zone": "z1"}),
    ("POST", "/cluster/sdn/vnets/v1/subnets", {"subnet": "10.3.0.0/24", "type": "subnet"}),
    ("POST", "/cluster/mapping/usb", {"id": "stick", "map": ["node=pve1,id=1234:5678"]}),
)
ACCEPT = {"type": "in", "action": "ACCEPT", "enable": 1}
FOUND: dict[tuple[str, str], Sections] = {
    ("group", "ops"): {"config": {"groupid": "ops", "comment": "operators", "users": ["ann@pve"]}},
    ("token", "ann@pve!ci"): {"config": {"tokenid": "ci", "expire": 0, "privsep": 1}},
    ("acl", "/vms/101 ann@pve PVEVMUser"): {
        "config": {"path": "/vms/101", "type": "user", "ugid": "ann@pve", "roleid": "PVEVMUser", "propagate": 1}
    },
    ("firewall", "cluster"): {
        "firewall": {
            "options": {},
            "rules": [],
            "aliases": {"token": {"cidr": "10.0.0.0/8", "ipversion": 4}},
            "ipsets": {"keys": {"entries": [{"cidr": "10.1.0.1"}]}},
        }
    },
    ("firewall", "group/web"): {"firewall": {"comment": "of the shop", "rules": [ACCEPT]}},
    ("firewall", "node/pve1"): {"firewall": {"options": {}, "rules": [{**ACCEPT, "action": "DROP"}]}},
    ("ha_resource", "vm:101"): {"config": {"sid": "vm:101", "type": "vm"}},
    ("sdn", "zone/z1"): {"config": {"zone": "z1", "type": "simple"}},
    ("mapping", "usb/stick"): {"config": {"id": "stick", "type": "usb", "map": ["node=pve1,id=1234:5678"]}},
}


def test_every_kind_of_thing_is_seen():
    with Simulator(build_cluster(nodes=2, guests=4), port=0, task_seconds=0.0) as simulator:
        client = make_client(simulator)
        for method, path, params in MADE:
            client.request(method, path, params)
        seen = observe_cluster(client, Wish())

    assert {name: seen.lines.objects.get(name) for name in FOUND} == FOUND
    assert find(seen, "user", "ann@pve")["config"].items() >= {"groups": ["ops"], "comment": "Ann"}.items()
    assert find(seen, "ha_rule", "apart")["config"]["resources"] == ["vm:101", "vm:102"]
    assert find(seen, "backup_job", "nightly")["config"]["schedule"] == "daily"
    assert find(seen, "sdn", "vnet/v1")["subnets"][0]["cidr"] == "10.3.0.0/24"
    assert find(seen, "guest", 101)["firewall"]["ipsets"] == {"mine": {"entries": [{"cidr": "10.1.0.2"}]}}
    assert seen.lines.missing == []


def test_what_was_measured_of_objects_is_read_last_and_within_the_budget(lab: Simulator) -> None:
    running = next(guest for guest in lab.cluster.guests.values() if guest.running)
    node = running.node
    wanted = [
        {"kind": "node", "key": node, "timeframes": ["hour"]},
        {"kind": "volumes", "key": f"local@{node}", "timeframes": ["month"]},
        {"kind": "guest", "key": str(running.vmid), "timeframes": ["month", "year"]},
        {"kind": "guest", "key": "999", "timeframes": ["year"]},
    ]

    seen = tick(lab, measured=wanted)

    lines = {(line["kind"], line["key"], line.get("step")): line for line in seen.lines.measured}
    assert list(lines) == [
        ("node", node, 60),
        ("volumes", f"local@{node}", 1800),
        ("guest", str(running.vmid), 1800),
        ("guest", str(running.vmid), 21600),
        ("guest", "999", None),
    ]
    assert lines["guest", "999", None]["why"]
    month = lines["guest", str(running.vmid), 1800]
    assert len(month["times"]) == len(month["values"]["cpu"]) > 0
    assert set(lines["volumes", f"local@{node}", 1800]["values"]) == {"disk"}

    short = tick(lab, measured=wanted, budget=tick(lab).requests + 2)

    assert short.left_measured == [f"guest/{running.vmid}"]
    assert [line["kind"] for line in short.lines.measured] == ["node", "volumes", "guest"]


def test_what_was_never_measured_is_read_as_nothing_and_what_fails_says_why(lab: Simulator) -> None:
    wanted = [{"kind": "guest", "key": "101", "timeframes": ["year"]}]
    missing = "RRD error: rrdcached@unix:/x: rrd_fetch_r failed: opening '/var/lib/x': No such file or directory"
    lab.inject(path="/101/rrddata$", message=missing, count=1)
    lab.inject(path="/101/rrddata$", message="RRD error: Unable to connect to rrdcached: No such file", count=1)

    (nothing,) = tick(lab, measured=wanted).lines.measured
    (failed,) = tick(lab, measured=wanted).lines.measured

    assert nothing["times"] == []
    assert "Unable to connect" in failed["why"]
