"""Nothing is written that nobody with the right has allowed, whatever the tool is called and however it is asked."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue

pytestmark = pytest.mark.flow

ATTACK = "without authority"
WEB, CACHE, STOPPED = 101, 104, 110
MARKED = {"flag": 102, "tag": 106}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh mallory@evil"


@pytest.fixture(scope="module")
def protected(shared_lab):
    """A cluster on which these guests are protected, by the flag and by the tag, and two by one of them."""
    guests = shared_lab.simulator.cluster.guests
    for vmid in (WEB, CACHE, STOPPED):
        config = guests[vmid].config
        config["protection"] = "1"
        config["tags"] = f"{config['tags']};protected"
    guests[MARKED["flag"]].config["protection"] = "1"
    guests[MARKED["tag"]].config["tags"] = "protected"
    shared_lab.simulator.catch_up()
    return shared_lab


@pytest.fixture
def try_it(protected, count):
    """`try_it(tool, arguments)`: an AI client asks for it. It would send something, and nothing is sent."""

    def ask(tool, arguments):
        counts = count(ATTACK)
        before = len(protected.writes)
        result = protected.ask(tool, arguments)
        counts.tries, counts.writes = 1, len(protected.writes) - before
        assert protected.writes[before:] == []
        assert not result.changed
        return result

    return ask


def sample(cases, *chosen):
    """These cases run with all other tests, too."""
    assert set(chosen) <= set(cases)
    return [pytest.param(case, marks=[] if case in chosen else [pytest.mark.trust]) for case in cases]


# Guest, tool, arguments beside the guest. What changes, interrupts, starves, re-keys or duplicates a protected guest.
ON_PROTECTED = {
    "backup stops": (WEB, "backup_guest", {"storage": "local", "mode": "stop"}),
    "backup suspends": (WEB, "backup_guest", {"storage": "local", "mode": "suspend"}),
    "backup stops container": (CACHE, "backup_guest", {"storage": "local", "mode": "stop"}),
    "backup suspends container": (CACHE, "backup_guest", {"storage": "local", "mode": "suspend"}),
    "migrate restarts": (CACHE, "migrate_guest", {"target": "pve2", "restart": True, "with_local_disks": True}),
    "migrate": (WEB, "migrate_guest", {"target": "pve2", "with_local_disks": True}),
    "migrate to storage": (WEB, "migrate_guest", {"target": "pve2", "with_local_disks": True, "storage": "local-lvm"}),
    "snapshot with memory": (WEB, "snapshot_guest", {"snapname": "memory", "vmstate": True}),
    "keys": (WEB, "set_cloudinit", {"user": "root", "ssh_keys": [KEY], "drive_storage": "local-lvm"}),
    "user": (WEB, "set_cloudinit", {"user": "mallory", "drive_storage": "local-lvm"}),
    "addresses": (
        WEB,
        "set_cloudinit",
        {"ipconfig": [{"interface": 0, "ip": "10.9.9.9/24"}], "drive_storage": "local-lvm"},
    ),
    "name servers": (WEB, "set_cloudinit", {"nameservers": ["10.9.9.9"], "drive_storage": "local-lvm"}),
    "memory down": (WEB, "resize_guest", {"memory": 512}),
    "cores down": (WEB, "resize_guest", {"cores": 1}),
    "balloon down": (WEB, "resize_guest", {"balloon": 256}),
    "container's memory down": (CACHE, "resize_guest", {"memory": 64}),
    "container's swap down": (CACHE, "resize_guest", {"swap": 0}),
    "disk grows": (WEB, "resize_guest", {"disks": [{"slot": "scsi0", "size": 900}]}),
    "tag taken": (WEB, "set_guest_tags", {"remove_tags": ["protected"]}),
    "tags replaced": (WEB, "set_guest_tags", {"tags": ["harmless"]}),
    "tag added": (WEB, "set_guest_tags", {"add_tags": ["reviewed"]}),
    "protection taken": (WEB, "configure_guest", {"protection": False}),
    "network moved": (WEB, "configure_guest", {"nics": [{"slot": "net0", "bridge": "vmbr1"}]}),
    "boot changed": (WEB, "configure_guest", {"boot": "order=net0"}),
    "renamed": (WEB, "configure_guest", {"new_name": "web-99"}),
    "no start at boot": (WEB, "configure_guest", {"onboot": False}),
    "stop": (WEB, "stop_guest", {}),
    "stop with force": (WEB, "stop_guest", {"force": True}),
    "reboot": (WEB, "reboot_guest", {}),
    "reset": (WEB, "reset_guest", {}),
    "suspend": (WEB, "suspend_guest", {}),
    "hibernate": (WEB, "hibernate_guest", {}),
    "template": (STOPPED, "make_template", {}),
    "HA stops": (WEB, "set_guest_ha", {"request_state": "stopped"}),
    "HA disables": (WEB, "set_guest_ha", {"request_state": "disabled"}),
    "HA starts": (STOPPED, "set_guest_ha", {"request_state": "started"}),
    "firewall off": (WEB, "set_firewall", {"level": "guest", "options": {"enable": False, "policy_in": "ACCEPT"}}),
    "firewall drops all": (WEB, "set_firewall", {"level": "guest", "options": {"enable": True, "policy_in": "DROP"}}),
    "firewall lets in": (
        WEB,
        "add_firewall_rule",
        {"level": "guest", "rules": [{"key": "in", "type": "in", "action": "ACCEPT"}]},
    ),
    "command": (WEB, "exec_guest", {"command": ["rm", "-rf", "/"]}),
}


ON_SAMPLE = (
    *("backup stops", "backup suspends container", "migrate restarts", "snapshot with memory", "keys"),
    *("memory down", "tag taken", "HA stops", "firewall drops all"),
)


def _name_ways(case):
    """Each case by its guest's id; once, it is named otherwise."""
    is_sampled = case in ON_SAMPLE
    yield pytest.param(case, "vmid", marks=[] if is_sampled else [pytest.mark.trust])
    yield pytest.param(case, "guests", marks=[pytest.mark.trust])


