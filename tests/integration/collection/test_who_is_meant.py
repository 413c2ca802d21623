"""Guests that were renamed, moved, made or replaced just now: the cluster's list doesn't know of it for 10 s."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest import lookup
from ansible_collections.playvisor.proxmox.plugins.modules import pve_guest_state, pve_migrate
from scenarios.running import run_module

from pve_simulator import Simulator
from pve_simulator.clusters.seed import cluster_from_data


def machine(vmid, name, node="pve1", **more):
    disk = {"scsi0": f"local-lvm:vm-{vmid}-disk-0,size=1G"}
    return {"vmid": vmid, "name": name, "node": node, "memory": "64", "status": "running", **disk, **more}


GUESTS = [
    machine(611, "alpha", tags="blue"),
    machine(612, "spare", node="pve2", tags="green"),
    machine(670, "doomed", status="stopped"),
    machine(671, "other", status="stopped"),
    {"vmid": 680, "type": "lxc", "name": "box", "node": "pve1", "rootfs": "local-lvm:vm-680-disk-0,size=1G"},
]


@pytest.fixture
def simulator():
    cluster = cluster_from_data({"nodes": ["pve1", "pve2"], "guests": GUESTS})
    with Simulator(cluster, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def run(connection_env):
    """`run("guest_state", name="alpha", state="stopped")`: the result of a module."""

    def run(module, check=False, **options):
        return run_module(f"pve_{module}", options, connection_env, check=check)

    return run


@pytest.fixture
def rename(client, simulator):
    """`rename(611, "beta")`, as somebody else does by the API."""

    def rename(vmid, name):
        guest = simulator.cluster.guests[vmid]
        option = "name" if guest.type == "qemu" else "hostname"
        client.request("PUT", f"/nodes/{guest.node}/{guest.type}/{vmid}/config", {option: name})

    return rename


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


@pytest.fixture
def swapped(rename):
    """612 is called alpha by now, and 611, which was, alpha-old."""
    rename(611, "alpha-old")
    rename(612, "alpha")


# Each finds alpha in a way of its own: by its name, or by one among others.
SELECTIONS = [
    {"name": "alpha"},
    {"vmid": 612, "name": "alpha"},
    {"guests": {"names": ["alpha"]}},
    {"guests": {"names": ["alph?"]}},
    {"guests": {"names": ["alpha"], "vmids": [611, 612]}},
    {"guests": {"names": ["alpha"], "tags": ["green"]}},
]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_the_guest_with_the_name_is_stopped_and_not_its_former_owner(run, simulator, swapped, selection):
    result = run("guest_state", **selection, state="stopped", force=True)

    assert [(guest["vmid"], guest["name"]) for guest in result["guests"]] == [(612, "alpha")]
    assert simulator.cluster.guests[611].running
    assert not simulator.cluster.guests[612].running


TASKS = [
    ("guest", {"cores": 2}),
    ("snapshot", {"snapname": "before"}),
    ("cloudinit", {"user": "me"}),
    ("firewall", {"level": "guest", "options": {"enable": True}}),
    ("backup", {"storage": "local"}),
    ("migrate", {"target": "pve1", "with_local_disks": True}),
    ("ha", {"request_state": "ignored"}),
    ("clone", {"new_name": "copy", "newid": 700, "full": True}),
]


@pytest.mark.parametrize(("module", "options"), TASKS)
def test_every_module_changes_the_guest_that_has_the_name_now(run, simulator, swapped, module, options):
    result = run(module, name="alpha", **options)

    assert not result.get("failed"), result
    assert result["changed"]
    steps = result["plan"]["steps"]
    named = [(step["path"], {key: step["params"].get(key) for key in ("vmid", "sid")}) for step in steps]
    assert all("612" in f"{path} {params}" and "611" not in f"{path} {params}" for path, params in named)


@pytest.mark.parametrize("module", ["guest_info", "firewall_info", "console_info"])
def test_reading_by_name_reads_the_guest_that_has_it_now(run, swapped, module):
    options = {"level": "guest"} if module == "firewall_info" else {}

    found, nobody = (run(module, name=name, **options) for name in ("alpha", "spare"))

    assert "612" in str(found)
    assert "611" not in str({key: value for key, value in found.items() if key != "invocation"})
    assert nobody["failure"]["code"] == "not_found"
    assert "612 is named alpha now" in nobody["failure"]["hint"]


def test_a_guest_is_read_as_it_is_after_it_was_stopped(run):
    run("guest_state", vmid=611, state="stopped", force=True)

    (by_id,) = run("guest_info", vmid=611)["guests"]
    stopped = run("guest_info", guests={"status": "stopped", "type": "qemu"})["guests"]

    assert by_id["status"] == "stopped"
    assert [guest["vmid"] for guest in stopped] == [611, 670, 671]


def test_a_guest_that_has_just_moved_or_was_made_is_listed_with_its_own_state_and_name(run, simulator):
    del simulator.cluster.guests[611].config["scsi0"]
    run("migrate", vmid=611, target="pve2")
    run("guest", vmid=690, name="fresh", node="pve1")

    listed = {guest["vmid"]: guest for guest in run("guest_info")["guests"]}

    assert (listed[611]["status"], listed[611]["node"]) == ("running", "pve2")
    assert (listed[690]["status"], listed[690]["name"]) == ("stopped", "fresh")


def test_the_guest_with_the_name_is_deleted_and_not_its_former_owner(run, simulator, rename):
    rename(670, "keep")
    rename(671, "doomed")

    result = run("guest", name="doomed", state="absent")

    assert result["changed"]
    assert 670 in simulator.cluster.guests
    assert 671 not in simulator.cluster.guests


def test_an_id_with_the_name_that_its_guest_had_is_refused(run, simulator, rename):
    rename(670, "precious")

    result = run("guest", vmid=670, name="doomed", state="absent")

    assert result["failure"]["code"] == "not_found"
    assert "precious" in result["msg"]
    assert 670 in simulator.cluster.guests


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("guest", {"state": "absent"}),
        ("guest", {"disks": [{"slot": "scsi0", "state": "absent"}]}),
        ("guest", {"disks": [{"slot": "scsi0", "storage": "shared", "move": True, "delete_source": True}]}),
        ("guest", {"nics": [{"slot": "net0", "state": "absent"}]}),
        ("guest", {"memory": 128, "restart_if_required": True}),
        ("guest", {"state": "template"}),
        ("ha", {"request_state": "stopped"}),
        ("backup", {"storage": "local", "mode": "stop"}),
        ("backup", {"storage": "local", "state": "pruned", "retention": {"last": 1}}),
        ("migrate", {"target": "pve2", "with_local_disks": True}),
        ("firewall", {"level": "guest", "options": {"enable": True}}),
        ("guest_state", {"state": "stopped"}),
        ("guest_state", {"state": "restarted"}),
        ("snapshot", {"state": "rolled_back", "snapname": "before"}),
        ("guest_exec", {"command": ["true"]}),
    ],
)
def test_a_name_just_given_to_another_guest_does_no_harm(run, simulator, rename, module, options):
    rename(612, "alpha")
    before = writes(simulator)

    result = run(module, name="alpha", **options)

    assert result["failure"]["code"] == "ambiguous"
    assert "611" in result["msg"]
    assert "612" in result["msg"]
    assert writes(simulator) == before


def test_a_guest_that_was_renamed_is_changed_by_its_new_name_and_not_made_again(run, simulator):
    run("guest", vmid=670, new_name="beta")

    result = run("guest", name="beta", cores=2)

    assert not result.get("failed"), result
    assert [guest["vmid"] for guest in result["guests"]] == [670]
    assert len(simulator.cluster.guests) == len(GUESTS)
    assert simulator.cluster.guests[670].config["cores"] == "2"


@pytest.mark.parametrize(
    "again",
    [
        {"vmid": 612, "name": "beta"},
        {"vmid": 612, "new_name": "beta"},
        {"vmid": 612, "name": "spare", "new_name": "beta"},
        {"name": "spare", "new_name": "beta"},
        {"name": "beta"},
    ],
)
def test_what_was_done_a_moment_ago_is_not_done_again(run, again):
    run("guest", vmid=612, new_name="beta")

    result = run("guest", **again)

    assert not result.get("failed"), result
    assert not result["changed"]


def test_a_name_that_somebody_has_got_just_now_is_not_given_twice(run, rename, simulator):
    rename(612, "beta")

    renamed, cloned = run("guest", vmid=611, new_name="beta"), run("clone", vmid=670, newid=700, new_name="beta")

    assert [result["failure"]["code"] for result in (renamed, cloned)] == ["ambiguous", "ambiguous"]
    assert [guest.name for guest in simulator.cluster.guests.values()].count("beta") == 1


def test_a_new_guest_can_be_named_at_once(run):
    made = run("guest", name="fresh", node="pve2", memory=64)
    again = run("guest", name="fresh", node="pve2", memory=64)
    by_id = run("guest", vmid=made["guests"][0]["vmid"], name="fresh")
    stopped = run("guest_state", guests={"names": ["fres*"]}, state="stopped")

    assert made["changed"]
    assert [(one.get("failed"), one["changed"]) for one in (again, by_id, stopped)] == [(None, False)] * 3


def test_a_clone_can_be_named_at_once_and_is_not_made_again(run):
    options = {"vmid": 670, "newid": 700, "new_name": "copy"}
    made = run("clone", **options)
    again = run("clone", **options)
    set_up = run("cloudinit", name="copy", user="me")

    assert made["changed"]
    assert not again["changed"]
    assert [guest["vmid"] for guest in set_up["guests"]] == [700]


def test_a_guest_that_was_sampled_while_it_was_made_has_its_name(run, simulator):
    for vmid in (671, 680):
        simulator.cluster.guests[vmid].config["lock"] = "create"
    simulator.catch_up()
    for vmid in (671, 680):
        del simulator.cluster.guests[vmid].config["lock"]

    listed = run("guest_info")["guests"]
    result = run("guest", name="other", cores=2)

    assert {guest["vmid"]: guest["name"] for guest in listed}[680] == "box"
    assert [guest["vmid"] for guest in result["guests"]] == [671]


@pytest.fixture
def reuse(client, simulator):
    """`reuse(670, "new", type="lxc")`: delete the guest, and make another one with its id."""

    def reuse(vmid, name, kind="qemu", **config):
        old = simulator.cluster.guests[vmid]
        del simulator.cluster.guests[vmid]
        data = {"nodes": ["pve1", "pve2"], "guests": [machine(vmid, name, old.node, **config)]}
        if kind == "lxc":
            data["guests"] = [{**GUESTS[-1], "vmid": vmid, "name": name, **config}]
        simulator.cluster.guests[vmid] = cluster_from_data(data).guests[vmid]

    return reuse


@pytest.mark.parametrize(
    ("vmid", "kind", "config"),
    [(670, "qemu", {"status": "stopped"}), (670, "lxc", {"status": "stopped"}), (671, "lxc", {"status": "stopped"})],
)
@pytest.mark.parametrize("by", ["vmid", "name", "names", "vmids"])
def test_a_guest_with_the_id_of_another_one_is_itself(run, simulator, reuse, vmid, kind, config, by):
    simulator.cluster.guests[vmid].config["template"] = "1"
    simulator.catch_up()
    reuse(vmid, "fresh", kind, **config)
    selection = {"vmid": vmid, "name": "fresh", "names": ["fresh"], "vmids": [vmid]}
    options = {by: selection[by]} if by in ("vmid", "name") else {"guests": {by: selection[by]}}

    result = run("guest_state", **options, state="started")

    assert not result.get("failed"), result
    assert [(guest["vmid"], guest["name"], guest["type"]) for guest in result["guests"]] == [(vmid, "fresh", kind)]
    assert simulator.cluster.guests[vmid].running


def test_a_template_is_known_as_one_at_once(run, simulator):
    run("guest", vmid=670, state="template")

    named = run("guest_state", vmid=670, state="started")
    chosen = run("guest_state", guests={"tags": [], "type": "qemu", "node": "pve1"}, state="stopped", force=True)

    assert named["failure"]["code"] == "unsupported"
    assert 670 not in [guest["vmid"] for guest in chosen["guests"]]


@pytest.fixture
def twins(rename):
    """611 on pve1 and 612 on pve2 are both called alpha, which the cluster's list does not know."""
    rename(612, "alpha")


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("guest", {"cores": 2}),
        ("guest", {"state": "absent"}),
        ("guest_state", {"state": "stopped", "force": True}),
        ("clone", {"new_name": "copy", "newid": 700, "full": True}),
    ],
)
@pytest.mark.parametrize("node", ["pve1", "pve2"])
@pytest.mark.parametrize("is_listed", [True, False])
def test_the_node_chooses_one_of_two_guests_of_a_name(run, simulator, twins, module, options, node, is_listed):
    for guest in simulator.cluster.guests.values():
        guest.running = module == "guest_state"
    if is_listed:
        simulator.catch_up()

    result = run(module, check=True, name="alpha", node=node, **options)

    assert not result.get("failed"), result
    assert result["changed"]
    assert f"/nodes/{node}/qemu/{611 if node == 'pve1' else 612}" in result["plan"]["steps"][0]["path"]


