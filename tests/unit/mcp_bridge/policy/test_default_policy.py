"""Each line of the default policy, as docs/policy.md says it."""

from __future__ import annotations

import pytest
from asking import AI, ELICITED, OPERATOR, PERSON, ask, ask_about, decide, guest

from mcp_bridge import catalogue
from mcp_bridge.policy.samples import SAMPLES, make_steps

VM, CT = "/nodes/pve1/qemu/101", "/nodes/pve1/lxc/101"
VMA = "nas:backup/vzdump-qemu-101-2026_01_01-00_00_00.vma.zst"
CONFIG = {"memory": "4096", "cores": 4, "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1"}
WEB = guest(config=CONFIG)
STOPPED = guest(status="stopped", config=CONFIG)
CONTAINER = guest(kind="lxc", config={"memory": 1024, "rootfs": "local-lvm:vm-101-disk-0"})
PROTECTED = guest(config=CONFIG, protected=True)
TAGGED = guest(config=CONFIG, tags=("web", "protected"))
UNREAD = guest(is_known=False)

CHANGE, ASK, ACCESS = "clients-change", "clients-ask", "access-needs-an-operator"
GUARDED, UNKNOWN = "protected-guests", "unknown-guests"


@pytest.mark.parametrize(
    ("tool", "options", "target", "rule"),
    [
        # What can be changed back and stops nothing
        ("start_guest", {}, STOPPED, CHANGE),
        ("resume_guest", {}, guest(status="paused"), CHANGE),
        ("snapshot_guest", {}, WEB, CHANGE),
        ("clone_guest", {}, WEB, CHANGE),
        ("create_guest", {"memory": "2048"}, WEB, CHANGE),
        ("resize_guest", {"memory": "8192"}, WEB, CHANGE),
        ("resize_guest", {"memory": "16"}, STOPPED, CHANGE),
        ("set_guest_tags", {"tags": "web"}, WEB, CHANGE),
        ("configure_guest", {"description": "x"}, WEB, CHANGE),
        ("backup_guest", {}, WEB, CHANGE),
        ("backup_guest", {"mode": "stop"}, STOPPED, CHANGE),
        ("protect_backup", {}, WEB, CHANGE),
        ("migrate_guest", {}, WEB, CHANGE),
        ("drain_node", {}, WEB, CHANGE),
        ("move_guest_disk", {}, STOPPED, CHANGE),
        ("return_node", {}, WEB, CHANGE),
        ("restore_guest", {"unique": "1"}, WEB, CHANGE),
        ("download_template", {}, WEB, CHANGE),
        ("download_iso", {}, WEB, CHANGE),
        ("set_backup_job", {}, WEB, CHANGE),
        ("set_guest_ha", {}, WEB, CHANGE),
        ("stop_guest", {}, STOPPED, CHANGE),
        # What interrupts, degrades or loses data: a person decides
        ("stop_guest", {}, WEB, ASK),
        ("stop_guest", {"force": "1"}, WEB, ASK),
        ("reboot_guest", {}, WEB, ASK),
        ("reset_guest", {}, WEB, ASK),
        ("suspend_guest", {}, WEB, ASK),
        ("hibernate_guest", {}, WEB, ASK),
        ("rollback_guest", {}, STOPPED, ASK),
        ("delete_snapshot", {}, WEB, ASK),
        ("snapshot_guest", {"vmstate": "1"}, WEB, ASK),
        ("backup_guest", {"mode": "stop"}, WEB, ASK),
        ("backup_guest", {"mode": "suspend"}, WEB, ASK),
        ("backup_guest", {}, CONTAINER, ASK),
        ("migrate_guest", {}, CONTAINER, ASK),
        ("drain_node", {}, CONTAINER, ASK),
        ("move_guest_disk", {}, WEB, ASK),
        ("return_node", {}, CONTAINER, ASK),
        ("resize_guest", {"memory": "16"}, WEB, ASK),
        ("resize_guest", {"cores": "1"}, WEB, ASK),
        ("configure_guest", {"delete": "net0"}, WEB, ASK),
        ("make_template", {}, STOPPED, ASK),
        ("set_guest_ha", {"request_state": "stopped"}, WEB, ASK),
        ("release_guest_ha", {}, WEB, ASK),
        ("set_ha_rule", {}, WEB, ASK),
        ("set_backup_job", {"mode": "stop"}, WEB, ASK),
        # What gives access, duplicates an identity, or is not known: an operator
        ("set_cloudinit", {}, WEB, ACCESS),
        ("set_cloudinit", {}, STOPPED, ACCESS),
        ("set_cloudinit", {"user": "root"}, WEB, ACCESS),
        ("set_cloudinit", {"ipconfig": "ip=192.0.2.66/24"}, WEB, ACCESS),
        ("configure_guest", {"nics": "virtio=BC:24:11:00:00:01,bridge=vmbr66"}, WEB, ACCESS),
        ("configure_guest", {"agent": "1"}, WEB, ACCESS),
        ("add_firewall_rule", {}, WEB, ACCESS),
        ("set_firewall", {}, WEB, ACCESS),
        ("set_pool", {}, WEB, ACCESS),
        ("set_role", {}, WEB, ACCESS),
        ("set_acl", {}, WEB, ACCESS),
        ("grant_access", {}, WEB, ACCESS),
        ("create_user", {}, WEB, ACCESS),
        ("create_token", {}, WEB, ACCESS),
        ("restore_guest", {"start": "1"}, WEB, ACCESS),
        ("restore_guest", {}, WEB, ACCESS),
    ],
)
def test_what_ai_clients_may_do(tool, options, target, rule):
    asked = ask(tool, AI, target, **options)
    as_it_is = decide(asked)

    if rule == CHANGE:
        assert as_it_is == ("allow", [CHANGE])
    elif rule == ASK:
        assert as_it_is == ("hold", [ASK])
        assert decide(asked, ELICITED)[0] == "allow"
    else:
        assert as_it_is == ("hold", [ACCESS])
        assert decide(asked, ELICITED)[0] == "refuse"
    assert decide(asked, OPERATOR)[0] == "allow"


