"""What a task names and the cluster has not, or can't do: check mode says so with the words that a run says."""

from __future__ import annotations

import pytest
from scenarios.running import run_module

from pve_simulator import Simulator
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.state.storage import Volume

TEMPLATE = "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"


def machine(vmid, name, volume="local-lvm:vm-{}-disk-0", **more):
    return {"vmid": vmid, "name": name, "node": "pve1", "scsi0": f"{volume.format(vmid)},size=1G", **more}


def container(vmid, name, **more):
    rootfs = f"local-lvm:vm-{vmid}-disk-0,size=1G"
    return {"vmid": vmid, "type": "lxc", "name": name, "node": "pve1", "rootfs": rootfs, **more}


def snapshot(**config):
    return {"s1": {"config": {"snaptime": "1760000000", **config}}}


SEED = {
    "nodes": ["pve1", "pve2"],
    "pools": {"prod": {"vms": [101]}, "empty": {}},
    "storages": [
        {"id": "local", "config": {"type": "dir", "path": "/var/lib/vz", "content": "iso,vztmpl,backup"}},
        {"id": "local-lvm", "config": {"type": "lvmthin", "thinpool": "d", "vgname": "a", "content": "images,rootdir"}},
        {"id": "shared", "config": {"type": "nfs", "server": "10.9.0.1", "export": "/e", "content": "images,backup"}},
        {"id": "files", "config": {"type": "dir", "path": "/srv/d", "content": "images"}},
        {"id": "only1", "config": {"type": "lvmthin", "thinpool": "d", "vgname": "b", "nodes": "pve1"}},
        {"id": "only2", "config": {"type": "lvmthin", "thinpool": "d", "vgname": "c", "nodes": "pve2"}},
        {"id": "off", "config": {"type": "dir", "path": "/srv/o", "content": "images,backup", "disable": 1}},
    ],
    "guests": [
        machine(101, "web-01", status="running", tags="prod", net0="virtio=BC:24:11:00:00:01,bridge=vmbr0"),
        container(102, "bound", status="running", mp0="/srv/data,mp=/data"),
        container(103, "box"),
        machine(104, "raw", "files:{0}/vm-{0}-disk-0.raw"),
        machine(105, "kept", "shared:{0}/vm-{0}-disk-0.qcow2", ha="stopped"),
        container(106, "busy", status="running"),
        machine(107, "idle"),
        machine(108, "roaming", "shared:{0}/vm-{0}-disk-0.qcow2"),
        machine(110, "saved-1", parent="s1", snapshots=snapshot(scsi0="local-lvm:vm-110-disk-0,size=1G")),
        container(111, "saved-2", parent="s1", snapshots=snapshot(rootfs="local-lvm:vm-111-disk-0,size=1G")),
        machine(112, "asleep", status="hibernated"),
        machine(109, "half", "shared:{0}/vm-{0}-disk-0.qcow2", ide2="local:iso/a.iso,media=cdrom"),
        machine(9000, "golden", "local-lvm:base-{}-disk-0", template=1),
    ],
}


@pytest.fixture(scope="module")
def simulator():
    cluster = cluster_from_data(SEED)
    cluster.storages["local"].volumes_on("pve1")[TEMPLATE] = Volume(TEMPLATE, "vztmpl", "tzst", 1024**2)
    with Simulator(cluster, task_seconds=0.0) as running:
        yield running


def list_cases(cases):
    """The cases, named by module and words; the first one of each code and module is tried every time."""
    tried, cases_with_ids = set(), []
    for case in cases:
        module, code, words = case[0], *case[-2:]
        marks = [pytest.mark.thorough] if (module, code) in tried else []
        tried.add((module, code))
        cases_with_ids.append(pytest.param(*case, marks=marks, id=f"{module}-{''.join(words)[:50]}"))
    return cases_with_ids


def disk(slot="scsi0", **more):
    return [{"slot": slot, "storage": "local-lvm", "size": 1, **more}]


def attach(volume):
    return [{"slot": "scsi3", "volume": volume}]