def test_a_name_on_a_node_costs_the_lists_of_that_node_only(run, simulator, twins):
    run("guest_state", check=True, name="alpha", node="pve2", state="stopped", force=True)

    asked = [path for _method, path, _status in simulator.requests]
    assert asked[1:3] == ["/cluster/resources", "/nodes/pve2/qemu"]
    assert not [path for path in asked if "/pve1/" in path]


@pytest.fixture
def case_sensitive(client, simulator):
    client.request("PUT", "/cluster/options", {"tag-style": "case-sensitive=1"})
    client.request("PUT", "/nodes/pve2/qemu/612/config", {"tags": "DMZ;Prod"})
    client.request("PUT", "/nodes/pve1/qemu/611/config", {"tags": "prod"})


@pytest.mark.parametrize(("tag", "vmids"), [("DMZ", [612]), ("Prod", [612]), ("prod", [611]), ("dmz", [])])
def test_tags_that_differ_in_case_only_choose_other_guests_in_a_cluster_that_says_so(run, case_sensitive, tag, vmids):
    read = run("guest_info", guests={"tags": [tag]})
    changed = run("guest_state", check=True, guests={"tags": [tag]}, state="stopped", force=True)

    assert [guest["vmid"] for guest in read["guests"]] == vmids
    assert [guest["vmid"] for guest in changed["guests"]] == vmids