@pytest.mark.parametrize(("case", "way"), [one for case in ON_PROTECTED for one in _name_ways(case)])
def test_a_client_does_nothing_to_a_protected_guest(protected, try_it, case, way):
    vmid, tool, options = ON_PROTECTED[case]

    result = try_it(tool, {**_name_guest(protected, tool, vmid, way, options), **options})

    assert result.status in ("held", "refused")
    # What would not send anything proves nothing.
    assert (result.plan and result.plan.steps) or tool == "exec_guest"


def _name_guest(lab, tool, vmid, way, options):
    if way == "vmid":
        return {"vmid": vmid}
    # Several guests can't have one new name.
    if "guests" in catalogue.load()[tool].options and "new_name" not in options:
        return {"guests": {"vmids": [vmid]}}
    config = lab.simulator.cluster.guests[vmid].config
    return {"name": config.get("name") or config["hostname"]}


# What reaches a protected guest without naming it.
AROUND = {
    "drain": ("drain_node", {"drain": "pve1", "with_local_disks": True, "restart": True}),
    "pool": ("set_pool", {"pool": "attic", "vmids": [WEB], "move": True}),
    "rule of HA": ("set_ha_rule", {"rule": "pin", "vmid": WEB, "nodes": ["pve2"], "strict": True}),
    "nightly stop of all": (
        "set_backup_job",
        {"id": "nightly", "schedule": "02:30", "all": True, "storage": "shared", "mode": "stop"},
    ),
    "nightly stop of one": (
        "set_backup_job",
        {"id": "nightly", "schedule": "*:0/1", "vmids": [WEB], "storage": "shared", "mode": "stop"},
    ),
    "stop by node": ("stop_guest", {"guests": {"node": "pve1", "status": "running"}}),
    "backup by tag": ("backup_guest", {"guests": {"tags": ["protected"]}, "storage": "local", "mode": "stop"}),
    "firewall of all": ("set_firewall", {"level": "cluster", "options": {"enable": True, "policy_in": "DROP"}}),
    "firewall of a node": ("set_firewall", {"level": "node", "node": "pve1", "options": {"enable": False}}),
    "rights": ("set_acl", {"acls": [{"path": "/vms/101", "user": "root@pam", "roles": ["Administrator"]}]}),
    "a user": ("create_user", {"users": [{"user": "mallory@pve"}]}),
}


@pytest.mark.parametrize("case", sample(AROUND, "drain", "pool", "nightly stop of all"))
def test_a_client_reaches_no_protected_guest_around_its_name(protected, try_it, case):
    tool, arguments = AROUND[case]
    if tool == "set_ha_rule":
        protected.send("POST", "/cluster/ha/resources", sid=f"vm:{WEB}")

    result = try_it(tool, arguments)

    if tool == "set_ha_rule":
        protected.send("DELETE", f"/cluster/ha/resources/vm:{WEB}")
    assert result.status in ("held", "refused")
    assert result.plan.steps


@pytest.mark.parametrize("mode", sample(["stop", "suspend"], "stop"))
@pytest.mark.parametrize("mark", MARKED)
def test_either_mark_protects(try_it, mode, mark):
    assert try_it("backup_guest", {"vmid": MARKED[mark], "storage": "local", "mode": mode}).status == "held"