EVERY_TOOL = sorted(name for name, tool in catalogue.load().items() if tool.writes)
TOUCHES_NO_GUEST = {
    "download_iso",
    "download_template",
    "set_role",
    "set_acl",
    "grant_access",
    "create_user",
    "create_token",
    "protect_backup",
}
COPIES = {"backup_guest", "clone_guest", "create_guest", "restore_guest", "set_backup_job"}
# Of which no approval makes anything for AI clients.
FOR_PEOPLE = {"exec_guest", "open_console"}
ON_GUESTS = sorted(set(EVERY_TOOL) - TOUCHES_NO_GUEST - COPIES - FOR_PEOPLE)


@pytest.mark.parametrize("tool", ON_GUESTS)
@pytest.mark.parametrize("asker", [AI, PERSON], ids=["client", "person"])
@pytest.mark.parametrize("target", [PROTECTED, TAGGED], ids=["flag", "tag"])
def test_whatever_changes_a_protected_guest_needs_an_operator(tool, asker, target):
    asked = ask(tool, asker, target)
    ruling, rules = decide(asked)

    assert ruling == "hold"
    assert GUARDED in rules
    assert decide(asked, ELICITED)[0] == "refuse"
    assert decide(asked, OPERATOR)[0] == "allow"


@pytest.mark.parametrize("tool", ["backup_guest", "set_backup_job"])
def test_a_protected_guest_may_be_copied_where_that_leaves_it_as_it_is(tool):
    assert decide(ask(tool, AI, PROTECTED)) == ("allow", [CHANGE])
    assert decide(ask(tool, AI, PROTECTED, mode="stop"))[1] == [GUARDED]


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("PUT", f"{VM}/config", {"protection": 0}),
        ("PUT", f"{VM}/config", {"tags": "web"}),
        ("PUT", f"{VM}/config", {"description": "x"}),
        ("PUT", "/pools", {"poolid": "lab", "vms": "101", "allow-move": 1}),
        ("POST", "/cluster/ha/resources", {"sid": "vm:101"}),
        ("POST", "/nodes/pve1/stopall", {}),
        ("POST", "/nodes/pve1/stopall", {"vms": "101"}),
        ("POST", "/nodes/pve1/vzdump", {"all": 1, "mode": "stop"}),
        ("PUT", "/access/acl", {"path": "/vms/101", "roles": "PVEVMAdmin", "users": "x@pve"}),
        ("DELETE", f"/nodes/pve1/storage/nas/content/{VMA}", {}),
        ("DELETE", "/nodes/pve1/storage/lvm/content/lvm:vm-101-disk-0", {}),
        ("DELETE", "/nodes/pve1/tasks/UPID:pve1:1:2:3:vzdump:101:root@pam:", {}),
        ("PUT", "/nodes/pve1/qemu/200/config", {"scsi1": "lvm:vm-101-disk-0"}),
        ("POST", "/nodes/pve1/qemu/200/move_disk", {"disk": "scsi0", "target-vmid": 101}),
        ("POST", f"{VM}/something-new", {}),
        ("POST", "/nodes/pve1/qemu/%31%30%31/status/start", {}),
    ],
)
@pytest.mark.parametrize("asker", [AI, PERSON], ids=["client", "person"])
def test_a_protected_guest_is_found_in_each_request(asker, method, path, params):
    ruling, rules = decide(ask_about([(method, path, params)], asker, PROTECTED, guest(200)))

    assert (ruling, GUARDED in rules) == ("hold", True)


