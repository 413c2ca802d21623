from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.plan import Observed
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.guest import Guests

# As recorded of a cluster, shortened.
QEMU = {
    "digest": "48e9",
    "name": "web-01",
    "memory": "128",
    "cores": 2,
    "sockets": 1,
    "onboot": 0,
    "ostype": "l26",
    "agent": "1",
    "tags": "prod;web",
    "description": "first line\nsecond",
    "boot": "order=scsi0;net0",
    "net0": "virtio=BC:24:11:B0:69:6B,bridge=vmbr0,firewall=1",
    "scsi0": "local:101/vm-101-disk-0.qcow2,discard=on,size=4G",
}
LXC = {
    "digest": "bab8",
    "hostname": "db-01",
    "memory": 128,
    "swap": 64,
    "cores": 1,
    "unprivileged": 1,
    "features": "nesting=1",
    "description": "a ct\n",
    "net0": "name=eth0,bridge=vmbr0,gw=10.99.0.254,hwaddr=BC:24:11:9B:A3:1D,ip=10.99.0.60/24,type=veth",
    "rootfs": "local:210/vm-210-disk-0.raw,size=1G",
}
VM = Observed(Guest(101, "web-01", "pve1", "qemu", "stopped", pool="prod"), True, QEMU)
LIVE = Observed(Guest(101, "web-01", "pve1", "qemu", "running"), True, QEMU, running=True)
CT = Observed(Guest(210, "db-01", "pve1", "lxc", "stopped"), True, LXC)
DISK_NOW = QEMU["scsi0"]
# Somebody else has changed an option of its disk, which waits.
WAITING = Observed(
    LIVE.guest,
    True,
    {**QEMU, "scsi0": f"{DISK_NOW},ssd=1"},
    True,
    {"scsi0": {"now": DISK_NOW, "next": f"{DISK_NOW},ssd=1"}},
    QEMU,
)
NEW = Observed(Guest(110, "new", "pve1", "qemu", "stopped"))
NEW_CT = Observed(Guest(110, "new", "pve1", "lxc", "stopped"))

DISK = {"state": "present", "move": False, "delete_source": False}
OPTIONS = {
    "state": "present",
    "only": None,
    "add_tags": None,
    "remove_tags": None,
    "disks": None,
    "nics": None,
    "config": None,
    "pool": None,
    "ostemplate": None,
    "password": None,
    "ssh_public_keys": None,
    "new_name": None,
    "name": None,
    "vmid": None,
    "restart_if_required": False,
    "shutdown_timeout": 180,
    "force": False,
    "purge": False,
    "destroy_unreferenced_disks": False,
}


def plan(observed, **options):
    told = {**OPTIONS, **options}
    told["disks"] = [{**DISK, **disk} for disk in told["disks"]] if told["disks"] else None
    told["nics"] = [{"state": "present", **nic} for nic in told["nics"]] if told["nics"] else None
    return Guests(told).plan(observed, told)


def requests(made):
    return [(step.method, step.path.removeprefix("/nodes/pve1/"), step.params) for step in made.steps]


@pytest.mark.parametrize(
    ("observed", "options"),
    [
        (VM, {}),
        (VM, {"cores": 2, "memory": 128, "tags": ["Web", "prod"], "description": "first line\nsecond\n"}),
        (VM, {"add_tags": ["WEB"], "remove_tags": ["test"]}),
        (VM, {"only": "existing", "cores": 2}),
        (VM, {"only": "new", "cores": 8, "tags": ["other"], "nics": [{"slot": "net0", "tag": 5}]}),
        (VM, {"kvm": True, "numa": False, "onboot": False, "startup": "", "agent": "enabled=1"}),
        (VM, {"name": "web-01", "new_name": "web-01", "pool": "prod"}),
        (VM, {"disks": [{"slot": "scsi0", "size": 4, "storage": "local"}], "nics": [{"slot": "net0", "tag": 0}]}),
        (VM, {"config": {"agent": {"enabled": 1}, "tablet": True, "vga": None, "cpulimit": ""}}),
        (CT, {"description": "a ct", "swap": 64, "features": "nesting=1", "unprivileged": True}),
        (CT, {"ostemplate": "local:vztmpl/a.tar.gz", "password": "secret"}),
        # What is not set is as it is without it.
        (VM, {"config": {"shares": 1000, "allow-ksm": True, "reboot": "on", "vcpus": 0, "startdate": "now"}}),
        (VM, {"agent": {"enabled": True, "fstrim_cloned_disks": False}, "hotplug": True, "boot": ["scsi0", "net0"]}),
        (CT, {"features": {"nesting": 1, "fuse": False}, "config": {"cmode": "tty", "console": "yes", "tty": 2}}),
        (Observed(CT.guest, True, {"hostname": "db-01"}), {"unprivileged": False}),
        (Observed(VM.guest, True, {**QEMU, "template": 1}), {"state": "template"}),
        (Observed(VM.guest, True, {**QEMU, "template": 1}), {}),
        (NEW, {"state": "absent"}),
    ],
)
def test_a_guest_that_is_as_wished_needs_nothing(observed, options):
    made = plan(observed, **options)

    assert requests(made) == []
    assert made.before == made.after