def new(**more):
    return {"name": "new", "node": "pve1", "disks": disk(), **more}


def new_container(**more):
    return new(type="lxc", ostemplate=TEMPLATE, disks=disk("rootfs"), **more)


def clone(vmid, **more):
    return {"vmid": vmid, "new_name": "copy", **more}


NODES = ["There are these: pve1, pve2."]
# Module, options, code, and words of the message and the hint.
REFUSED = [
    # Storages: not there, another case, switched off, elsewhere, for something else.
    ("pve_backup", {"name": "web-01", "storage": "nope"}, "not_found", ["There is no storage nope.", "local-lvm"]),
    ("pve_backup", {"name": "web-01", "storage": "Shared"}, "not_found", ["Did you mean shared?"]),
    ("pve_backup", {"name": "web-01", "storage": "off"}, "unsupported", ["Storage off is disabled."]),
    ("pve_backup", {"name": "web-01", "storage": "files"}, "unsupported", ["does not take backup", "local, shared"]),
    (
        "pve_backup",
        {"name": "web-01", "storage": "nope", "state": "pruned", "retention": {"last": 1}},
        "not_found",
        ["There is no storage nope."],
    ),
    ("pve_backup", {"volid": "nope:backup/x.vma.zst", "state": "absent"}, "not_found", ["There is no storage nope."]),
    ("pve_clone", clone(9000, full=True, storage="nope"), "not_found", ["There is no storage nope."]),
    ("pve_clone", clone(9000, full=True, storage="locallvm"), "not_found", ["Did you mean local-lvm"]),
    ("pve_clone", clone(9000, full=True, storage="local"), "unsupported", ["does not take images"]),
    ("pve_clone", clone(9000, full=True, storage="only2"), "unsupported", ["not on node pve1, but on pve2"]),
    ("pve_guest", new(disks=disk(storage="nope")), "not_found", ["There is no storage nope."]),
    ("pve_guest", {"name": "new", "disks": disk(storage="nope")}, "not_found", ["There is no storage nope."]),
    ("pve_guest", new(disks=disk(storage="local")), "unsupported", ["does not take images", "files, local-lvm"]),
    ("pve_guest", new(disks=disk(storage="off")), "unsupported", ["Storage off is disabled."]),
    ("pve_guest", new(disks=disk(storage="only2")), "unsupported", ["not on node pve1, but on pve2"]),
    ("pve_guest", new_container() | {"disks": disk("rootfs", storage="files")}, "unsupported", ["not take rootdir"]),
    ("pve_guest", {"vmid": 107, "disks": disk("scsi1", storage="nope")}, "not_found", ["There is no storage nope."]),
    ("pve_guest", {"vmid": 107, "disks": disk("scsi1", storage="local")}, "unsupported", ["does not take images"]),
    (
        "pve_guest",
        {"vmid": 107, "disks": [{"slot": "scsi0", "storage": "nope", "move": True}]},
        "not_found",
        ["There is no storage nope."],
    ),
    (
        "pve_guest",
        {"vmid": 103, "disks": [{"slot": "rootfs", "storage": "files", "move": True}]},
        "unsupported",
        ["does not take rootdir"],
    ),
    (
        "pve_cloudinit",
        {"vmid": 107, "user": "a", "drive": "ide2", "drive_storage": "nope"},
        "not_found",
        ["There is no storage nope."],
    ),
    ("pve_migrate", {"vmid": 107, "target": "pve2", "storage": "nope"}, "not_found", ["There is no storage nope."]),
    ("pve_migrate", {"vmid": 107, "target": "pve2", "storage": "local"}, "unsupported", ["does not take images"]),
    ("pve_migrate", {"vmid": 107, "target": "pve2", "storage": "only1"}, "unsupported", ["not on node pve2"]),
    ("pve_migrate", {"vmid": 103, "target": "pve2", "storage": "only1"}, "unsupported", ["not on node pve2"]),
    ("pve_pool", {"pool": "prod", "storages": ["nope"]}, "not_found", ["There is no storage nope."]),
    (
        "pve_storage_content",
        {"storage": "nope", "url": "http://x.example/a.iso", "filename": "a.iso"},
        "not_found",
        ["There is no storage nope."],
    ),
    (
        "pve_storage_content",
        {"storage": "local-lvm", "url": "http://x.example/a.iso", "filename": "a.iso"},
        "unsupported",
        ["does not take iso"],
    ),
    # Files on storages.
    (
        "pve_guest",
        new(disks=[*disk(), {"slot": "ide2", "cdrom": "local:iso/no.iso"}]),
        "not_found",
        ["no volume local"],
    ),
    ("pve_guest", new(disks=[*disk(), {"slot": "ide2", "cdrom": "nope:iso/no.iso"}]), "not_found", ["storage nope"]),
    ("pve_guest", {"vmid": 107, "disks": [{"slot": "ide2", "cdrom": "local:iso/no.iso"}]}, "not_found", ["no.iso"]),
    ("pve_guest", new_container() | {"ostemplate": "local:vztmpl/debian-13.tar.zst"}, "not_found", ["no volume"]),
    ("pve_guest", new_container() | {"ostemplate": "debian-13"}, "invalid_parameter", ["a template on a storage"]),
    ("pve_guest", new_container() | {"ssh_public_keys": ["me"]}, "invalid_parameter", ["a public key"]),
    # Disks: not there, of another guest, of a format that the storage has not.
    ("pve_guest", new(disks=attach("local-lvm:vm-999-disk-0")), "not_found", ["no volume local-lvm:vm-999-disk-0"]),
    (
        "pve_guest",
        new(disks=attach("local-lvm:vm-101-disk-0")),
        "invalid_parameter",
        ["scsi0 of guest 101 (web-01)", "import_from"],
    ),
    ("pve_guest", {"vmid": 107, "disks": attach("local-lvm:vm-101-disk-0")}, "invalid_parameter", ["of guest 101"]),
    ("pve_guest", {"vmid": 107, "disks": attach("local-lvm:vm-107-disk-9")}, "not_found", ["no volume local-lvm"]),
    ("pve_guest", new(disks=disk(import_from="local-lvm:base-9-disk-0")), "not_found", ["no volume local-lvm"]),
    ("pve_guest", new(disks=disk(import_from="/srv/a.raw")), "permission_denied", ["only root@pam itself for a path"]),
    ("pve_guest", new(disks=disk(format="qcow2")), "unsupported", ["no qcow2 volumes"]),
    (
        "pve_guest",
        {"vmid": 107, "disks": [{"slot": "scsi0", "storage": "local-lvm", "format": "qcow2", "move": True}]},
        "unsupported",
        ["no qcow2 volumes"],
    ),
    ("pve_clone", clone(9000, full=True, storage="local-lvm", format="vmdk"), "unsupported", ["no vmdk volumes"]),
    ("pve_clone", clone(107, format="qcow2"), "unsupported", ["no qcow2 volumes"]),
    # What a configuration names.
    ("pve_guest", new(cpu="Host"), "not_found", ["There is no processor type Host", "Did you mean host?"]),
    ("pve_guest", new(cpu="host,flags=+vmx"), "invalid_parameter", ["nested-virt"]),
    ("pve_guest", {"vmid": 107, "config": {"descripton": "x"}}, "not_found", ["Did you mean description"]),
    ("pve_guest", {"vmid": 103, "config": {"lxc.apparmor.profile": "x"}}, "not_found", ["There is no option lxc."]),
    (
        "pve_cloudinit",
        {"vmid": 107, "custom": {"user": "nope:snippets/u.yml"}},
        "not_found",
        ["There is no storage nope."],
    ),
    ("pve_cloudinit", {"vmid": 107, "custom": {"user": "local:iso/u.iso"}}, "invalid_parameter", ["a snippet on"]),
    # Pools.
    ("pve_clone", clone(9000, pool="prd"), "not_found", ["There is no pool prd.", "Did you mean prod?"]),
    ("pve_guest", new(pool="nope"), "not_found", ["There is no pool nope.", "empty, prod"]),
    ("pve_guest", {"vmid": 107, "pool": "PROD"}, "not_found", ["Did you mean prod?"]),
    ("pve_backup_job", {"id": "jobs", "schedule": "daily", "pool": "nope"}, "not_found", ["There is no pool nope."]),
    ("pve_pool", {"pool": "nope/below"}, "not_found", ["There is no pool nope."]),
    # Nodes.
    ("pve_guest", new(node="PVE1"), "not_found", ["There is no node PVE1.", "Did you mean pve1?", *NODES]),
    ("pve_guest", new(node="pve2.example.com"), "not_found", ["Did you mean pve2?"]),
    ("pve_clone", clone(108, target="nope"), "not_found", ["There is no node nope.", *NODES]),
    ("pve_migrate", {"vmid": 107, "target": "PVE2"}, "not_found", ["Did you mean pve2?"]),
    ("pve_migrate", {"drain": "pve1.example.com"}, "not_found", ["Did you mean pve1?"]),
    ("pve_ha", {"rule": "rule", "vmid": 105, "nodes": ["pve1:2", "nope"]}, "not_found", ["There is no node nope."]),
    ("pve_firewall", {"level": "node", "node": "PVE1", "options": {"enable": True}}, "not_found", ["mean pve1?"]),
    (
        "pve_storage_content",
        {"storage": "local", "node": "PVE2", "url": "http://x.example/a.iso", "filename": "a.iso"},
        "not_found",
        ["There is no node PVE2.", "Did you mean pve2?"],
    ),
    # Guests.
    ("pve_pool", {"pool": "prod", "vmids": [555]}, "not_found", ["There is no guest 555."]),
    ("pve_guest_state", {"name": "web-1", "state": "stopped"}, "not_found", ["Similar: 101 (web-01)"]),
    # Users, groups, roles, tokens.
    ("pve_access", {"users": [{"user": "x@pve", "groups": ["nope"]}]}, "not_found", ["There is no group nope."]),
    *(
        ("pve_access", {"acls": [{"path": "/vms/101", "roles": [role], kind: holder}]}, "not_found", [words])
        for role, kind, holder, words in (
            ("PVEAuditor", "user", "nope@pve", "There is no user nope@pve."),
            ("PVEAuditor", "group", "nope", "There is no group nope."),
            ("PVEAuditor", "token", "root@pam!nope", "There is no token root@pam!nope."),
            ("PVEAudit", "user", "root@pam", "Did you mean PVEAuditor"),
        )
    ),
    # Firewalls.
    (
        "pve_firewall",
        {"level": "cluster", "rules": [{"key": "a", "type": "in", "action": "ACCEPT", "source": "+nope"}]},
        "not_found",
        ["There is no IP set nope."],
    ),
    (
        "pve_firewall",
        {"level": "guest", "vmid": 101, "rules": [{"key": "a", "type": "in", "action": "DROP", "dest": "dc/nope"}]},
        "not_found",
        ["There is no alias nope."],
    ),
    # What disks can't.
    ("pve_snapshot", {"vmid": 102, "snapname": "s1"}, "unsupported", ["mp0 is a mount of /srv/data"]),
    ("pve_snapshot", {"vmid": 104, "snapname": "s1"}, "unsupported", ["scsi0 is on files as raw"]),
    ("pve_clone", clone(106), "unsupported", ["is running, and only a snapshot"]),
    ("pve_clone", clone(9000, target="pve2"), "unsupported", ["scsi0 (local-lvm)", "migrate the clone"]),
    (
        "pve_clone",
        {"vmid": 9000, "new_names": ["c-1", "c-2"], "targets": ["pve1", "pve2"]},
        "unsupported",
        ["to node pve2"],
    ),
    ("pve_clone", clone(109, target="pve2"), "unsupported", ["ide2 (local)"]),
    ("pve_clone", clone(108, target="pve2", storage="local-lvm"), "unsupported", ["local-lvm is not shared"]),
    ("pve_pool", {"pool": "other", "vmids": [107, 101]}, "protected", ["101 in prod"]),
    (
        "pve_firewall",
        {"level": "node", "node": "pve1", "rules": [{"key": "a", "type": "in", "action": "DROP", "source": "any"}]},
        "not_found",
        ["There is no alias any."],
    ),
    (
        "pve_firewall",
        {"level": "cluster", "ipsets": [{"name": "set1", "entries": [{"cidr": "dc/nope"}]}]},
        "not_found",
        ["There is no alias nope."],
    ),
    ("pve_storage", {"storage": "files", "config": {"maxfiles": 3}}, "invalid_parameter", ["no option maxfiles"]),
    ("pve_storage", {"storage": "new", "type": "nfs", "server": "s"}, "invalid_parameter", ["needs export"]),
    (
        "pve_access",
        {"roles": [{"role": "PVEMine", "privileges": ["VM.Audit"]}]},
        "invalid_parameter",
        ["those of Proxmox VE"],
    ),
    *(("pve_migrate", {"vmid": vmid, "target": "pve2"}, "unsupported", ["it has snapshots of"]) for vmid in (110, 111)),
    ("pve_guest", {"vmid": 110, "state": "template"}, "unsupported", ["has snapshots (s1)"]),
    ("pve_snapshot", {"vmid": 112, "snapname": "s1"}, "guest_locked", ["is hibernated"]),
    # HA.
    ("pve_guest", {"vmid": 105, "state": "absent"}, "unsupported", ["is under HA", "purge"]),
]


