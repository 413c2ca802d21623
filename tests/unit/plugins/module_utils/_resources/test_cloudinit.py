from __future__ import annotations

from urllib.parse import unquote

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import (
    INVALID_PARAMETER,
    UNSUPPORTED,
    PveError,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.cloudinit import (
    describe_doubts,
    find_cloudinit_drive,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.cloudinit import (
    CloudInit,
    ConfiguredGuest,
)

VM = Guest(103, "web-03", "pve1", "qemu", "stopped")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh user+tag@host"
CONFIG = {
    "digest": "e256",
    "ciuser": "debian",
    "cipassword": "**********",
    "ipconfig0": "ip=10.0.0.5/24,gw=10.0.0.1",
    "nameserver": "1.1.1.1 8.8.8.8",
    "sshkeys": "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh%20"
    "user%2Btag%40host%0A",
    "ciupgrade": 1,
    "ide2": "local:103/vm-103-cloudinit.qcow2,media=cdrom",
}
OPTIONS = {
    **dict.fromkeys(
        (
            "user",
            "password",
            "ssh_keys",
            "ipconfig",
            "nameservers",
            "searchdomain",
            "citype",
            "upgrade",
            "custom",
            "drive_storage",
        )
    ),
    "update_password": "on_create",
    "drive": "ide2",
}


def plan(config=None, guest=VM, running=False, outdated=(), **options):
    params = {**OPTIONS, **options}
    return CloudInit().plan(
        ConfiguredGuest(guest, CONFIG if config is None else config, running, frozenset(outdated)), params
    )


def put(made):
    return {name: value for name, value in made.steps[0].params.items() if name != "digest"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"user": "debian"},
        {"password": "other"},
        {"ssh_keys": [KEY]},
        {"ssh_keys": [f"  {KEY}\n", ""]},
        {"ipconfig": [{"interface": 0, "ip": "10.0.0.5/24", "gw": "10.0.0.1", "ip6": None, "gw6": None}]},
        {"nameservers": ["1.1.1.1", "8.8.8.8"]},
        {"ssh_keys": [f"# mine\n{KEY}\n\n{KEY}\n"]},
        {"upgrade": True},
        {"searchdomain": []},
        {"custom": {"user": None}},
        {"drive_storage": "local"},
    ],
)
def test_what_is_as_wished_needs_nothing(options):
    assert plan(**options).steps == ()


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"user": "admin"}, {"ciuser": "admin"}),
        ({"user": ""}, {"delete": "ciuser"}),
        ({"searchdomain": ["a.example", "b.example c.example"]}, {"searchdomain": "a.example b.example c.example"}),
        ({"nameservers": ["1.1.1.1, 2001:DB8:0::1"]}, {"nameserver": "1.1.1.1 2001:db8::1"}),
        ({"ipconfig": [{"interface": 1, "ip6": "2001:DB8::5/64"}]}, {"ipconfig1": "ip6=2001:db8::5/64"}),
        ({"password": "other", "update_password": "always"}, {"cipassword": "other"}),
        ({"ipconfig": [{"interface": 1, "ip": "dhcp", "ip6": "auto"}]}, {"ipconfig1": "ip=dhcp,ip6=auto"}),
        ({"ipconfig": [{"interface": 0}]}, {"delete": "ipconfig0"}),
        ({"nameservers": []}, {"delete": "nameserver"}),
        ({"upgrade": False, "citype": "nocloud"}, {"ciupgrade": 0, "citype": "nocloud"}),
        ({"custom": {"user": "local:snippets/u.yaml"}}, {"cicustom": "user=local:snippets/u.yaml"}),
    ],
)
def test_only_what_differs_is_sent(options, sent):
    assert put(plan(**options)) == sent


def test_the_update_is_bound_to_the_configuration_that_was_read():
    made = plan(user="admin")

    assert made.steps[0].params["digest"] == made.config_digest == "e256"


def test_ssh_keys_are_percent_encoded_and_shown_decoded():
    made = plan({"digest": "1"}, ssh_keys=[KEY])

    assert unquote(made.steps[0].params["sshkeys"]) == f"{KEY}\n"
    assert " " not in made.steps[0].params["sshkeys"]
    assert "+" not in made.steps[0].params["sshkeys"]
    assert made.after["sshkeys"] == [KEY]


def test_an_entry_may_have_several_ssh_keys():
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJi other@host"

    made = plan({"digest": "1"}, ssh_keys=[f"{KEY}\n{other}\n"])

    assert unquote(made.steps[0].params["sshkeys"]) == f"{KEY}\n{other}\n"
    assert plan({"digest": "1", "sshkeys": made.steps[0].params["sshkeys"]}, ssh_keys=[KEY, other]).steps == ()


def test_upgrades_are_on_where_nothing_is_set():
    assert plan({"digest": "1"}, upgrade=True).steps == ()
    assert put(plan({"digest": "1"}, upgrade=False)) == {"ciupgrade": 0}