@pytest.mark.parametrize(
    ("observed", "options", "steps"),
    [
        (VM, {"cores": 4, "memory": 128}, [("PUT", "qemu/101/config", {"cores": 4, "digest": "48e9"})]),
        (
            VM,
            {"tags": [], "description": "", "agent": "0"},
            [("PUT", "qemu/101/config", {"agent": "0", "delete": "description,tags", "digest": "48e9"})],
        ),
        (
            VM,
            {"add_tags": ["new", "Web"], "remove_tags": ["PROD"]},
            [("PUT", "qemu/101/config", {"tags": "new;web", "digest": "48e9"})],
        ),
        (
            VM,
            {"remove_tags": ["prod", "web"]},
            [("PUT", "qemu/101/config", {"delete": "tags", "digest": "48e9"})],
        ),
        (
            VM,
            {"startup": {"order": 2, "up": 30}, "agent": {"enabled": 1, "fstrim_cloned_disks": "on"}},
            [
                (
                    "PUT",
                    "qemu/101/config",
                    {"startup": "order=2,up=30", "agent": "1,fstrim_cloned_disks=1", "digest": "48e9"},
                )
            ],
        ),
        (CT, {"features": {"nesting": False}}, [("PUT", "lxc/210/config", {"delete": "features", "digest": "bab8"})]),
        (VM, {"new_name": "web-02"}, [("PUT", "qemu/101/config", {"name": "web-02", "digest": "48e9"})]),
        (CT, {"new_name": "db-02"}, [("PUT", "lxc/210/config", {"hostname": "db-02", "digest": "bab8"})]),
        (
            VM,
            {"config": {"vga": "serial0", "hostpci0": {"host": "01:00", "pcie": True}, "ostype": None}},
            [
                (
                    "PUT",
                    "qemu/101/config",
                    {"vga": "serial0", "hostpci0": "01:00,pcie=1", "delete": "ostype", "digest": "48e9"},
                )
            ],
        ),
        (
            VM,
            {"nics": [{"slot": "net0", "tag": 5}, {"slot": "net1", "bridge": "vmbr1"}]},
            [
                (
                    "PUT",
                    "qemu/101/config",
                    {
                        "net0": "virtio=BC:24:11:B0:69:6B,bridge=vmbr0,firewall=1,tag=5",
                        "net1": "virtio,bridge=vmbr1",
                        "digest": "48e9",
                    },
                )
            ],
        ),
        (
            VM,
            {"nics": [{"slot": "net0", "state": "absent"}], "disks": [{"slot": "scsi0", "state": "detached"}]},
            [("PUT", "qemu/101/config", {"delete": "net0,scsi0", "digest": "48e9"})],
        ),
        # A new volume may take longer than a request may.
        (
            VM,
            {"cores": 4, "disks": [{"slot": "scsi1", "storage": "fast", "size": 8}]},
            [("POST", "qemu/101/config", {"cores": 4, "scsi1": "fast:8", "digest": "48e9"})],
        ),
        (
            CT,
            {"disks": [{"slot": "mp0", "storage": "fast", "size": 8, "mp": "/data"}]},
            [("PUT", "lxc/210/config", {"mp0": "fast:8,mp=/data", "digest": "bab8"})],
        ),
        (
            VM,
            {"disks": [{"slot": "scsi0", "size": 8}]},
            [("PUT", "qemu/101/resize", {"disk": "scsi0", "size": "8G", "digest": "48e9"})],
        ),
        (
            VM,
            {"disks": [{"slot": "scsi0", "state": "absent"}]},
            [("PUT", "qemu/101/config", {"delete": "scsi0", "force": 1, "digest": "48e9"})],
        ),
        (
            LIVE,
            {"cores": 4, "disks": [{"slot": "scsi0", "size": 8, "ssd": True}]},
            [
                ("PUT", "qemu/101/resize", {"disk": "scsi0", "size": "8G", "digest": "48e9"}),
                (
                    "PUT",
                    "qemu/101/config",
                    {"cores": 4, "scsi0": "local:101/vm-101-disk-0.qcow2,discard=on,size=8G,ssd=1"},
                ),
            ],
        ),
        (
            WAITING,
            {"disks": [{"slot": "scsi0", "size": 8}]},
            [
                ("PUT", "qemu/101/resize", {"disk": "scsi0", "size": "8G", "digest": "48e9"}),
                ("PUT", "qemu/101/config", {"scsi0": "local:101/vm-101-disk-0.qcow2,discard=on,size=8G,ssd=1"}),
            ],
        ),
        (VM, {"pool": ""}, [("PUT", "/pools", {"poolid": "prod", "vms": "101", "delete": 1})]),
        (VM, {"pool": "test"}, [("PUT", "/pools", {"poolid": "test", "vms": "101", "allow-move": 1})]),
        (CT, {"pool": "test"}, [("PUT", "/pools", {"poolid": "test", "vms": "210"})]),
        (
            VM,
            {"state": "template", "cores": 4},
            [("PUT", "qemu/101/config", {"cores": 4, "digest": "48e9"}), ("POST", "qemu/101/template", {})],
        ),
        (VM, {"state": "absent"}, [("DELETE", "qemu/101", {})]),
        (
            CT,
            {"state": "absent", "purge": True, "destroy_unreferenced_disks": True},
            [("DELETE", "lxc/210", {"purge": 1, "destroy-unreferenced-disks": 1})],
        ),
    ],
)
def test_an_existing_guest_is_brought_there_by_these_requests(observed, options, steps):
    assert requests(plan(observed, **options)) == steps