@pytest.mark.parametrize(("module", "options", "code", "words"), list_cases(REFUSED))
def test_check_mode_and_a_run_refuse_it_in_the_same_words(simulator, connection_env, module, options, code, words):
    before = len(simulator.requests)

    failures = [
        run_module(module, options, connection_env, check=check).get("failure") or {} for check in (True, False)
    ]

    assert failures[0] == failures[1]
    assert failures[0].get("code") == code
    told = f"{failures[0]['message']} {failures[0]['hint']}"
    assert [word for word in words if word not in told] == [], told
    assert {method for method, _path, _status in simulator.requests[before:]} == {"GET"}


# Module, options, and words of the warning: Proxmox VE takes it, so it is no failure.
TAKEN = [
    ("pve_backup_job", {"id": "j1", "schedule": "daily", "vmids": [101, 55555]}, ["There is no guest 55555."]),
    ("pve_backup_job", {"id": "j2", "schedule": "daily", "vmids": [101], "storage": "nope"}, ["no storage nope"]),
    ("pve_backup_job", {"id": "j3", "schedule": "daily", "all": True, "storage": "files"}, ["does not take backup"]),
    ("pve_backup_job", {"id": "j4", "schedule": "daily", "all": True, "node": "PVE1"}, ["Did you mean pve1?"]),
    ("pve_guest", {"vmid": 107, "nics": [{"slot": "net0", "bridge": "vmbr9"}]}, ["no bridge or VNet vmbr9 on node"]),
    (
        "pve_access",
        {"acls": [{"path": "/storage/nope", "user": "root@pam", "roles": ["PVEAuditor"]}]},
        ["There is no storage nope."],
    ),
    (
        "pve_access",
        {"acls": [{"path": "/vms/555", "user": "root@pam", "roles": ["PVEAuditor"]}]},
        ["There is no guest 555."],
    ),
    ("pve_access", {"users": [{"user": "eve@PVE"}]}, ["There is no realm PVE. Did you mean pve?"]),
    (
        "pve_firewall",
        {"level": "cluster", "rules": [{"key": "a", "type": "group", "action": "nope"}]},
        ["There is no security group nope."],
    ),
    (
        "pve_storage",
        {"storage": "more", "type": "dir", "config": {"path": "/x"}, "content": ["images"], "nodes": ["pve3"]},
        ["There is no node pve3."],
    ),
]


