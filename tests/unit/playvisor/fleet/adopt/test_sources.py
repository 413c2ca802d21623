"""Which guests are imported: by --select, or by what files of other tools name."""

from __future__ import annotations

import json

import pytest

from mcp_bridge.errors import UsageError
from playvisor.fleet.adopt.observed import Guest
from playvisor.fleet.adopt.selection import parse_selection, select_guests
from playvisor.fleet.adopt.sources import Mention, find_mentioned, read_mentions

GUESTS = [
    Guest(101, "qemu", "web-01", "pve1", "running", {}, "shop", ("prod", "web")),
    Guest(102, "qemu", "web-02", "pve2", "running", {}, "shop", ("test", "web")),
    Guest(103, "lxc", "db-01", "pve1", "stopped", {}, "", ("prod",)),
    Guest(104, "qemu", "Mail.example.com", "pve2", "stopped", {}),
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [101, 102, 103, 104]),
        (["web-*"], [101, 102]),
        (["WEB-01"], [101]),
        (["101", "db-*"], [101, 103]),
        (["tag=prod"], [101, 103]),
        (["tag=prod", "tag=test"], [101, 102, 103]),
        (["tag=web", "node=pve2"], [102]),
        (["pool=shop", "type=lxc"], []),
        (["type=lxc"], [103]),
        (["name=mail.*"], [104]),
        (["vmid=10[12]"], [101, 102]),
    ],
)
def test_guests_are_selected(words, expected):
    assert [guest.vmid for guest in select_guests(GUESTS, parse_selection(words))] == expected


@pytest.mark.parametrize(("word", "message"), [("colour=red", "no criterion colour"), ("nobody", "no guest nobody")])
def test_a_selection_of_nothing_is_a_mistake(word, message):
    with pytest.raises(UsageError, match=message):
        select_guests(GUESTS, parse_selection([word]))


TERRAFORM = {
    "format_version": "1.0",
    "terraform_version": "1.9.0",
    "values": {
        "root_module": {
            "resources": [
                {
                    "address": "proxmox_virtual_environment_vm.web",
                    "mode": "managed",
                    "type": "proxmox_virtual_environment_vm",
                    "values": {
                        "id": "101",
                        "vm_id": 101,
                        "name": "web-01",
                        "node_name": "pve1",
                        "timeout_create": 1800,
                        "stop_on_destroy": True,
                        "reboot": False,
                        "clone": [{"vm_id": 900}],
                        "initialization": [{"user_account": [{"password": "secret", "username": "debian"}]}],
                    },
                },
                {
                    "address": "data.x.y",
                    "mode": "data",
                    "type": "proxmox_virtual_environment_vm",
                    "values": {"vm_id": 1},
                },
                {"address": "random_password.db", "mode": "managed", "type": "random_password", "values": {}},
                {
                    "address": "proxmox_virtual_environment_pool.shop",
                    "mode": "managed",
                    "type": "proxmox_virtual_environment_pool",
                    "values": {"pool_id": "shop"},
                },
            ],
            "child_modules": [
                {
                    "resources": [
                        {
                            "address": "module.db.proxmox_virtual_environment_container.db",
                            "mode": "managed",
                            "type": "proxmox_virtual_environment_container",
                            "values": {"vm_id": 103, "initialization": [{"hostname": "db-01"}]},
                        },
                        {
                            "address": "module.db.proxmox_vm_qemu.old",
                            "mode": "managed",
                            "type": "proxmox_vm_qemu",
                            "values": {"id": "pve2/qemu/102", "vmid": 0, "name": "web-02", "full_clone": True},
                        },
                        {
                            "address": "module.db.proxmox_lxc.gone",
                            "mode": "managed",
                            "type": "proxmox_lxc",
                            "values": {"id": "pve2/lxc/999", "hostname": "gone"},
                        },
                    ]
                }
            ],
        }
    },
}
INVENTORY_YAML = """
all:
  hosts:
    web-[01:02].example.com: {ansible_user: debian}
  children:
    databases:
      hosts:
        postgres: {proxmox_vmid: 103, ansible_host: 192.0.2.9}
"""
INVENTORY_INI = """
# comment
web-01 ansible_host=192.0.2.1
[db]
db-[01:02]
postgres pve_vmid=104 ; another
[db:vars]
x=1
[all:children]
db
"""
INVENTORY_LIST = json.dumps(
    {
        "_meta": {"hostvars": {"web-01": {"pve_vmid": 101, "pve_node": "pve1"}, "db-01": {"role": "db"}}},
        "all": {"children": ["ungrouped", "web"]},
        "web": {"hosts": ["web-01", "web-02"]},
    }
)
TASKS = """
- hosts: localhost
  tasks:
    - name: Web server
      community.general.proxmox_kvm: {name: web-01, vmid: 101, clone: debian, newid: 102, timeout: 90, cores: 2}
    - block:
        - name: Database
          community.proxmox.proxmox: {hostname: db-01, password: secret, memory: 512}
        - name: Many
          proxmox_kvm: {name: "{{ item }}"}
          loop: [a, b]
        - name: Old one
          community.proxmox.proxmox_kvm: {vmid: 104, state: absent}
        - name: A pool
          community.proxmox.proxmox_pool: {poolid: x}
"""