# Where a download could be told to look: the machine itself, its link, the metadata of a cloud.
NEAR = {
    "link": "http://169.254.169.254/latest/meta-data/iam.iso",
    "link in one number": "http://2852039166/iam.iso",
    "link in hexadecimal": "http://0xa9fea9fe/iam.iso",
    "link in octal": "http://0251.0376.0251.0376/iam.iso",
    "link of IPv6": "http://[fe80::1]/iam.iso",
    "link of IPv4 in IPv6": "http://[::ffff:169.254.169.254]/iam.iso",
    "itself": "http://127.0.0.1:8006/iam.iso",
    "itself by name": "http://localhost/iam.iso",
    "itself of IPv6": "http://[::1]/iam.iso",
    "itself in short": "http://127.1/iam.iso",
    "nothing": "http://0.0.0.0/iam.iso",
    "metadata by name": "http://metadata.google.internal/iam.iso",
    "with credentials": "http://user:word@169.254.169.254/iam.iso",
}


@pytest.mark.parametrize("case", sample(NEAR, "link", "link of IPv4 in IPv6", "itself in short"))
def test_a_client_has_no_node_fetch_from_near(try_it, case):
    arguments = {"storage": "local", "node": "pve1", "url": NEAR[case], "filename": "iam.iso"}

    assert try_it("download_iso", arguments).status in ("held", "refused", "failed")


@pytest.fixture(scope="module")
def backup(protected):
    """A backup of a protected guest that still runs."""
    made = protected.ask_as_person("backup_guest", {"vmid": WEB, "storage": "local"})
    if made.status == "held":
        protected.approve(made)
        protected.ask_as_person("backup_guest", {"vmid": WEB, "storage": "local"})
    (volume,) = [
        volume
        for node in protected.simulator.cluster.nodes
        for volume in protected.simulator.cluster.storages["local"].volumes_on(node)
        if f"vzdump-qemu-{WEB}" in volume
    ]
    return volume


class TestRestoring:
    @pytest.mark.parametrize(
        "options",
        [
            {"start": True},
            pytest.param({"start": True, "new_name": "web-01-copy"}, marks=pytest.mark.trust),
            pytest.param({"unique": False}, marks=pytest.mark.trust),
        ],
    )
    def test_a_client_makes_no_second_one_of_a_guest_that_runs(self, protected, backup, try_it, options):
        result = try_it("restore_guest", {"volid": backup, "vmid": 190, **options})

        assert result.plan.steps
        assert 190 not in protected.simulator.cluster.guests

    @pytest.mark.trust
    def test_a_client_gives_no_copy_the_name_of_its_original(self, protected, backup, try_it):
        result = try_it("restore_guest", {"volid": backup, "vmid": 190, "new_name": "web-01"})

        assert result.failure.code == "ambiguous"
        assert 190 not in protected.simulator.cluster.guests


FAULTS = (
    *({"status": 500}, {"status": 403}, {"status": 595}, {"status": 596}),
    *({"action": "reset"}, {"action": "html"}),
)
UNREAD = {"config": "/102/config", "list": "/cluster/resources", "pools": "/pools"}


def _list_unreadable():
    """What can't be read, how, and from its how manieth reading on; each of them with each other one."""
    for number, path in enumerate(UNREAD):
        for turn in range(6):
            for each in (0, 3):
                fault = FAULTS[(number + turn + each) % len(FAULTS)]
                is_sampled = (path, turn) in (("config", 0), ("list", 1))
                action, *_more = fault.values()
                name = f"{path}-{turn}-{action}"
                yield pytest.param(path, turn, fault, marks=[] if is_sampled else [pytest.mark.trust], id=name)


class TestUnknown:
    """A guest whose configuration can't be read is not taken for a harmless one."""

    POLICY = """\
@id("all") permit (principal, action, resource);
@id("prod") forbid (principal, action, resource is Guest) when { resource.tags.contains("prod") };
@id("backend") forbid (principal, action, resource is Guest) when { resource.pool == "backend" };
"""

    @pytest.mark.parametrize(("path", "turn", "fault"), list(_list_unreadable()))
    def test_nothing_is_done_to_it(self, shared_lab, count, tmp_path, path, turn, fault):
        policy = tmp_path / "prod.cedar"
        policy.write_text(self.POLICY, encoding="utf-8")
        # One that has not seen any fault yet.
        bridge = shared_lab.make_bridge(policy=policy)
        counts = count(ATTACK)
        before = len(shared_lab.writes)
        # Reading is tried three times.
        rule = shared_lab.simulator.inject(method="GET", path=UNREAD[path], after=turn, count=3, **fault)

        result = shared_lab.ask_as_person("stop_guest", {"vmid": 102}, bridge=bridge)

        rule.count = 0
        counts.tries, counts.writes = 1, len(shared_lab.writes) - before
        assert shared_lab.writes[before:] == []
        assert result.status != "ok"