@pytest.mark.parametrize(("module", "options", "words"), TAKEN, ids=[f"{case[0]}-{case[2][0]}" for case in TAKEN])
def test_what_proxmox_ve_takes_all_the_same_is_a_warning(connection_env, module, options, words):
    results = [run_module(module, options, connection_env, check=check) for check in (True, False)]

    for result in results:
        assert "failure" not in result
        assert result["changed"]
        assert [word for word in words if word not in str(result["warnings"])] == []


# Module, options, and the code; None: an empty result with a warning of these words.
CHOSEN = [
    *(
        (module, {"guests": guests, **more}, code, words)
        for module, more in (
            ("pve_guest_info", {}),
            ("pve_guest_state", {"state": "stopped"}),
            ("pve_snapshot", {"snapname": "s1"}),
        )
        for guests, code, words in (
            ({"node": "PVE1"}, "not_found", "Did you mean pve1?"),
            ({"node": "pve1.example.com"}, "not_found", "Did you mean pve1?"),
            ({"node": "nope", "tags": ["prod"]}, "not_found", "There is no node nope."),
            ({"pool": "Prod"}, "not_found", "Did you mean prod?"),
            ({"pool": "empty"}, None, ""),
            ({"tags": ["prd"]}, None, "Similar tags: prod."),
            ({"names": ["Web-*"]}, None, "Similar: 101 (web-01)."),
        )
    ),
    ("pve_storage_info", {"node": "PVE1"}, "not_found", "Did you mean pve1?"),
    ("pve_storage_info", {"node": "nope", "content": "iso"}, "not_found", "There is no node nope."),
    ("pve_storage_info", {"storage": "Local"}, "not_found", "Did you mean local?"),
    ("pve_backup_info", {"storage": "Local"}, "not_found", "Did you mean local?"),
    ("pve_task_info", {"node": "PVE2"}, "not_found", "Did you mean pve2?"),
    ("pve_template_info", {"node": "PVE2"}, "not_found", "Did you mean pve2?"),
    ("pve_node_info", {"node": "PVE2"}, "not_found", "Did you mean pve2?"),
    ("pve_firewall_info", {"node": "PVE2"}, "not_found", "Did you mean pve2?"),
    ("pve_pool_info", {"pool": "Prod"}, "not_found", "Did you mean prod?"),
]


