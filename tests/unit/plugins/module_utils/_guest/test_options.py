from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.options import (
    align_with_wish,
    encode,
    normalize,
    read_option,
)


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("tags", "b;a;a", ["a", "b"]),
        ("tags", "a,b", "b a"),
        ("tags", " ", []),
        ("tags", [""], None),
        ("description", "two\nlines\n", "two\nlines"),
        ("agent", "1,fstrim_cloned_disks=1", "fstrim_cloned_disks=1,enabled=1"),
        ("agent", "1", True),
        ("agent", "0", "False"),
        ("memory", "current=512", 512),
        ("cpu", "cputype=host,flags=+aes", "host,flags=+aes"),
        ("startup", "order=1,up=30", "up=30,order=1"),
        ("startup", "1", {"order": 1}),
        ("hotplug", "1", "usb,disk,network"),
        ("nameserver", "10.0.0.1,10.0.0.2", ["10.0.0.1", "10.0.0.2"]),
        ("cpulimit", "1.50", 1.5),
        ("cores", "2", 2.0),
        ("onboot", 1, True),
        ("hostpci3", "host=0000:01:00,pcie=1", {"pcie": True, "host": "0000:01:00"}),
        ("virtiofs0", "share", "dirid=share"),
        ("hookscript", "local:snippets/a.pl", "local:snippets/a.pl"),
    ],
)
def test_two_spellings_of_one_value_agree(key, one, other):
    assert normalize(key, one) == normalize(key, other)


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("description", "a", "A"),
        ("nameserver", "10.0.0.1 10.0.0.2", ["10.0.0.2", "10.0.0.1"]),
        ("boot", "order=scsi0;net0", "order=net0;scsi0"),
        ("args", "-device a,x=1,y=2", "-device a,y=2,x=1"),
        ("agent", "1", "0"),
        ("balloon", 0, None),
    ],
)
def test_different_values_do_not_agree(key, one, other):
    assert normalize(key, one) != normalize(key, other)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("qemu", "cores", 1),
        ("lxc", "cores", None),
        ("lxc", "swap", 512),
        ("qemu", "kvm", True),
        ("qemu", "agent", {"enabled": "0"}),
        ("lxc", "tags", []),
        ("qemu", "balloon", None),
    ],
)
def test_what_is_not_set_is_shown_as_what_it_amounts_to(kind, key, value):
    assert read_option(kind, {}, key) == value


@pytest.mark.parametrize(
    ("key", "value", "sent"),
    [
        ("tags", ["a", "b"], "a;b"),
        ("nameserver", "10.0.0.1, 10.0.0.2", "10.0.0.1 10.0.0.2"),
        ("onboot", True, 1),
        ("cpu", "flags=+aes,cputype=host", "host,flags=+aes"),
        ("features", "nesting=1,keyctl=1", "nesting=1,keyctl=1"),
        ("hotplug", "disk,network", "disk,network"),
        ("memory", "current=512", 512),
    ],
)
def test_a_value_is_sent_as_the_api_writes_it(key, value, sent):
    assert encode(key, normalize(key, value)) == sent


@pytest.mark.parametrize(
    ("found", "wished", "same"),
    [
        ("pc-q35-10.0+pve1", "q35", True),
        ("pc-i440fx-10.0+pve1", "pc", True),
        ("pc-i440fx-10.0+pve1", "q35", False),
        ("pc-q35-10.0", "pc-q35-9.0", False),
        ("pc-q35-10.0,viommu=intel", "q35", False),
    ],
)
def test_a_machine_type_without_a_version_is_met_by_any_version(found, wished, same):
    wish = normalize("machine", wished)

    assert (align_with_wish("machine", normalize("machine", found), wish) == wish) == same
