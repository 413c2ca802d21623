from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import INVALID_PARAMETER, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.options import (
    align_with_wish,
    default_value,
    encode,
    normalize,
    read_option,
)


def kind_of(key):
    return "lxc" if key in ("features", "swap", "timezone", "unprivileged") else "qemu"


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
        ("agent", {"enabled": True, "fstrim_cloned_disks": False}, "1"),
        ("agent", "yes,freeze-fs-on-backup=off", "enabled=1,freeze-fs=0"),
        ("boot", ["scsi0", "net0"], "order=scsi0;net0"),
        ("boot", {"order": ["scsi0"]}, "order=scsi0"),
        *(("boot", text, "order=scsi0;net0") for text in ("scsi0;net0", "SCSI0, net0")),
        ("cpu", {"cputype": "host", "flags": ["+aes", "-pcid"]}, "host,flags=+aes;-pcid"),
        ("features", {"nesting": 1, "keyctl": False}, "nesting=1"),
        ("features", "nesting=0", None),
        ("hotplug", True, "disk,network,usb"),
        ("hotplug", False, "0"),
        ("hotplug", ["disk", "network"], "network;disk"),
        ("ipconfig0", {"ip6": "2001:DB8:0::5/64"}, "ip6=2001:db8::5/64"),
        ("keyboard", False, "no"),
        ("machine", {"type": "q35", "viommu": "Intel"}, "q35,viommu=intel"),
        ("nameserver", ["10.0.0.1, 2001:DB8::1"], "10.0.0.1 2001:db8::1"),
        ("searchdomain", "a.example, b.example", ["a.example", "b.example"]),
        ("startup", {"order": 2, "up": 30}, "order=2,up=30"),
        ("tablet", "yes", 1),
        ("tdf", "off", False),
        ("usb0", "host=spice,usb3=yes", "spice,usb3=1"),
        ("vcpus", 0, None),
        ("affinity", [0, "2-3"], "0,2-3"),
        ("numa0", {"cpus": ["0-1", 3]}, "cpus=0-1;3"),
        ("spice_enhancements", {"videostreaming": False, "foldersharing": True}, "foldersharing=1"),
        ("newer_option", {"a": True}, "a=1"),
    ],
)
def test_two_spellings_of_one_value_agree(key, one, other):
    wished, kind = normalize(kind_of(key), key, one), kind_of(key)

    assert wished == normalize(kind, key, other) or key == "newer_option"
    # Sent, it comes back as itself.
    sent = {} if wished is None else {key: encode(kind, key, wished)}
    assert read_option(kind, sent, key, wished) == (default_value(kind, key) if wished is None else wished)


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
    assert normalize(kind_of(key), key, one) != normalize(kind_of(key), key, other)


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
        ("lxc", "unprivileged", False),
        ("lxc", "cmode", "tty"),
        ("lxc", "arch", "amd64"),
        ("lxc", "entrypoint", "/sbin/init"),
        ("lxc", "features", None),
        ("lxc", "cpulimit", 0),
        ("qemu", "allow-ksm", True),
        ("qemu", "ciupgrade", True),
        ("qemu", "hotplug", ["disk", "network", "usb"]),
        ("qemu", "migrate_downtime", 0.1),
        ("qemu", "onboot", False),
        ("qemu", "reboot", True),
        ("qemu", "shares", 1000),
        ("qemu", "startdate", "now"),
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
        ("startup", {"order": 2, "up": 30}, "order=2,up=30"),
        ("startup", 2, "order=2"),
        ("agent", True, "1"),
        ("vga", {"type": "qxl", "memory": 32.0}, "qxl,memory=32"),
        ("hostpci0", {"host": "0000:01:00.0", "x-vga": "on", "rombar": True}, "0000:01:00.0,x-vga=1"),
    ],
)
def test_a_value_is_sent_as_the_api_writes_it(key, value, sent):
    assert encode(kind_of(key), key, normalize(kind_of(key), key, value)) == sent


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
    wish = normalize("qemu", "machine", wished)

    assert (align_with_wish("machine", normalize("qemu", "machine", found), wish) == wish) == same


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("tablet", "maybe", "true or false"),
        ("cores", 0, "at least 1"),
        ("cores", "two", "a number"),
        ("ostype", "windows", "one of"),
        ("startup", "order=any", "a number"),
        ("startup", {"first": 1}, "there are down, order, up"),
        ("cpu", "host,flags=+aes,-pcid", "once as host and once as -pcid"),
        ("boot", "order=scsi0;bogus9", "devices of the guest"),
        ("hotplug", "disk,fan", "one of"),
        ("ipconfig1", "gw=10.0.0.1", "gw needs ip"),
        ("ipconfig1", "ip=10.0.0.5", "prefix"),
        ("machine", "q36", "must match"),
        ("smbios1", {"manufacturer": "ACME Corp"}, "must match"),
        ("args", ["-device", "x"], "not a list"),
        ("bios", True, "one of seabios, ovmf"),
        ("description", "x" * 8193, "8193 characters"),
        ("agent", "enabled=1,speed=2", "no property speed"),
        ("agent", {"fstrim_cloned_disks": True}, "it needs enabled"),
        ("numa0", {"memory": 512}, "it needs cpus"),
    ],
)
def test_what_proxmox_ve_would_refuse_is_an_invalid_parameter(key, value, why):
    with pytest.raises(PveError) as caught:
        normalize("qemu", key, value)

    assert caught.value.code == INVALID_PARAMETER
    assert key in caught.value.message
    assert why in caught.value.message


@pytest.mark.parametrize(
    ("found", "wished", "same"),
    [("1f0a5d1c-0c5e-4b52-9c0e-3c3f0a4d7b11", 1, True), ("0", 1, False), (None, 1, False), ("0", 0, True)],
)
def test_a_generated_id_is_met_by_any(found, wished, same):
    wish = normalize("qemu", "vmgenid", wished)
    config = {} if found is None else {"vmgenid": found}

    assert (align_with_wish("vmgenid", read_option("qemu", config, "vmgenid"), wish) == wish) == same