@pytest.mark.parametrize(("module", "options", "code", "words"), list_cases(CHOSEN))
def test_a_selection_that_can_not_be_right_is_not_empty_and_fine(connection_env, module, options, code, words):
    result = run_module(module, options, connection_env)

    failure = result.get("failure") or {}
    assert failure.get("code") == code
    told = f"{failure['message']} {failure['hint']}" if failure else str(result.get("warnings", ""))
    assert words in told


@pytest.fixture
def limited_env(connection_env, client):
    """`limited_env({"/vms": ["VM.Audit"]})`: the environment of somebody with these privileges on these paths."""

    def make(rights):
        user = f"few{len(client.get('/access/users'))}@pve"
        client.request("POST", "/access/users", {"userid": user})
        for number, (path, privileges) in enumerate(rights.items()):
            role = f"R{number}-{user.partition('@')[0]}"
            client.request("POST", "/access/roles", {"roleid": role, "privs": ",".join(privileges)})
            client.request("PUT", "/access/acl", {"path": path, "users": user, "roles": role})
        token = client.request("POST", f"/access/users/{user}/token/few", {"privsep": 0})
        own = {"PROXMOX_USER": user, "PROXMOX_TOKEN_ID": "few", "PROXMOX_TOKEN_SECRET": token["value"]}
        return {**connection_env, **own}

    return make