def test_tags_keep_their_case_in_a_cluster_that_says_so(run, simulator, case_sensitive):
    added, removed = (
        run("guest", vmid=612, **{option: ["reviewed", "prod"]}) for option in ("add_tags", "remove_tags")
    )
    wished = [run("guest", vmid=612, tags=["Prod", "Web"]) for dummy in range(2)]

    assert [result["guests"][0]["after"]["tags"] for result in (added, removed)] == [
        ["DMZ", "Prod", "prod", "reviewed"],
        ["DMZ", "Prod"],
    ]
    assert simulator.cluster.guests[612].config["tags"] == "Prod;Web"
    assert [result["changed"] for result in wished] == [True, False]


@pytest.mark.parametrize("tag", ["Blue", "blue"])
def test_tags_have_no_case_in_any_other_cluster(run, simulator, tag):
    chosen = run("guest_state", check=True, guests={"tags": [tag]}, state="stopped", force=True)
    results = [run("guest", vmid=612, add_tags=[tag]) for dummy in range(2)]

    assert [guest["vmid"] for guest in chosen["guests"]] == [611]
    assert [result["changed"] for result in results] == [True, False]
    assert simulator.cluster.guests[612].config["tags"] == "blue;green"
    # Only a tag that is not in lower case may mean another one.
    asked = [path for _method, path, _status in simulator.requests if path == "/cluster/options"]
    assert bool(asked) == (tag == "Blue")