@pytest.mark.parametrize(
    "tool", sorted(set(EVERY_TOOL) - TOUCHES_NO_GUEST - FOR_PEOPLE - {"create_guest", "restore_guest"})
)
@pytest.mark.parametrize("asker", [AI, PERSON], ids=["client", "person"])
def test_a_guest_that_could_not_be_read_needs_an_operator(tool, asker):
    asked = ask(tool, asker, UNREAD)
    ruling, rules = decide(asked)

    assert ruling == "hold"
    assert UNKNOWN in rules


def test_a_guest_of_which_no_facts_were_found_is_not_known():
    ruling, rules = decide(ask_about([("POST", "/nodes/pve1/qemu/555/status/start", {})], PERSON, guest(101)))

    assert (ruling, set(rules)) == ("hold", {GUARDED, UNKNOWN})


@pytest.mark.parametrize(
    "step",
    [
        ("POST", "/nodes/pve1/execute", {"commands": "[]"}),
        ("PUT", "/nodes/pve1/network", {}),
        ("POST", f"{VM}/status/start", {"skiplock": 1}),
        ("PUT", f"{VM}/config", {"brand_new_option": 1}),
        ("POST", "/nodes/pve9/stopall", {}),
    ],
)
def test_a_request_that_nobody_knows_needs_an_operator(step):
    asked = ask_about([step])

    assert decide(asked) == ("hold", [ACCESS])
    assert decide(asked, ELICITED)[0] == "refuse"
    assert decide(asked, OPERATOR)[0] == "allow"
    assert decide(ask_about([step], PERSON))[0] == "allow"


@pytest.mark.parametrize("tool", EVERY_TOOL)
def test_people_at_the_terminal_may_do_what_they_typed(tool):
    assert decide(ask(tool, PERSON, WEB)) == ("allow", ["people-act"])


@pytest.mark.parametrize(
    ("url", "ruling"),
    [
        ("https://cdimage.debian.org/a.iso", "allow"),
        ("http://169.254.169.254/latest/meta-data/", "hold"),
        ("http://2852039166/", "hold"),
        ("http://[::ffff:169.254.169.254]/", "hold"),
        ("http://127.0.0.1:8006/", "hold"),
        ("http://localhost/a.iso", "hold"),
        ("http://[fe80::1]/a.iso", "hold"),
        ("http://192.168.1.10/a.iso", "hold"),
        ("http://nas.lan/a.iso", "hold"),
        ("http://cdimage.debian.org@169.254.169.254/", "hold"),
        ("http://127.0.0.1.nip.io/", "hold"),
        ("ftp://cdimage.debian.org/a.iso", "hold"),
    ],
)
def test_nodes_fetch_from_public_hosts_only(url, ruling):
    asked = ask("download_iso", AI, WEB, url=url)

    assert decide(asked)[0] == ruling
    assert decide(asked, OPERATOR)[0] == "allow"
    if ruling == "hold":
        assert decide(asked)[1] == ["fetch-from-public-hosts"]
        assert decide(asked, ELICITED)[0] == "refuse"
    assert decide(ask("download_iso", PERSON, WEB, url=url))[0] == "allow"


def test_a_storage_on_a_neighbour_needs_an_operator():
    step = ("POST", "/storage", {"storage": "a", "type": "nfs", "server": "192.168.1.10", "export": "/x"})
    several = ("POST", "/storage", {"storage": "a", "type": "rbd", "monhost": "203.0.114.9, 10.0.0.1"})

    assert decide(ask_about([step])) == ("hold", ["fetch-from-public-hosts"])
    assert decide(ask_about([several])) == ("hold", ["fetch-from-public-hosts"])


def make_many(count):
    return [guest(vmid, "stopped") for vmid in range(200, 200 + count)]


def test_the_blast_radius_of_one_call():
    for asker in (AI, PERSON):
        assert decide(ask("start_guest", asker, *make_many(20)))[0] == "allow"
        asked = ask("start_guest", asker, *make_many(21))
        assert decide(asked)[0] == "hold"
        assert "blast-radius" in decide(asked)[1]
        assert decide(asked, ELICITED)[0] == "refuse"
        assert decide(asked, OPERATOR)[0] == "allow"


@pytest.mark.parametrize(("recent", "ruling"), [(0, "allow"), (20, "allow"), (21, "hold"), (25, "hold")])
def test_the_blast_radius_of_a_clients_calls_within_ten_minutes(recent, ruling):
    asked = ask("start_guest", AI, *make_many(5), recent_targets=recent)

    assert decide(asked)[0] == ruling
    assert ruling == "allow" or decide(asked)[1] == ["blast-radius-over-time"]
    assert ruling == "allow" or decide(asked, ELICITED)[0] == "refuse"
    assert decide(asked, OPERATOR)[0] == "allow"
    assert decide(ask("start_guest", PERSON, *make_many(5), recent_targets=recent))[0] == "allow"