ALL_OF_GUESTS = ("VM.Allocate", "VM.Audit", "VM.Clone", "VM.Backup", "VM.Config.Options", "VM.Config.Disk")


def test_a_pool_that_can_not_be_seen_and_may_be_used_is_left_to_proxmox_ve(limited_env, client):
    env = limited_env({"/vms": ALL_OF_GUESTS, "/pool/prod": ALL_OF_GUESTS})
    wish = {"name": "member", "node": "pve1", "pool": "prod"}

    planned, applied = (run_module("pve_guest", wish, env, check=check) for check in (True, False))

    assert (planned.get("failure"), planned["changed"]) == (None, True)
    (made,) = [entry for entry in client.get("/cluster/resources", type="vm") if entry.get("pool") == "prod"][1:]
    assert applied["guests"][0]["vmid"] == made["vmid"]


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        ("pve_guest", {"name": "outside", "node": "pve1", "pool": "prod"}, "There is no pool prod, or these"),
        ("pve_guest", {"name": "outside", "node": "pve1", "disks": disk()}, "There is no storage local-lvm, or these"),
        ("pve_backup", {"vmid": 107, "storage": "shared"}, "There is no storage shared, or these"),
        ("pve_guest_info", {"guests": {"pool": "nope"}}, "There is no pool nope, or these"),
    ],
)
def test_what_can_neither_be_seen_nor_used_may_be_there(limited_env, module, options, words):
    result = run_module(module, options, limited_env({"/vms": ALL_OF_GUESTS}), check=True)

    assert result["failure"]["code"] == "not_found"
    assert words in result["failure"]["message"]


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        ("pve_pool", {"pool": "prod", "state": "absent"}, "Whether there is a pool prod is not known"),
        ("pve_storage", {"storage": "only1", "state": "absent"}, "Whether there is a storage only1 is not known"),
        ("pve_access", {"users": [{"user": "a@pve", "state": "absent"}]}, "Whether there is a user a@pve is not known"),
        ("pve_access_info", {}, "see nobody's entries but their own"),
    ],
)
def test_what_can_not_be_seen_is_not_called_absent(limited_env, connection_env, module, options, words):
    assert words in str(run_module(module, options, limited_env({"/vms": ["VM.Audit"]}), check=True)["warnings"])
    assert words not in str(run_module(module, options, connection_env, check=True).get("warnings"))