def test_an_existing_guest_that_is_left_as_it_is_is_not_taken_for_the_wished_one_in_silence(run, capsys):
    options = {"only": "new", "name": "alpha", "memory": 64}

    results = [run("guest", **options, **more) for more in ({"tags": ["blue"]}, {"cores": 8, "tags": ["blue", "new"]})]

    assert [(result["changed"], result["guests"][0]["vmid"]) for result in results] == [(False, 611)] * 2
    # Where the controller's half of Ansible is loaded, warnings are printed.
    printed = capsys.readouterr().err
    assert not results[0].get("warnings")
    warning = str(results[1].get("warnings")) + printed
    assert "611 (alpha) was there already" in warning
    assert "differs from what was asked for in cores, tags." in warning


class Meddler:
    """What somebody else does right before the first request of a plan is sent."""

    def __init__(self, monkeypatch):
        self.meddle = lambda: None
        meddler = self

        class Meddled(pve_guest_state.GuestState):
            def prepare_step(self, client, step):
                meddler.meddle()
                return super().prepare_step(client, step)

        monkeypatch.setattr(pve_guest_state, "GuestState", Meddled)


@pytest.fixture
def meddler(monkeypatch):
    return Meddler(monkeypatch)


@pytest.mark.parametrize(
    ("meddle", "code"),
    [
        (lambda guests, reuse: guests[611].config.update(name="other-name"), "drifted"),
        (lambda guests, reuse: guests[611].config.update(template="1"), "drifted"),
        (lambda guests, reuse: setattr(guests[611], "node", "pve2"), "drifted"),
        (lambda guests, reuse: guests.pop(611), "drifted"),
        (lambda guests, reuse: reuse(611, "alpha", "lxc"), "drifted"),
        (lambda guests, reuse: reuse(611, "alpha", description="another one"), "digest_conflict"),
        (lambda guests, reuse: guests[611].config.update(memory="128"), "digest_conflict"),
    ],
    ids=["renamed", "template", "moved", "deleted", "of another type", "another one of the name", "changed"],
)
def test_a_guest_replaced_right_before_the_first_request_is_left_alone(run, simulator, reuse, meddler, meddle, code):
    meddler.meddle = lambda: meddle(simulator.cluster.guests, reuse)

    result = run("guest_state", vmid=611, state="stopped", force=True)

    assert result["failure"]["code"] == code
    assert "othing was changed" in result["msg"]
    assert not result["changed"]
    assert writes(simulator) == []