@pytest.mark.parametrize(
    ("observed", "options", "steps"),
    [
        (NEW, {}, [("POST", "qemu", {"vmid": 110})]),
        (NEW, {"config": {"boot": None, "onboot": "no"}}, [("POST", "qemu", {"vmid": 110, "onboot": 0})]),
        (
            NEW,
            {
                "name": "new",
                "cores": 2,
                "onboot": False,
                "add_tags": ["b", "a"],
                "only": "new",
                "pool": "prod",
                "description": "",
            },
            [("POST", "qemu", {"vmid": 110, "name": "new", "cores": 2, "onboot": 0, "tags": "a;b", "pool": "prod"})],
        ),
        (
            NEW,
            {"disks": [{"slot": "scsi0", "storage": "fast", "import_from": "local:import/a.qcow2", "size": 32}]},
            [
                ("POST", "qemu", {"vmid": 110, "scsi0": "fast:0,import-from=local:import/a.qcow2"}),
                ("PUT", "qemu/110/resize", {"disk": "scsi0", "size": "32G"}),
            ],
        ),
        (
            NEW,
            {"state": "template", "nics": [{"slot": "net0", "bridge": "vmbr0"}, {"slot": "net1", "state": "absent"}]},
            [("POST", "qemu", {"vmid": 110, "net0": "virtio,bridge=vmbr0"}), ("POST", "qemu/110/template", {})],
        ),
        (
            NEW_CT,
            {
                "name": "new",
                "ostemplate": "local:vztmpl/a.tar.gz",
                "password": "secret",
                "ssh_public_keys": ["ssh-ed25519 AAAA a", "ssh-ed25519 AAAA b"],
                "unprivileged": True,
                "disks": [{"slot": "rootfs", "storage": "fast", "size": 8}],
            },
            [
                (
                    "POST",
                    "lxc",
                    {
                        "vmid": 110,
                        "hostname": "new",
                        "ostemplate": "local:vztmpl/a.tar.gz",
                        "password": "secret",
                        "ssh-public-keys": "ssh-ed25519 AAAA a\nssh-ed25519 AAAA b",
                        "unprivileged": 1,
                        "rootfs": "fast:8",
                    },
                )
            ],
        ),
    ],
)
def test_a_new_guest_is_made_by_these_requests(observed, options, steps):
    assert requests(plan(observed, **options)) == steps


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"features": ""}, {"revert": "features"}),
        ({"config": {"cmode": None, "tty": 2}}, {"revert": "cmode,tty"}),
        ({"config": {"tty": 2}, "onboot": True}, {"revert": "tty", "onboot": 1}),
        ({"config": {"tty": 4}}, {"tty": 4}),
        ({"config": {"cmode": None}, "nameserver": []}, {"revert": "cmode", "delete": "nameserver"}),
    ],
)
def test_what_only_waits_is_taken_back_and_not_deleted(options, sent):
    current = {"hostname": "db-01", "memory": 512, "ostype": "debian", "nameserver": "10.0.0.1", "digest": "d"}
    config = {**current, "features": "nesting=1", "cmode": "shell", "tty": 3}
    pending = {key: {"now": None, "next": config[key]} for key in ("features", "cmode", "tty")}
    container = Observed(CT.guest, True, config, True, pending, current)

    (step,) = plan(container, **options).steps

    assert step.params == {**sent, "digest": "d"}


