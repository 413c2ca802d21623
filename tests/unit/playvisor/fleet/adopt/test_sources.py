"""Which guests are imported: by --select, or by what files of other tools name."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcp_bridge.errors import UsageError
from mcp_bridge.text.yaml import dump_yaml
from playvisor.fleet.adopt.mentions import Mention, find_mentioned
from playvisor.fleet.adopt.observed import Guest
from playvisor.fleet.adopt.selection import parse_selection, select_guests
from playvisor.fleet.adopt.sources import read_mentions

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
        - name: Unknown
          proxmox_kvm: {name: "{{ lookup('env', 'NAME') }}"}
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
                "proxmox_virtual_environment_vm.web": "clone, stop_on_destroy, timeout_create, "
                "initialization.user_account.password",
                "proxmox_virtual_environment_pool.shop": "proxmox_virtual_environment_pool is no guest; --part imports "
                "what a fleet has beside guests",
                "module.db.proxmox_vm_qemu.old": "full_clone",
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
            ["Many: a: the cluster has no such guest", "Many: b: the cluster has no such guest"],
            {
                "Web server": "clone, timeout",
                "Database": "password",
                "Unknown": "it names guests by a template; use --select, or an inventory, for these",
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
    found = find_mentioned(GUESTS, mentions)
    assert [guest.vmid for guest in found.guests] == expected
    assert list(found.unknown) == unknown
    said = {mention.label: " ".join(mention.notes) for mention in mentions}
    assert {label: said[label] for label in notes} == notes
    assert "secret" not in str(mentions)


@pytest.mark.parametrize("text", ["", "{}", "[]", "- 1", "\0", '{"values": {}}'])
def test_a_file_that_names_no_guests_is_refused(tmp_path, text):
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(UsageError, match="names no guests"):
        read_mentions(file)
    with pytest.raises(UsageError, match="can't be read"):
        read_mentions(tmp_path / "nowhere")


STATE_FILE = {
    "version": 4,
    "terraform_version": "1.9.0",
    "resources": [
        {
            "module": "module.web[0]",
            "mode": "managed",
            "type": "proxmox_virtual_environment_vm",
            "name": "this",
            "instances": [
                {
                    "index_key": "web-01",
                    "attributes": {
                        "id": "101",
                        "vm_id": 101,
                        "name": "web-01",
                        "cpu": [{"cores": 2}],
                        "agent": [{"enabled": True, "timeout": "15m"}],
                        "disk": [{"interface": "scsi0", "file_id": "local:iso/debian.img", "size": 20}],
                        "initialization": [
                            {"user_account": [{"username": "x", "keys": ["ssh-rsa A"], "password": "p"}]}
                        ],
                        "novel": {"a": 1},
                    },
                    "dependencies": ["module.db.proxmox_lxc.db", "random_password.x"],
                },
                {"index_key": "old", "deposed": "8a1b", "attributes": {"vm_id": 102}},
            ],
        },
        {
            "mode": "managed",
            "type": "proxmox_lxc",
            "name": "db",
            "instances": [
                {
                    "index_key": 0,
                    "attributes": {
                        "id": "pve1/lxc/103",
                        "vmid": 0,
                        "hostname": "db-01",
                        "ostemplate": "local:vztmpl/debian.tar.zst",
                        "password": "secret",
                        "start": True,
                        "cores": 2,
                    },
                }
            ],
        },
        {"mode": "managed", "type": "proxmox_virtual_environment_file", "name": "x", "instances": [{"attributes": {}}]},
        {"mode": "data", "type": "proxmox_virtual_environment_vms", "name": "x", "instances": [{"attributes": {}}]},
    ],
}


def test_the_own_file_of_a_state_is_read_attribute_by_attribute(tmp_path):
    file = tmp_path / "terraform.tfstate"
    file.write_text(json.dumps(STATE_FILE))
    mentions = read_mentions(file)
    assert [guest.vmid for guest in find_mentioned(GUESTS, mentions).guests] == [101, 103]
    web = 'module.web[0].proxmox_virtual_environment_vm.this["web-01"]'
    assert {mention.label: mention.notes for mention in mentions} == {
        web: (
            "agent.timeout, disk.file_id, initialization.user_account.password",
            "what is not known here, so look whether the fleet has it: novel",
            "it depends on module.db.proxmox_lxc.db; write `depends_on` where that is meant",
        ),
        web.replace("web-01", "old"): ("it was replaced, and waits to be deleted",),
        "proxmox_lxc.db[0]": ("ostemplate, password, start",),
        "proxmox_virtual_environment_file.x": (
            "proxmox_virtual_environment_file is no guest; --part imports what a fleet has beside guests",
        ),
    }


def make_state(*guests, kind="proxmox_virtual_environment_vm"):
    resources = [
        {"address": f"{kind}.x{number}", "mode": "managed", "type": kind, "values": values}
        for number, values in enumerate(guests)
    ]
    return {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}


@pytest.mark.parametrize(
    ("state", "expected", "said"),
    [
        (make_state({"vm_id": 101, "name": "db-01"}), [101], "x0: guest 101 is web-01, not db-01; look who it is"),
        (make_state({"vm_id": 103}), [103], "x0: 103 (db-01) is a container, not a virtual machine; look who it is"),
        (make_state({"vm_id": 900, "name": "web-02"}), [102], "x0: there is no guest 900; web-02 is 102 by now"),
        (make_state({"vm_id": 900, "name": "x"}), [], "x0: the cluster has no such guest"),
        ({"prior_state": make_state({"vm_id": 101}), "format_version": "1.2"}, [101], ""),
        (make_state({"id": "pve1/qemu/102", "vmid": 0}, kind="proxmox_vm_qemu"), [102], ""),
        (make_state({"vm_id": 103, "initialization": {"hostname": "db-01"}}, kind="proxmox_container"), [103], ""),
    ],
)
def test_a_state_that_is_not_as_the_cluster_is_is_said(tmp_path, state, expected, said):
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    found = find_mentioned(GUESTS, read_mentions(file))
    assert [guest.vmid for guest in found.guests] == expected
    assert [sentence.partition(".")[2] for sentence in (*found.unknown, *found.differing)] == ([said] if said else [])


@pytest.mark.parametrize("name", ["web-01", "web-01b"])
def test_two_resources_for_one_guest_are_said(tmp_path, name):
    file = tmp_path / "state.json"
    file.write_text(json.dumps(make_state({"vm_id": 101, "name": "web-01"}, {"vm_id": 101, "name": name})))
    first, second = read_mentions(file)
    assert first.notes == ()
    assert second.notes == (f"it is guest 101, which {first.label} is, too",)


ODD_TERRAFORM = [
    {"format_version": "1.0"},
    {"values": None},
    {"values": {"root_module": []}},
    {"values": {"root_module": {"resources": [None, 1, {"type": None}], "child_modules": [3, None]}}},
    make_state(None),
    make_state([1]),
    make_state({"vm_id": True, "name": None, "initialization": "x"}),
    make_state({"vm_id": "١٠١"}),
    {"version": 4, "terraform_version": "1.9.0", "resources": [{"type": "proxmox_lxc", "instances": [None]}]},
]
ODD_INVENTORIES = [
    {"_meta": [], "all": {"hosts": "x"}},
    {"_meta": {"hostvars": []}, "all": None},
    {"all": {"hosts": [None], "children": ["x"]}},
    {"all": {"hosts": {"localhost": None}}},
    {"plugin": "community.proxmox.proxmox", "url": "https://pve.example.com:8006"},
]


@pytest.mark.parametrize("data", [*ODD_TERRAFORM, *ODD_INVENTORIES])
def test_what_is_not_as_it_should_be_names_no_guests(tmp_path, data):
    file = tmp_path / "file"
    file.write_text(json.dumps(data))
    with pytest.raises(UsageError, match="names no guests"):
        find_mentioned(GUESTS, read_mentions(file))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps(TERRAFORM)[:-20], "is no whole JSON: Unterminated string"),
        ("{" * 5000, "is no whole JSON"),
        ("- hosts: localhost\n  tasks:\n    - proxmox_kvm: {name: {{ x }}, vmid: 101}\n", "is no whole YAML"),
        ("# tasks\n---\nall:\n\thosts:\n", "is no whole YAML"),
        ("all:\n  hosts:\n    web-01: !other x\n", "is no whole YAML"),
    ],
)
def test_a_file_that_is_broken_is_said_to_be(tmp_path, text, message):
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_mentions(file)
    with pytest.raises(UsageError, match="is a folder"):
        read_mentions(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[web]\nweb-[01:02:1]\n[db:vars]\nmail=1\n", [101, 102]),
        ("db-01:2222 ansible_ssh_common_args='-o User=x -o Y=z' # note\n", [103]),
        ("web-01 ; it's a note\n; web-02\n# db-01\nlocalhost\n", [101]),
        ("x proxmox_vmid=103\n", [103]),
        ("web-01 it's=1\n", [101]),
        ("web-01\nx[1:9:0]\nx[1:c]\nx[aa:bb]\n", [101]),
        ("all:\n  hosts: web-01\n", [101]),
        ("all:\n  hosts:\n    x: {pve_vmid: 102, secret: !unsafe '{{ a }}'}\n", [102]),
    ],
)
def test_inventories_in_their_forms_are_read(tmp_path, text, expected):
    file = tmp_path / "hosts"
    file.write_text(text)
    assert [guest.vmid for guest in find_mentioned(GUESTS, read_mentions(file)).guests] == expected


def test_a_range_without_end_is_refused(tmp_path):
    file = tmp_path / "hosts"
    file.write_text("x[0:9999][0:9999]\n")
    with pytest.raises(UsageError, match="more than 100000 hosts"):
        read_mentions(file)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("proxmox_kvm: {name: '{{ prefix }}-01', state: started}\n  vars: {prefix: web}", [101]),
        ("proxmox_kvm: {vmid: '{{ item.id }}'}\n  loop: [{id: 101}, {id: 103}]", [101, 103]),
        ("proxmox_kvm: {vmid: '{{ one }}'}\n  with_items: [102]\n  loop_control: {loop_var: one}", [102]),
        ("proxmox_kvm: {vmid: 101, name: '{{ unknown }}'}", [101]),
        ("community.general.proxmox: hostname=db-01 password='a b'", [103]),
        ("action: community.proxmox.proxmox_kvm vmid=102 state=started", [102]),
        ("local_action: {module: community.proxmox.proxmox_kvm, vmid: 102}", [102]),
        ("proxmox_disk: {vmid: 101, disk: scsi1, state: absent}", [101]),
        (
            "block:\n    - proxmox_kvm: {vmid: '{{ id }}'}\n  vars: {id: 102}\n  rescue:\n    - proxmox: {vmid: 103}",
            [102, 103],
        ),
    ],
)
def test_tasks_in_their_forms_are_read(tmp_path, task, expected):
    file = tmp_path / "tasks.yml"
    file.write_text(f"- name: A task\n  {task}\n- proxmox_kvm: {{vmid: 998}}\n- import_tasks: more.yml\n")
    mentions = read_mentions(file)
    found = find_mentioned(GUESTS, mentions)
    assert [guest.vmid for guest in found.guests] == expected
    assert list(found.unknown) == ["proxmox_kvm: the cluster has no such guest"]
    assert mentions[-1].notes == ("tasks of import_tasks stand elsewhere; import from these, too",)


@pytest.mark.parametrize(
    "task",
    [
        "proxmox_kvm: {name: '{{ unknown }}'}",
        "proxmox_kvm: {vmid: '{{ item }}'}\n  loop: '{{ groups.web }}'",
        "proxmox_kvm: {vmid: '{{ item.key }}'}\n  with_dict: {a: 1}",
        "proxmox_kvm: {vmid: '{{ a }}'}\n  vars: {a: '{{ a }}'}",
    ],
)
def test_a_template_that_can_not_be_read_is_said(tmp_path, task):
    file = tmp_path / "tasks.yml"
    file.write_text(f"- name: A task\n  {task}\n- proxmox_kvm: {{vmid: 101}}\n")
    first, _second = read_mentions(file)
    assert (first.vmid, first.name) == (None, "")
    assert "by a template" in first.notes[0]


KEYS = st.sampled_from(
    [
        *("values", "root_module", "resources", "child_modules", "type", "address", "initialization", "instances"),
        *("vm_id", "name", "_meta", "hostvars", "all", "hosts", "children", "tasks", "block", "loop", "vars", "item"),
        *("proxmox_kvm", "vmid", "action", "loop_control", "depends_on", "attributes", "roles", "format_version"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        [
            "proxmox_vm_qemu",
            "proxmox_lxc",
            "web-01",
            "{{ item }}",
            "{{ item.name }}",
            "{{",
            "x[1:3]",
            "x[1:3:0]",
            "a=b",
            "'",
        ]
    )
)
DATA = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=40
)


@settings(max_examples=100, deadline=None)
@given(DATA | st.dictionaries(KEYS, DATA, max_size=6) | st.lists(st.dictionaries(KEYS, DATA, max_size=6), max_size=3))
@example({"web": {"hosts": [["web-01"], {"web-02": {}}]}})
def test_no_data_breaks_the_reading(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("from") / "file"
    for text in (json.dumps(data), dump_yaml(data, allow_unicode=True, width=80)):
        file.write_text(text)
        with suppress(UsageError):
            find_mentioned(GUESTS, read_mentions(file))


def test_an_id_counts_more_than_a_name():
    assert find_mentioned(GUESTS, [Mention("x", 103, "web-01")]).guests == (GUESTS[2],)