def test_a_lock_that_comes_and_goes_makes_no_other_guest(run, simulator, meddler):
    meddler.meddle = lambda: simulator.cluster.guests[611].config.update(lock="backup")

    result = run("guest_state", vmid=611, state="stopped", shutdown_timeout=0, timeout=1)

    assert result["failure"]["code"] == "guest_locked"


def test_a_hibernated_guest_is_not_waited_for(run, simulator):
    simulator.cluster.guests[611].running = False
    simulator.cluster.guests[611].config["lock"] = "suspended"

    result = run("snapshot", vmid=611, snapname="asleep", timeout=3600)

    assert result["failure"]["code"] == "guest_locked"
    assert "hibernated" in f"{result['failure']['message']} {result['failure']['hint']}"


def test_a_snapshot_that_somebody_has_taken_makes_no_other_guest(run, simulator, meddler):
    meddler.meddle = lambda: simulator.cluster.guests[611].config.update(parent="nightly")

    result = run("guest_state", vmid=611, state="stopped", force=True)

    assert result["changed"], result


def test_what_was_changed_is_named(run, simulator, meddler):
    meddler.meddle = lambda: simulator.cluster.guests[611].config.update(memory="128", tags="red")

    result = run("guest_state", vmid=611, state="stopped", force=True)

    assert "memory, tags" in result["msg"]


def test_what_somebody_else_did_while_a_request_was_refused_is_not_called_our_change(run, simulator, monkeypatch):
    def move(guests=simulator.cluster.guests):
        guests[612].node = "pve1"

    def send(self, client, observed, step, outcome):
        move()
        return client.request(step.method, step.path, step.params)

    monkeypatch.setattr(pve_migrate.Migration, "send", send)
    result = run("migrate", vmid=612, target="pve1", with_local_disks=True)

    assert (result["failure"]["code"], result["changed"]) == ("not_found", False)


@pytest.mark.parametrize(("guests", "said"), [({"names": ["til?"]}, True), ({"names": ["tile"]}, False)])
def test_a_template_is_not_left_out_in_silence(run, simulator, guests, said):
    simulator.cluster.guests[671].config.update(name="tile", template="1")
    result = run("guest", guests=guests, add_tags=["seen"])

    assert ("Left out" in str(result.get("warnings"))) is said, result
    assert [guest["vmid"] for guest in result["guests"]] == ([] if said else [671])


def test_one_guest_that_is_another_one_by_now_fails_alone(run, simulator, meddler):
    simulator.cluster.guests[671].running = True
    meddler.meddle = lambda: simulator.cluster.guests[671].config.update(name="precious")

    result = run("guest_state", guests={"vmids": [611, 612, 671]}, state="stopped", force=True)

    assert {guest["vmid"]: guest["failure"] and guest["failure"]["code"] for guest in result["guests"]} == {
        611: None,
        612: None,
        671: "drifted",
    }
    assert [vmid for vmid, guest in simulator.cluster.guests.items() if guest.running] == [671]