@pytest.mark.parametrize(
    "options",
    [
        {"ipconfig": [{"interface": 0, "ip": "10.0.0.5"}]},
        {"ipconfig": [{"interface": 0, "ip": "10.0.0.5/7"}]},
        {"ipconfig": [{"interface": 0, "ip": "10.0.0.5/24", "gw": "10.0.0.1/24"}]},
        {"ipconfig": [{"interface": 32, "ip": "10.0.0.5/24"}]},
        {"nameservers": ["nope!"]},
        {"nameservers": ["1.1.1.1/24"]},
        {"ssh_keys": ["not a key"]},
        {"ssh_keys": ["ssh-ed25519 AAAA"]},
        {"ipconfig": [{"interface": 0, "gw": "10.0.0.1"}]},
        {"ipconfig": [{"interface": 0, "ip6": "10.0.0.5/24"}]},
        {"custom": {"user": "user.yaml"}},
    ],
)
def test_what_proxmox_ve_would_refuse_is_refused_by_the_plan(options):
    with pytest.raises(PveError) as caught:
        plan(**options)

    assert caught.value.code == INVALID_PARAMETER


def test_a_password_is_set_where_there_is_none_and_never_shown():
    made = plan({"digest": "1"}, password="s3cret")

    assert put(made) == {"cipassword": "s3cret"}
    assert "s3cret" not in str((made.before, made.after, made.steps_as_dicts()))


def test_a_missing_drive_is_added_on_the_given_storage():
    made = plan({"digest": "1"}, drive_storage="local-lvm")

    assert put(made) == {"ide2": "local-lvm:cloudinit"}
    assert (made.before["drive"], made.after["drive"]) == (None, "ide2")


def test_the_drive_of_a_running_guest_is_written_anew():
    made = plan(running=True, user="admin")

    assert [(step.method, step.path) for step in made.steps] == [
        ("PUT", "/nodes/pve1/qemu/103/config"),
        ("PUT", "/nodes/pve1/qemu/103/cloudinit"),
    ]


def test_a_drive_that_was_left_outdated_is_written_anew_and_nothing_else():
    made = plan(running=True, outdated=["ciuser"], user="debian")

    assert [step.path for step in made.steps] == ["/nodes/pve1/qemu/103/cloudinit"]
    assert plan(running=True, outdated=["searchdomain"], user="debian").steps == ()


@pytest.mark.parametrize("held", ["local:iso/debian.iso,media=cdrom", "local:103/vm-103-disk-1.qcow2"])
def test_a_drive_that_holds_something_is_not_replaced(held):
    with pytest.raises(PveError) as caught:
        plan({"digest": "1", "ide2": held}, drive_storage="local")

    assert caught.value.code == INVALID_PARAMETER


def test_an_empty_drive_is_used():
    assert put(plan({"digest": "1", "ide2": "none,media=cdrom"}, drive_storage="local")) == {"ide2": "local:cloudinit"}


def test_containers_are_told_that_they_have_none():
    with pytest.raises(PveError) as caught:
        plan(guest=Guest(200, "ct", "pve1", "lxc", "running"), user="x")

    assert caught.value.code == UNSUPPORTED


@pytest.mark.parametrize(
    ("config", "drive"),
    [
        ({"scsi1": "local:140/vm-140-cloudinit.qcow2,media=cdrom"}, "scsi1"),
        ({"ide2": "local-lvm:vm-140-cloudinit,media=cdrom,size=4M"}, "ide2"),
        ({"ide2": "local:iso/debian.iso,media=cdrom", "net0": "virtio"}, None),
    ],
)
def test_the_cloud_init_drive_is_found_on_any_bus(config, drive):
    assert find_cloudinit_drive(config) == drive


@pytest.mark.parametrize(
    ("options", "doubts"),
    [
        ({"ipconfig": [{"ip": "10.0.0.5/24", "gw": "10.0.0.1"}, {"ip": "dhcp"}, {"ip6": "auto"}]}, []),
        ({"ipconfig": [{"ip6": "2001:db8::5/64", "gw6": "fe80::1"}]}, []),
        (
            {"ipconfig": [{"ip": "10.0.0.5/24", "gw": "192.168.1.1"}]},
            [
                "The gateway 192.168.1.1 is not in the network 10.0.0.0/24 of 10.0.0.5/24; the guest may not reach it.",
            ],
        ),
        ({"ssh_keys": [KEY]}, []),
        ({"ssh_keys": [KEY, "nope"]}, ["'nope' in ssh_keys is no public key; no system will let anybody in with it."]),
    ],
)
def test_what_the_guest_can_not_use_is_a_warning(options, doubts):
    assert describe_doubts({"ssh_keys": None, "ipconfig": None, **options}) == doubts