def test_a_bulk_snapshot_asks_no_guest_for_more_than_before(simulator, connection_env):
    before = len(simulator.requests)
    vmids = [101, 103, 106, 107, 108, 109]

    result = run_module("pve_snapshot", {"guests": {"vmids": vmids}, "snapname": "s1"}, connection_env, check=True)

    assert len(result["plan"]["steps"]) == len(vmids)
    asked = [path.split("/")[4:] for _method, path, _status in simulator.requests[before:] if path.count("/") > 3]
    assert sorted(asked) == sorted([str(vmid), what] for vmid in vmids for what in ("config", "snapshot"))


def test_what_a_plan_makes_first_may_be_named_in_it(connection_env):
    options = {
        "groups": [{"group": "ops"}],
        "users": [{"user": "new@pve", "groups": ["ops"]}],
        "acls": [{"path": "/pool/prod", "group": "ops", "roles": ["PVEAuditor"]}],
    }

    planned, applied = (run_module("pve_access", options, connection_env, check=check) for check in (True, False))

    assert (planned.get("failure"), applied.get("failure")) == (None, None)
    assert len(planned["plan"]["steps"]) == 3


def test_a_firewall_may_name_what_it_gets_first(connection_env):
    options = {
        "level": "cluster",
        "aliases": [{"name": "home", "cidr": "10.0.0.0/8"}],
        "ipsets": [{"name": "friends", "entries": [{"cidr": "10.1.0.0/16"}]}],
        "rules": [{"key": "b", "type": "in", "action": "ACCEPT", "source": "+friends", "dest": "HOME"}],
    }

    planned, applied = (run_module("pve_firewall", options, connection_env, check=check) for check in (True, False))

    assert (planned.get("failure"), applied.get("failure")) == (None, None)


def test_a_new_storage_is_used_at_once(connection_env):
    place = {"storage": "fresh", "type": "dir", "config": {"path": "/srv/fresh"}, "content": ["images"]}
    run_module("pve_storage", place, connection_env)

    made = run_module("pve_guest", {"name": "first", "node": "pve1", "disks": disk(storage="fresh")}, connection_env)

    assert made.get("failure") is None