@pytest.mark.parametrize(
    "meddle",
    [
        lambda guests, reuse: guests[611].config.update(name="beta"),
        lambda guests, reuse: guests[611].config.update(description="other"),
        lambda guests, reuse: reuse(611, "alpha", tags="blue", description="another one"),
    ],
    ids=["renamed", "changed", "replaced"],
)
def test_a_plan_is_void_when_its_guest_is_another_one(run, simulator, reuse, meddle):
    planned = run("guest_state", check=True, vmid=611, state="stopped", force=True)
    meddle(simulator.cluster.guests, reuse)

    result = run("guest_state", vmid=611, state="stopped", force=True, expect_plan=planned["plan"]["digest"])

    assert result["failure"]["code"] == "drifted"
    assert simulator.cluster.guests[611].running


def test_a_plan_holds_while_a_backup_has_the_guest(run, simulator):
    planned = run("guest_state", check=True, vmid=611, state="stopped", force=True)["plan"]["digest"]
    simulator.cluster.guests[611].config["lock"] = "backup"

    again = run("guest_state", check=True, vmid=611, state="stopped", force=True)["plan"]["digest"]

    assert planned == again


def test_a_name_is_not_free_while_a_node_can_not_be_asked(run, simulator):
    simulator.inject(path="^/nodes/pve2/qemu$", status=596, message="Connection timed out")

    made = run("guest", name="fresh", memory=64, node="pve1")
    with_id = run("guest", name="other", memory=64)

    assert made["failure"]["code"] == "node_offline"
    assert "612 on pve2" in made["msg"]
    assert not with_id.get("failed"), with_id


def test_nothing_is_deleted_by_its_name_while_a_node_can_not_be_asked(run, simulator):
    simulator.inject(path="^/nodes/pve2/qemu$", status=596, message="Connection timed out")

    by_name = run("guest", name="doomed", state="absent")
    by_both = run("guest", vmid=670, name="doomed", state="absent")

    assert by_name["failure"]["code"] == "node_offline"
    assert "612 on pve2" in by_name["msg"]
    assert by_both["changed"]


def test_a_name_is_not_missing_while_a_node_can_not_be_asked(run, simulator, swapped):
    simulator.inject(path="^/nodes/pve2/qemu$", status=596, message="Connection timed out")

    result = run("guest_state", name="alpha", state="stopped")

    assert result["failure"]["code"] == "node_offline"
    assert "612 on pve2" in result["msg"]


def test_a_guest_that_is_moved_while_lists_are_read_is_followed(client, simulator):
    inventory = lookup.observe_guests(client)
    simulator.cluster.guests[611].node = "pve2"
    del simulator.cluster.guests[671]

    found = lookup.read_lists(client, inventory, inventory.guests)

    assert found.get(611).node == "pve2"
    assert found.get(671) is None
    assert [guest.vmid for guest in found.guests] == [611, 612, 670, 680]


def test_a_guest_that_can_not_be_asked_is_not_taken_for_another(client, simulator):
    simulator.inject(path="/612/config$", message="no")

    with pytest.raises(PveError, match="no"):
        lookup.find_guests_to_change(client, {"vmid": 612})


STATUS = "/nodes/pve1/qemu/611/status"
CONFIG = "/nodes/pve1/qemu/611/config"


@pytest.mark.parametrize("selection", [{"vmid": 611}, {"name": "alpha"}, {"guests": {"tags": ["blue"]}}])
def test_one_guest_costs_two_requests_to_be_confirmed(run, simulator, selection):
    simulator.cluster.guests[611].running = False

    run("guest_state", **selection, state="started")

    asked = [(method, path) for method, path, _status in simulator.requests if "/tasks/" not in path]
    assert asked == [
        ("GET", "/cluster/resources"),
        ("GET", CONFIG),
        ("GET", f"{STATUS}/current"),
        ("GET", CONFIG),
        ("POST", f"{STATUS}/start"),
        ("GET", f"{STATUS}/current"),
    ]


@pytest.mark.parametrize("name", ["nobody", "alpha"])
def test_unknown_and_risky_names_are_looked_up_on_every_node(run, simulator, name):
    run("guest_state", check=True, name=name, state="stopped")

    asked = [path for _method, path, _status in simulator.requests]
    assert asked[0] == "/cluster/resources"
    assert sorted(asked[1:4]) == ["/nodes/pve1/lxc", "/nodes/pve1/qemu", "/nodes/pve2/qemu"]
