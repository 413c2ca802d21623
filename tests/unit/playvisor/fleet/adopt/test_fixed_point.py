"""A fleet that was imported changes nothing: the plan right after it is empty, for every shape of guests.

One simulated cluster has all of them, and what clusters have beside guests.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import (
    Document,
    read_document,
    select_objects,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.report import build_result
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.observation import Wish, observe_cluster
from guest_shapes import build_shapes, number_shapes
from simulated import make_client

from playvisor.fleet.adopt.adoption import PARTS, Adoption, adopt_cluster
from playvisor.fleet.adopt.observed import read_observation
from playvisor.fleet.adopt.proof import NoFixedPoint, prove_fixed_point
from playvisor.fleet.render import render_fleet
from pve_simulator import Simulator

REQUESTS = [
    ("POST", "/access/roles", {"roleid": "Ops", "privs": "VM.PowerMgmt,VM.Audit"}),
    ("POST", "/access/groups", {"groupid": "ops", "comment": "Operators"}),
    ("POST", "/access/users", {"userid": "zoe@pve", "groups": "ops", "email": "zoe@example.com", "enable": 0}),
    ("POST", "/access/users/zoe@pve/token/ci", {"privsep": 1, "comment": "pipelines", "expire": 1900000000}),
    ("PUT", "/access/acl", {"path": "/vms", "groups": "ops", "roles": "Ops,PVEAuditor", "propagate": 0}),
    ("PUT", "/access/acl", {"path": "/", "tokens": "zoe@pve!ci", "roles": "PVEAuditor"}),
    ("PUT", "/pools/webshop", {"comment": "{{ shop }}", "storage": "shared"}),
    (
        "POST",
        "/cluster/backup",
        {
            "id": "nightly",
            "schedule": "mon..fri 02:30",
            "vmid": "9000,9001",
            "storage": "shared",
            "mode": "snapshot",
            "compress": "zstd",
            "prune-backups": "keep-last=3,keep-weekly=4",
            "notes-template": "{{guestname}}\\n{{node}}",
            "enabled": 0,
            "fleecing": "enabled=1,storage=local-lvm",
            "performance": "max-workers=8",
        },
    ),
    (
        "POST",
        "/cluster/backup",
        {"id": "weekly", "schedule": "sat 03:00", "all": 1, "exclude": "9002", "storage": "shared"},
    ),
    ("POST", "/cluster/ha/resources", {"sid": "vm:9001"}),
    (
        "POST",
        "/cluster/ha/rules",
        {
            "rule": "apart",
            "type": "resource-affinity",
            "affinity": "negative",
            "resources": "vm:9001,ct:9048",
            "comment": "never both",
        },
    ),
    (
        "POST",
        "/cluster/ha/rules",
        {
            "rule": "near",
            "type": "node-affinity",
            "nodes": "pve1:2,pve2",
            "strict": 1,
            "disable": 1,
            "resources": "vm:9001",
        },
    ),
    ("POST", "/cluster/firewall/groups", {"group": "web", "comment": "Web servers"}),
    (
        "POST",
        "/cluster/firewall/groups/web",
        {"type": "in", "action": "ACCEPT", "macro": "HTTPS", "enable": 1, "comment": "[https]"},
    ),
    ("POST", "/cluster/firewall/groups", {"group": "empty"}),
    ("POST", "/cluster/firewall/aliases", {"name": "Office", "cidr": "198.51.100.0/24", "comment": "Head office"}),
    ("POST", "/cluster/firewall/ipset", {"name": "admins"}),
    ("POST", "/cluster/firewall/ipset/admins", {"cidr": "192.0.2.1"}),
    ("PUT", "/cluster/firewall/options", {"policy_in": "DROP", "log_ratelimit": "enable=1,rate=2/minute"}),
    (
        "POST",
        "/cluster/firewall/rules",
        {"type": "in", "action": "ACCEPT", "source": "+admins", "enable": 1, "comment": "Ops [ops]"},
    ),
    ("PUT", "/nodes/pve1/firewall/options", {"log_level_in": "info", "nosmurfs": 0}),
    (
        "POST",
        "/nodes/pve1/firewall/rules",
        {"type": "in", "action": "DROP", "proto": "tcp", "dport": "111", "enable": 1},
    ),
]
ODD = {
    "scsi0": "local-lvm:vm-9000-disk-0,iothread=1,quantum=7,size=32G",
    "cpu": "host,flags=+flux-capacitor",
    "scsihw": "quantum-scsi",
    "ostype": "w13",
    "machine": "future",
    "net0": "virtio=BC:24:11:AA:00:00,bridge=vmbr0,spin=up",
}


@pytest.fixture(scope="module")
def client():
    with Simulator(build_shapes(), resources_lag=0) as simulator:
        client = make_client(simulator)
        for method, path, params in REQUESTS:
            client.request(method, path, params)
        yield client


def observe(client, tmp_path):
    seen = observe_cluster(client, Wish())
    file = tmp_path / "observed.jsonl"
    file.write_text("".join(seen.lines.render(seen.header)))
    return read_observation(file)


def report(client, fleet, only=()):
    """What a report of pve_fleet says of a fleet: its objects."""
    document = select_objects(read_document(fleet), only)
    return build_result(document, compose(ForecastClient(client), document, Document("last")))["objects"]


@pytest.fixture(scope="module")
def adopt_lab(client, tmp_path_factory):
    """An import of everything, which was proven, with the folder of its files."""
    folder = tmp_path_factory.mktemp("import")
    observed = observe(client, folder)
    adoption = adopt_cluster(observed, observed.list_guests())
    proven, _texts = prove_fixed_point(adoption, folder / "fleet", partial(report, client))
    return proven, folder / "fleet"


def test_the_plan_right_after_an_import_is_empty(client, adopt_lab):
    adoption, folder = adopt_lab
    document = render_fleet(folder).document
    assert set(document) == {"fleet", "cluster", *PARTS}
    assert len(document["guests"]) == len(number_shapes()) >= 25
    assert document["guests"]["linked-clone-of-a-template"]["clone"] == {"name": "template", "full": False}
    assert [one for one in report(client, document) if one["changed"] or one["failure"]] == []
    assert not any("not managed" in phrase for phrases in adoption.notes.values() for phrase in phrases)


def test_what_is_beside_guests_is_said_in_full(adopt_lab):
    document = adopt_lab[0].document
    assert document["pools"]["webshop"] == {"comment": "{{ shop }}", "storages": ["shared"]}
    assert document["backup_jobs"]["nightly"] == {
        "schedule": "mon..fri 02:30",
        "vmids": [9000, 9001],
        "storage": "shared",
        "enabled": False,
        "mode": "snapshot",
        "compress": "zstd",
        "retention": {"last": 3, "weekly": 4},
        "notes": "{{guestname}}\n{{node}}",
        "fleecing": {"enabled": True, "storage": "local-lvm"},
        "performance": {"max_workers": 8},
    }
    assert document["ha_rules"]["apart"]["guests"] == {"names": ["container-with-a-snapshot-and-ha", "only-a-name"]}
    assert document["ha_rules"]["near"]["nodes"] == ["pve1:2", "pve2"]
    firewall = document["firewall"]
    assert firewall["groups"] == {
        "empty": {},
        "web": {
            "comment": "Web servers",
            "rules": [{"key": "https", "type": "in", "action": "ACCEPT", "macro": "HTTPS"}],
        },
    }
    assert firewall["cluster"]["rules"] == [
        {"key": "ops", "type": "in", "action": "ACCEPT", "source": "+admins", "comment": "Ops"}
    ]
    access = document["access"]
    assert access["roles"] == [{"role": "Ops", "privileges": ["VM.Audit", "VM.PowerMgmt"]}]
    assert access["tokens"] == [{"token": "zoe@pve!ci", "privsep": True, "expire": 1900000000, "comment": "pipelines"}]
    assert access["users"] == [{"user": "zoe@pve", "groups": ["ops"], "enable": False, "email": "zoe@example.com"}]
    assert {"path": "/vms", "group": "ops", "roles": ["Ops", "PVEAuditor"], "propagate": False} in access["acls"]


def test_a_value_that_no_module_takes_is_left_as_it_is_and_said(client, adopt_lab, tmp_path):
    """Options that this version does not know are no reason to refuse an import, nor to touch them."""
    observed = observe(client, tmp_path)
    (guest,) = [one for one in observed.list_guests() if one.vmid == 9000]
    guest = replace(guest, config={**guest.config, **ODD})
    adoption = adopt_cluster(observed, [guest], parts=["guests"])
    proven, _texts = prove_fixed_point(adoption, tmp_path / "fleet", partial(report, client))
    entry = proven.guests["plain-machine"]
    assert not {"cpu", "scsihw", "ostype", "machine"} & entry.keys()
    assert entry["nics"] == [{"slot": "net0", "model": "virtio", "mac": "BC:24:11:AA:00:00", "bridge": "vmbr0"}]
    assert entry["disks"] == [{"slot": "scsi0", "storage": "local-lvm", "size": 32, "iothread": True}]
    phrases = " ".join(proven.notes["guests", "plain-machine"])
    assert "not managed: cpu host,flags=+flux-capacitor" in phrases
    assert "not managed: disks.scsi0.options.quantum 7" in phrases
    assert "not managed: scsihw quantum-scsi" in phrases


def test_a_fleet_that_would_change_something_is_refused_by_the_names_of_the_fields(client, adopt_lab, tmp_path):
    entry = copy.deepcopy(adopt_lab[0].guests["plain-machine"])
    entry.update({"cores": 4, "state": "stopped", "tags": ["new"]})
    adoption = Adoption({"fleet": "lab", "guests": {"plain-machine": entry}})
    with pytest.raises(NoFixedPoint) as raised:
        prove_fixed_point(adoption, tmp_path, partial(report, client))
    paths = {f"guests.plain-machine.{field}" for field in ("cores", "state", "tags")}
    assert {".".join(one.path) for one in raised.value.differences} == paths
    assert "guests.plain-machine.cores: 2 would become 4" in str(raised.value)
    assert all(f"--without '{path}'" in raised.value.hint for path in paths)