@pytest.mark.parametrize(
    ("text", "expected", "unknown", "notes"),
    [
        (
            json.dumps(TERRAFORM),
            [101, 102, 103],
            ["module.db.proxmox_lxc.gone: the cluster has no such guest"],
            {
                "proxmox_virtual_environment_vm.web": "not carried over: clone, stop_on_destroy, timeout_create, "
                "initialization.user_account.password",
                "proxmox_virtual_environment_pool.shop": "proxmox_virtual_environment_pool is no guest; --part imports "
                "what a fleet has beside guests",
                "module.db.proxmox_vm_qemu.old": "not carried over: full_clone",
            },
        ),
        (
            INVENTORY_YAML,
            [101, 102, 103],
            [],
            {"postgres": "its variables stay in the inventory: ansible_host"},
        ),
        (INVENTORY_INI, [101, 103, 104], ["db-02: the cluster has no such guest"], {}),
        (INVENTORY_LIST, [101, 102, 103], [], {"db-01": "its variables stay in the inventory: role"}),
        (
            TASKS,
            [102, 103],
            [],
            {
                "Web server": "not carried over: clone, timeout",
                "Database": "not carried over: password",
                "Many": "it names guests by a template; use --select, or an inventory, for these",
                "Old one": "it deletes a guest, which no fleet does",
                "A pool": "proxmox_pool is about no guest",
            },
        ),
    ],
    ids=["terraform", "inventory in YAML", "inventory in INI", "ansible-inventory --list", "tasks"],
)
def test_the_guests_that_a_file_names_are_found(tmp_path, text, expected, unknown, notes):
    file = tmp_path / "file"
    file.write_text(text)
    mentions = read_mentions(file)
    guests, missing = find_mentioned(GUESTS, mentions)
    assert [guest.vmid for guest in guests] == expected
    assert missing == unknown
    said = {mention.label: " ".join(mention.notes) for mention in mentions}
    assert {label: said[label] for label in notes} == notes
    assert "secret" not in str(mentions)


@pytest.mark.parametrize("text", ["", "{}", "[]", "- 1", "\0", "{" * 5000, '{"values": {}}'])
def test_a_file_that_names_no_guests_is_refused(tmp_path, text):
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(UsageError, match="names no guests"):
        read_mentions(file)
    with pytest.raises(UsageError, match="can't be read"):
        read_mentions(tmp_path / "nowhere")


def test_an_id_counts_more_than_a_name():
    assert find_mentioned(GUESTS, [Mention("x", 103, "web-01")])[0] == [GUESTS[2]]