def test_what_would_come_back_with_a_restart_is_taken_back_first():
    nic = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:9B:A3:1D,type=veth"
    current = {"hostname": "db-01", "memory": 512, "features": "nesting=1", "net0": nic, "digest": "d"}
    config = {**current, "features": "nesting=1,keyctl=1", "net0": f"{nic},tag=5"}
    container = Observed(CT.guest, True, config, True, {}, current)

    made = plan(container, features="", nics=[{"slot": "net0", "state": "absent"}])

    assert [step.params for step in made.steps] == [
        {"revert": "features,net0", "digest": "d"},
        {"delete": "features,net0"},
    ]


@pytest.mark.parametrize(
    ("wished", "sent"),
    [
        ({"serial": "YQ==", "base64": True}, "uuid=abc,serial=YQ==,base64=1"),
        ("uuid=BD6D0B62-2C1D-4B0E-8E3A-0C0D8A7D9E11", "uuid=BD6D0B62-2C1D-4B0E-8E3A-0C0D8A7D9E11"),
        ("family=Yg==", None),
    ],
)
def test_a_machine_keeps_its_uuid(wished, sent):
    config = {**QEMU, "smbios1": "uuid=abc,family=Yg=="}
    steps = plan(Observed(VM.guest, True, config), config={"smbios1": wished}).steps

    assert [step.params["smbios1"] for step in steps] == ([sent] if sent else [])


@pytest.mark.parametrize("key", ["memory", "ostype"])
def test_a_container_keeps_what_it_can_not_be_without(key):
    with pytest.raises(errors.PveError, match="a container can't be without it"):
        plan(Observed(CT.guest, True, {**LXC, "ostype": "debian"}), config={key: None})


@pytest.mark.parametrize(("size", "steps"), [(2, None), (3, 1), (4, 2)])
def test_an_imported_disk_is_as_large_as_wished_or_refused(size, steps):
    disk = {"slot": "scsi0", "storage": "fast", "import_from": "local:import/a.qcow2", "size": size}
    observed = Observed(NEW.guest, sizes={"local:import/a.qcow2": 3 * 1024**3})

    if steps is None:
        with pytest.raises(errors.PveError, match="can't shrink"):
            plan(observed, disks=[disk])
    else:
        assert len(plan(observed, disks=[disk]).steps) == steps


def test_a_password_is_sent_but_not_shown():
    disk = {"slot": "rootfs", "storage": "fast", "size": 8}
    made = plan(NEW_CT, ostemplate="local:vztmpl/a.tar.gz", password="secret", disks=[disk])

    assert "secret" not in str(made.steps_as_dicts()) + str(made.after)


@pytest.mark.parametrize(
    ("observed", "options", "actions"),
    [
        (LIVE, {"cores": 4}, ["reboot"]),
        (LIVE, {"cores": 4, "force": True}, ["shutdown", "start"]),
        (LIVE, {"disks": [{"slot": "scsi0", "size": 8, "ssd": True}]}, ["reboot"]),
        (WAITING, {"disks": [{"slot": "scsi0", "size": 8}]}, ["reboot"]),
        (LIVE, {"disks": [{"slot": "scsi0", "size": 8}]}, []),
        (LIVE, {"tags": ["other"]}, []),
        (VM, {"cores": 4}, []),
        (Observed(LIVE.guest, True, QEMU, True, {"memory": {"now": "64", "next": "128"}}), {"memory": 128}, ["reboot"]),
    ],
)
def test_a_running_guest_is_restarted_only_where_something_may_wait_for_it(observed, options, actions):
    made = plan(observed, restart_if_required=True, **options)

    assert [step.path.rpartition("/")[2] for step in made.steps if "/status/" in step.path] == actions
    assert not any("/status/" in step.path for step in plan(observed, **options).steps)