@pytest.mark.parametrize(
    "step",
    [
        ("POST", f"{VM}/agent/exec", {"command": ["id"]}),
        ("POST", f"{VM}/agent/file-write", {"file": "/a"}),
        ("POST", f"{VM}/monitor", {"command": "quit"}),
        ("PUT", f"{VM}/sendkey", {"key": "ret"}),
    ],
)
def test_ai_clients_run_nothing_inside_guests(step):
    for approval in (None, ELICITED, OPERATOR):
        assert decide(ask_about([step]), approval)[0] == "refuse"
    assert decide(ask_about([step]))[1] == ["no-guest-commands"]
    assert decide(ask_about([step], PERSON))[0] == "allow"


@pytest.mark.parametrize("path", [f"{VM}/vncproxy", f"{VM}/termproxy", f"{CT}/termproxy", "/nodes/pve1/termproxy"])
def test_consoles_are_for_people_and_of_a_protected_guest_for_an_operator_to_decide_on(path):
    step = ("POST", path, {})
    kind = "lxc" if "/lxc/" in path else "qemu"

    for approval in (None, ELICITED, OPERATOR):
        assert decide(ask_about([step], AI, guest(kind=kind)), approval)[0] == "refuse"
    assert decide(ask_about([step], AI, guest(kind=kind)))[1] == ["consoles-are-for-people"]
    assert decide(ask_about([step], PERSON, guest(kind=kind)))[0] == "allow"
    if path != "/nodes/pve1/termproxy":
        assert decide(ask_about([step], PERSON, guest(kind=kind, protected=True))) == ("hold", [GUARDED])


def test_the_worst_step_of_a_plan_decides():
    steps = [
        ("POST", "/nodes/pve1/qemu/101/status/start", {}),
        ("PUT", "/nodes/pve1/qemu/102/config", {"sshkeys": "mine"}),
    ]

    assert decide(ask_about(steps, AI, STOPPED, guest(102)))[1] == [ACCESS]


# What went through with no approval, on a guest that is protected and on one that is not.
WENT_THROUGH = [
    ("backup_guest mode=stop", [("POST", "/nodes/pve1/vzdump", {"vmid": "101", "mode": "stop", "remove": 0})], WEB),
    ("backup_guest mode=suspend", [("POST", "/nodes/pve1/vzdump", {"vmid": "101", "mode": "suspend"})], WEB),
    ("migrate_guest restart=true", [("POST", f"{CT}/migrate", {"target": "pve2", "restart": 1})], CONTAINER),
    ("snapshot with vmstate", [("POST", f"{VM}/snapshot", {"snapname": "a", "vmstate": 1})], WEB),
    ("set_cloudinit", [("PUT", f"{VM}/config", {"ciuser": "root", "sshkeys": "mine"})], WEB),
    ("set_cloudinit ip", [("PUT", f"{VM}/config", {"ipconfig0": "ip=192.0.2.66/24"})], WEB),
    ("resize_guest memory=16", [("PUT", f"{CT}/config", {"memory": 16})], CONTAINER),
    ("resize_guest cores=1", [("PUT", f"{VM}/config", {"cores": 1})], WEB),
    (
        "restore_guest start=true",
        [
            ("POST", "/nodes/pve1/qemu", {"vmid": 900, "archive": VMA, "unique": 1}),
            ("POST", "/nodes/pve1/qemu/900/status/start", {}),
        ],
        WEB,
    ),
    ("restore_guest", [("POST", "/nodes/pve1/qemu", {"vmid": 900, "archive": VMA})], WEB),
    (
        "download_iso from a link-local address",
        [("POST", "/nodes/pve1/storage/local/download-url", {"url": "http://169.254.169.254/", "filename": "a.iso"})],
        WEB,
    ),
]


@pytest.mark.parametrize(
    ("steps", "target"), [case[1:] for case in WENT_THROUGH], ids=[case[0] for case in WENT_THROUGH]
)
def test_what_went_through_by_the_tools_name_is_held_by_what_it_does(steps, target):
    asked = ask_about(steps, AI, target, tool="start_guest")

    assert decide(asked)[0] == "hold"
    assert decide(asked, OPERATOR)[0] == "allow"


def test_each_tool_has_a_sample_that_the_table_knows():
    assert set(SAMPLES) == set(EVERY_TOOL)
    for name in set(EVERY_TOOL) - {"exec_guest"}:
        steps = make_steps(catalogue.load()[name], {"start": "1"}, [guest()])
        asked = ask_about([(step["method"], step["path"], step["params"]) for step in steps])
        assert asked.effects
        assert "unknown" not in asked.effects
