"""Drives, boot orders, sizes and tags, read and written as the server does."""

from __future__ import annotations

import pytest

from pve_simulator.errors import ApiError
from pve_simulator.guests.qemu.boot import default_order, parse_order, print_order
from pve_simulator.guests.qemu.drives import drive_keys, is_cdrom, is_cloudinit, parse_drive, print_drive, tidy_drive
from pve_simulator.guests.qemu.resizing import parse_target_size
from pve_simulator.guests.qemu.ssh_keys import is_public_key
from pve_simulator.guests.qemu.unplug import unplug
from pve_simulator.guests.qemu.values import config_text, pinned_machine, render_command_line
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest

GIB = 1024**3
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB"


@pytest.mark.parametrize(
    ("given", "tidied"),
    [
        ("local:1,format=qcow2,discard=on", "local:1,discard=on,format=qcow2"),
        ("none", "none,media=cdrom"),
        ("cdrom", "cdrom,media=cdrom"),
        ("size=4G,file=local:101/vm-101-disk-0.raw,ssd=yes", "local:101/vm-101-disk-0.raw,size=4G,ssd=1"),
        ("local:cloudinit", "local:cloudinit"),
    ],
)
def test_a_drive_is_rewritten_in_the_servers_order(given, tidied):
    assert tidy_drive("scsi0", given) == tidied


@pytest.mark.parametrize(
    ("key", "text", "errors"),
    [
        ("virtio0", "none,media=cdrom", {"virtio0": "unable to parse drive options"}),
        ("ide2", "local:iso/a.iso,media=cdrom,format=raw", {"ide2": "unable to parse drive options"}),
        ("scsi0", "/tmp/disk", {"scsi0": "unable to associate path '/tmp/disk' to any storage"}),
        (
            "scsi0",
            "local:8,import-from=local:import/a.qcow2",
            {"scsi0": "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>"},
        ),
        (
            "efidisk0",
            "local:0,import-from=local:import/a.qcow2",
            {"efidisk0": "need to specify 'efitype' when using 'import-from'"},
        ),
    ],
)
def test_a_drive_that_makes_no_sense_is_refused(key, text, errors):
    with pytest.raises(ApiError) as caught:
        tidy_drive(key, text)
    assert caught.value.errors == errors


def test_what_a_drive_is_shows_in_its_volume_and_media():
    cloudinit = parse_drive("ide2", "local:140/vm-140-cloudinit.qcow2,media=cdrom")

    assert is_cloudinit(cloudinit)
    assert (is_cdrom(cloudinit), is_cdrom(cloudinit, cloudinit=False)) == (True, False)
    assert not is_cdrom(parse_drive("scsi0", "local:101/vm-101-disk-0.raw,size=1G"))
    assert print_drive("ide2", cloudinit) == "local:140/vm-140-cloudinit.qcow2,media=cdrom"


def test_drives_come_in_the_servers_order():
    config = dict.fromkeys(("tpmstate0", "sata0", "scsi10", "scsi2", "ide3", "net0", "unused0", "virtio1"), "x")

    assert drive_keys(config) == ["ide3", "scsi2", "scsi10", "virtio1", "sata0", "tpmstate0"]


@pytest.mark.parametrize(
    ("config", "order"),
    [
        ({"scsi0": "local:1,size=1G", "ide2": "none,media=cdrom", "net0": "virtio"}, "order=scsi0;ide2;net0"),
        ({"net1": "virtio", "net0": "virtio"}, "order=net0"),
        ({"scsi1": "local:1", "virtio0": "local:2", "efidisk0": "local:3"}, "order=scsi1"),
        ({}, " "),
    ],
)
def test_a_new_machine_boots_from_its_first_disk_cdrom_and_network(config, order):
    assert print_order(default_order(config)) == order


def test_an_order_is_read_back_and_the_legacy_form_has_none():
    assert parse_order("order=scsi0;net0") == ["scsi0", "net0"]
    assert parse_order("cdn") == parse_order(" ") == []


@pytest.mark.parametrize(
    ("text", "size"),
    [("+1G", 33 * GIB), ("40G", 40 * GIB), ("1.5T", 1536 * GIB), ("+0.5G", 32 * GIB + GIB // 2), ("1024", 1024)],
)
def test_a_size_is_absolute_or_added(text, size):
    assert parse_target_size(text, 32 * GIB) == size


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        ("B;a,c a", {}, "a;b;c"),
        ("B;a", {"tag-style": "case-sensitive=1"}, "B;a"),
        ("z;a", {"tag-style": "ordering=config"}, "z;a"),
        ("", {}, " "),
        (["b", "a"], {}, "a;b"),
    ],
)
def test_tags_are_sorted_unique_and_in_lower_case(value, options, text):
    assert config_text("tags", value, Cluster(options=options)) == text


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("onboot", True, "1"),
        ("cpulimit", 1.5, "1.5"),
        ("name", "web", "web"),
        ("boot", "", " "),
        ("description", "a\nb\n\n", "a\nb"),
        ("description", "", None),
    ],
)
def test_values_are_stored_as_they_read_back(key, value, text):
    assert config_text(key, value, Cluster()) == text


def test_the_log_names_parameters_in_order_and_hides_passwords():
    params = {"name": "web", "cipassword": "secret", "onboot": False}

    assert render_command_line(params) == "-cipassword <hidden> -name web -onboot 0"


@pytest.mark.parametrize(
    ("config", "machine"),
    [
        ({"ostype": "win11"}, "pc-i440fx-10.0+pve1"),
        ({"ostype": "w2k8", "machine": "q35"}, "pc-q35-10.0+pve1"),
        ({"ostype": "win11", "machine": "pc-q35-9.0"}, None),
        ({"ostype": "l26"}, None),
    ],
)
def test_windows_keeps_the_machine_version_it_was_made_with(config, machine):
    assert pinned_machine(config) == machine


@pytest.mark.parametrize(
    ("line", "valid"),
    [
        (f"ssh-ed25519 {KEY} me@host", True),
        (f"no-pty ssh-ed25519 {KEY}", True),
        (f"ssh-rsa {KEY}", False),
        ("garbage key", False),
        ("", False),
    ],
)
def test_a_public_key_names_its_type_twice(line, valid):
    assert is_public_key(line) is valid


@pytest.mark.parametrize(
    ("config", "key", "device"),
    [
        ({"scsi1": "a:1", "scsihw": "virtio-scsi-single"}, "scsi1", "virtioscsi1"),
        ({"scsi1": "a:1", "scsihw": "virtio-scsi-pci"}, "scsi1", "scsihw0"),
        ({"scsi8": "a:1", "scsi0": "a:2"}, "scsi8", "scsihw1"),
        ({"virtio1": "a:1"}, "virtio1", "virtio1"),
        ({"net1": "virtio"}, "net1", "net1"),
    ],
)
def test_a_machine_without_a_system_holds_on_to_its_pci_devices(config, key, device):
    guest = Guest(101, "qemu", "pve1", config, running=True, acpi=False)

    with pytest.raises(ApiError, match=f"error on hot-unplugging device '{device}' - still busy in guest"):
        unplug(guest, key)


def test_a_disk_leaves_a_controller_that_others_use():
    config = {"scsi0": "a:1", "scsi1": "a:2", "scsihw": "virtio-scsi-pci"}

    unplug(Guest(101, "qemu", "pve1", config, running=True, acpi=False), "scsi1")
