"""A fleet as a playbook of the collection's modules, and as import blocks of Terraform."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from guest_shapes import describe, number_shapes

from playvisor.fleet.adopt.adoption import adopt_cluster
from playvisor.fleet.adopt.observed import Observed, make_guest
from playvisor.fleet.export.playbooks import render_playbook
from playvisor.fleet.export.terraform import render_imports

_RESOURCES = "ansible_collections.playvisor.proxmox.plugins.module_utils._resources"
FLEET = {
    "fleet": "lab",
    "cluster": "lab",
    "settings": {"serial": 1},
    "guests": {
        "web": {
            "type": "qemu",
            "vmid": 101,
            "uuid": "0f8a2c10-0000-4000-8000-000000000101",
            "node": "pve1",
            "state": "started",
            "cores": 2,
            "description": "{{ not a template }}",
            "tags": ["yes", "10:20:30"],
            "depends_on": ["db"],
            "health": {"agent": True},
            "cloudinit": {"user": "debian"},
            "firewall": {"options": {"enable": True}},
            "ha": {"request_state": "started"},
        },
        "db": {"type": "lxc", "state": "stopped", "description": "two\nlines \u202e"},
        "new": {"type": "qemu", "vmid": 103, "node": "pve2", "clone": {"name": "golden", "full": True}, "memory": 512},
        "golden": {"type": "qemu", "state": "template"},
    },
    "pools": {"shop": {"comment": "no"}},
    "storages": {"nas": {"type": "nfs", "server": "192.0.2.9", "export": "/pve"}, "ceph": {"type": "rbd"}},
    "backup_jobs": {"nightly": {"schedule": "02:30", "notes": "{{guestname}}"}},
    "ha_rules": {"apart": {"affinity": "negative", "guests": {"names": ["web", "db"]}}},
    "firewall": {
        "cluster": {"options": {"policy_in": "DROP"}},
        "nodes": {"pve1": {"options": {"nosmurfs": True}}},
        "groups": {"web": {"rules": [{"key": "https", "type": "in", "action": "ACCEPT"}]}},
    },
    "access": {
        "roles": [{"role": "Ops", "privileges": ["VM.Audit"]}],
        "groups": [{"group": "ops"}],
        "users": [{"user": "zoe@pve"}],
        "tokens": [{"token": "zoe@pve!ci"}],
        "acls": [{"path": "/", "group": "ops", "roles": ["Ops"]}],
    },
}


class Loader(yaml.SafeLoader):
    """Reads as Ansible does: texts that are marked as unsafe are never templated."""


class Unsafe(str):
    pass


Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))


def read_tasks(text):
    (play,) = yaml.load(text, Loader)
    assert play["hosts"] == "localhost"
    return [
        (task["name"], module.rpartition(".")[2], options)
        for task in play["tasks"]
        for module, options in task.items()
        if module != "name"
    ]


def test_tasks_come_in_the_order_of_what_stands_on_what():
    text, unsaid = render_playbook(FLEET)
    assert [name for name, _module, _options in read_tasks(text)] == [
        "Storage nas",
        "Storage ceph",
        "Pool shop",
        "Access",
        "Security group web",
        "Firewall of the cluster",
        "Firewall of node pve1",
        "Guest golden",
        "Guest db",
        "Power of db",
        "Clone new",
        "Guest new",
        "Guest web",
        "Cloud-init of web",
        "Firewall of web",
        "High availability of web",
        "Power of web",
        "HA rule apart",
        "Backup job nightly",
    ]
    assert unsaid == ["uuid of web", "health of web", "node of web", "settings: serial"]


def test_what_a_playbook_leaves_out_is_said_once_for_all_guests():
    guests = {f"web-{number}": {"type": "qemu", "uuid": str(number)} for number in range(5)}
    assert render_playbook({"fleet": "lab", "guests": guests})[1] == ["uuid of web-0, web-1, web-2 and 2 more"]


def test_data_that_linters_take_for_something_else_is_marked():
    guests = {
        "a": {"type": "qemu", "description": "{{ x }}"},
        "b": {"type": "qemu", "description": "a\tb"},
        "c": {"type": "qemu", "disks": [{"slot": "scsi0", "options": {"serial": "{% x"}}]},
        "d": {"type": "qemu", "description": "two\n    - name: lines"},
    }
    text, _unsaid = render_playbook({"fleet": "lab", "guests": guests})
    assert [line.partition("# noqa: ")[2] for line in text.splitlines() if line.startswith("    - name: ")] == [
        "jinja[invalid] jinja[spacing]",
        "no-tabs",
        "jinja[invalid] jinja[spacing]",
        "",
    ]
    assert "yamllint" not in text
    long = {"a": {"type": "qemu", "description": "x" * 200}}
    assert "\n# yamllint disable rule:line-length\n" in render_playbook({"fleet": "lab", "guests": long})[0]


def test_texts_are_no_templates_and_keep_their_types():
    tasks = {name: options for name, _module, options in read_tasks(render_playbook(FLEET)[0])}
    web = tasks["Guest web"]
    assert isinstance(web["description"], Unsafe)
    assert web["description"] == "{{ not a template }}"
    assert isinstance(tasks["Backup job nightly"]["notes"], Unsafe)
    assert web["tags"] == ["yes", "10:20:30"]
    assert tasks["Pool shop"]["comment"] == "no"
    assert tasks["Guest db"]["description"] == "two\nlines \u202e"
    assert "\u202e" not in render_playbook(FLEET)[0]
    assert "node" not in web
    assert tasks["Clone new"] == {"name": "golden", "full": True, "new_name": "new", "newid": 103, "target": "pve2"}


def test_modules_take_the_options_of_every_task():
    guests = [make_guest(vmid, describe(shape, vmid), shape.ha) for vmid, shape in number_shapes().items()]
    for document in (FLEET, adopt_cluster(Observed("lab", {}), guests).document):
        for name, module, options in read_tasks(render_playbook(document)[0]):
            spec = import_module(f"{_RESOURCES}.{module.removeprefix('pve_')}").argument_spec()
            result = ArgumentSpecValidator(spec).validate(options)
            assert not result.error_messages, (name, result.error_messages)


def test_import_blocks_name_what_the_provider_takes_over():
    guests = [
        {"vmid": 101, "name": "web", "node": "pve1", "type": "qemu"},
        {"vmid": 205, "name": "db", "node": "pve2", "type": "lxc"},
    ]
    text, missing = render_imports(FLEET, guests)
    blocks = dict(
        zip(
            [line.partition(" = ")[2] for line in text.splitlines() if line.startswith("  to = ")],
            [line.partition(" = ")[2] for line in text.splitlines() if line.startswith("  id = ")],
            strict=True,
        )
    )
    assert blocks == {
        f"proxmox_virtual_environment_{address}": f'"{ident}"'
        for address, ident in {
            "vm.web": "pve1/101",
            "haresource.web": "vm:101",
            "container.db": "pve2/205",
            "pool.shop": "shop",
            "harule.apart": "apart",
            "backup_job.nightly": "nightly",
            "storage_nfs.nas": "nas",
            "role.Ops": "Ops",
            "group.ops": "ops",
            "user.zoe_pve": "zoe@pve",
            "user_token.zoe_pve_ci": "zoe@pve!ci",
            "acl.ops_Ops_root": "/?ops?Ops",
            "firewall_options.pve1_101": "vm/pve1/101",
            "cluster_firewall.cluster": "cluster",
            "node_firewall.pve1": "pve1",
            "cluster_firewall_security_group.web": "web",
        }.items()
    }
    assert [sentence.partition(":")[0] for sentence in missing] == [
        "guests.new",
        "guests.golden",
        "storages.ceph",
    ]


def read_blocks(text):
    lines = [line.strip() for line in text.splitlines()]
    ends = [[line.partition(" = ")[2] for line in lines if line.startswith(f"{key} = ")] for key in ("to", "id")]
    return {to.removeprefix("proxmox_virtual_environment_"): ident.strip('"') for to, ident in zip(*ends, strict=True)}


def test_firewalls_and_acls_are_imported_from_where_they_are():
    rules, sets = [{"key": "a", "type": "in", "action": "DROP"}], [{"name": "admins"}]
    document = {
        "fleet": "lab",
        "guests": {"db": {"type": "lxc", "firewall": {"rules": rules, "ipsets": sets, "aliases": [{"name": "x"}]}}},
        "firewall": {"cluster": {"rules": rules, "ipsets": sets}, "nodes": {"pve1": {"rules": rules}}},
        "access": {"acls": [{"path": "/vms/101", "token": "zoe@pve!ci", "roles": ["PVEAuditor", "PVEVMUser"]}]},
    }
    text, missing = render_imports(document, [{"vmid": 205, "name": "DB", "node": "pve2", "type": "lxc"}])
    assert read_blocks(text) == {
        "container.db": "pve2/205",
        "firewall_rules.pve2_205": "container/pve2/205",
        "firewall_ipset.pve2_205_admins": "container/pve2/205/admins",
        "firewall_rules.cluster": "cluster",
        "firewall_ipset.cluster_admins": "cluster/admins",
        "firewall_rules.pve1": "node/pve1",
        "acl.zoe_pve_ci_PVEAuditor_vms_101": "/vms/101?zoe@pve!ci?PVEAuditor",
        "acl.zoe_pve_ci_PVEVMUser_vms_101": "/vms/101?zoe@pve!ci?PVEVMUser",
    }
    assert missing == ["guests.db.firewall.aliases: the provider can't import these"]


def test_a_guest_that_may_be_another_one_is_not_imported():
    guests = [
        {"vmid": 101, "name": "old", "node": "pve1", "type": "qemu"},
        {"vmid": 102, "name": "twin", "node": "pve1", "type": "qemu"},
        {"vmid": 103, "name": "twin", "node": "pve1", "type": "qemu"},
    ]
    declared = {"web": {"type": "qemu", "vmid": 101}, "twin": {"type": "qemu"}}
    text, missing = render_imports({"fleet": "lab", "guests": declared}, guests)
    assert read_blocks(text) == {}
    assert missing == [
        "guests.web: guest 101 of the cluster is old",
        "guests.twin: 2 guests of the cluster are called so; give its vmid",
    ]


@pytest.mark.thorough
@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not installed")
def test_import_blocks_are_as_terraform_formats_them(tmp_path):
    pools = {name: {} for name in ('a"b', "\\", "\n", "ü", "🦊", "${x}", "\u202e", "x" * 300)}
    text, _missing = render_imports({**FLEET, "pools": pools}, [])
    (tmp_path / "imports.tf").write_text(text)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["web.example.com"], ["web_example_com"]),
        (["1st"], ["_1st"]),
        (["a.b", "a_b"], ["a_b", "a_b_2"]),
    ],
)
def test_names_of_resources_are_what_terraform_takes(names, expected):
    document = {"fleet": "x", "pools": {name: {} for name in names}}
    text, _missing = render_imports(document, [])
    found = [line.rpartition(".")[2] for line in text.splitlines() if line.startswith("  to = ")]
    assert found == expected


def test_no_part_of_a_text_is_a_template_of_terraform():
    text, _missing = render_imports({"fleet": "x", "pools": {"${x}%{y}": {}}}, [])
    assert 'id = "$${x}%%{y}"' in text