@pytest.mark.parametrize(
    ("observed", "options", "required"),
    [
        (LIVE, {"cores": 4}, True),
        (LIVE, {"cores": 4, "restart_if_required": True}, False),
        (LIVE, {"tags": ["other"]}, False),
        (VM, {"cores": 4}, False),
    ],
)
def test_check_mode_tells_whether_a_restart_may_be_required(observed, options, required):
    assert Guests(OPTIONS).extra_facts(observed, plan(observed, **options))["restart_required"] == required


@pytest.mark.parametrize(
    ("observed", "options", "code"),
    [
        (LIVE, {"state": "absent"}, errors.UNSUPPORTED),
        (LIVE, {"state": "template"}, errors.UNSUPPORTED),
        (Observed(VM.guest, True, {**QEMU, "protection": 1}), {"state": "absent"}, errors.PROTECTED),
        (
            Observed(VM.guest, True, {**QEMU, "protection": 1}),
            {"disks": [{"slot": "scsi0", "state": "absent"}]},
            errors.PROTECTED,
        ),
        (
            Observed(CT.guest, True, {**LXC, "protection": 1}),
            {"disks": [{"slot": "mp0", "storage": "fast", "size": 1, "mp": "/a"}]},
            errors.PROTECTED,
        ),
        (Observed(VM.guest, True, {**QEMU, "lock": "suspended"}), {"cores": 4}, errors.GUEST_LOCKED),
        (VM, {"cores": 4, "disks": [{"slot": "scsi0", "size": 1}]}, errors.INVALID_PARAMETER),
        (
            WAITING,
            {"cores": 4, "disks": [{"slot": "scsi0", "storage": "fast", "move": True}]},
            errors.UNSUPPORTED,
        ),
        (VM, {"swap": 64}, errors.UNSUPPORTED),
        (VM, {"password": "secret"}, errors.UNSUPPORTED),
        (CT, {"sockets": 2}, errors.UNSUPPORTED),
        (CT, {"unprivileged": False}, errors.UNSUPPORTED),
        (NEW_CT, {}, errors.INVALID_PARAMETER),
        (NEW_CT, {"ostemplate": "local:vztmpl/a.tar.gz"}, errors.INVALID_PARAMETER),
        (VM, {"config": {"scsi1": "local:1"}}, errors.INVALID_PARAMETER),
        (VM, {"config": {"net0": "virtio"}}, errors.INVALID_PARAMETER),
        (VM, {"config": {"cipassword": "x"}}, errors.INVALID_PARAMETER),
        (VM, {"config": {"name": "x"}}, errors.INVALID_PARAMETER),
        (VM, {"cores": 2, "config": {"cores": 3}}, errors.INVALID_PARAMETER),
        (VM, {"config": {"cores": "two"}}, errors.INVALID_PARAMETER),
        (VM, {"config": {"swap": 64}}, errors.UNSUPPORTED),
        (VM, {"config": {"cdrom": "none"}}, errors.INVALID_PARAMETER),
        (VM, {"config": {"tablet": "maybe"}}, errors.INVALID_PARAMETER),
        (VM, {"startup": {"first": 1}}, errors.INVALID_PARAMETER),
        (VM, {"disks": [{"slot": "ide2", "volume": "local-lvm:cloudinit"}]}, errors.INVALID_PARAMETER),
        (CT, {"nameserver": ["dns.example"]}, errors.INVALID_PARAMETER),
        (
            Observed(Guest(101, "web-01", "pve1", "qemu", "running", hastate="started"), True, QEMU, running=True),
            {"cores": 4, "restart_if_required": True, "force": True},
            errors.UNSUPPORTED,
        ),
    ],
)
def test_what_can_not_be_done_is_refused_before_anything_is_changed(observed, options, code):
    with pytest.raises(errors.PveError) as caught:
        plan(observed, **options)

    assert caught.value.code == code
    assert caught.value.hint


def test_a_plan_is_bound_to_the_configuration_that_it_was_made_from():
    assert plan(VM, cores=4).config_digest == "48e9"
