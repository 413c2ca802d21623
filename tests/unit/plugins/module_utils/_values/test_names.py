"""Names, ids, calendar events and the fields of firewall rules: what can be one, and what can't.

The simulator judges the same values by the schema of a real server: it has to agree.
"""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._values import firewall, names, storages
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.calendar import Calendar
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.ssh_keys import is_public_key

from pve_simulator.access.acl import is_acl_path
from pve_simulator.guests.qemu import ssh_keys
from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats import VALIDATORS, firewall_names

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
# By the name of the format in the schema: the kind of value, values that it takes, and values that it refuses.
KINDS = {
    "pve-tag": (names.TAG, "prod Prod a.b a+b _x 1 x-y", ["Prod Env", "env=prod", "a;b", "a,b", "-x", ".x", "über"]),
    "dns-name": (
        names.DNS_NAME,
        f"web-01 web.example.com 1 a {'a' * 64}",
        ["Bad Name!", "web_01", "k3s_10", "web-", "-web", "web..x", ".web", "web.", "über"],
    ),
    "pve-configid": (names.CONFIG_ID, "ok_1 ok-2 aa X9", ["1abc", "a b", "a", "a.b", "-a", "ä1"]),
    "pve-storage-id": (names.STORAGE, "local local-lvm a.b_c ab", ["1x", "x", "x_", "a b", "x-", "a/b"]),
    "pve-poolid": (names.POOL, "prod a/b a/b/c 1 a.b_c-d", ["a b", "x!", "a/b/c/d", "/a", "a/"]),
    "pve-node": (names.NODE, "pve1 pve-2 1", ["pve_1", "pve1.example", "-a", "a-", "PVE 1"]),
    "pve-userid": (names.USER, "jane@pve j.d@my-realm a@bb", ["jane", "j d@pve", "a:b@pve", "@pve", f"{'a' * 62}@pve"]),
    "pve-tokenid": (names.USER_TOKEN, "jane@pve!ci", ["jane@pve", "jane@pve!1x", "jane@pve!", "jane!ci"]),
    "pve-groupid": (names.GROUP, "ops a.b-c_d 1", ["a b", "a/b", "ü"]),
    "pve-roleid": (names.ROLE, "PVEAdmin my.role", ["a b", "a/b"]),
    "email": (names.MAIL, "jane@example.com j+x@a", ["jane", "a@", "@b", "a b@c"]),
    "email-or-username": (names.MAIL_OR_USER, "root jane@example.com j-d", ["a@", "a b", "@b", "a..b"]),
    "pve-bridge-id": (names.BRIDGE, "vmbr0 my.bridge_1 x-y", ["x y", "vmbr/0", "a:b"]),
    "pve-vmid": (names.VMID, "100 101 999999999", ["99", "0", "-1", "1000000000", "x"]),
    "pve-volume-id": (names.VOLUME, "local:snippets/a.pl nfs:x", ["a.pl", "local", "/x/y"]),
    "pve-calendar-event": (
        Calendar(),
        "02:30|mon..fri 8:00|*/15|daily|sat,sun|Mon *-*-1..7 02:00|2026-12-24 18:00|5|8..17:0/30|fri..mon|21:00 UTC",
        [
            *("every tuesday", "25:00", "02:60", "mon 8:00 tue", "noon", "8:00 mon", "02:30am", "0 2 * * *"),
            *("mon..fri,8", "*/90", "*/0", "0/24:00", "2026-13-01", "*-*-32 1:00", "*-*-7..1 1:00"),
        ],
    ),
    "pve-fw-protocol-spec": (firewall.PROTOCOL, "tcp udp icmp ipv6-icmp 6 143", ["foo", "144", "tcp,udp", "tcp udp"]),
    "pve-fw-icmp-type-spec": (firewall.ICMP_TYPE, "echo-request any TOS-host-redirect", ["8", "foo", "echo"]),
    "pve-fw-dport-spec": (
        firewall.PORTS,
        f"80 80:90 80,443 http ssh,80:90 echo-request {','.join(map(str, range(1, 16)))}",
        ["80-70", "90:80", "99999", "80,", "htttp", "80;443", ",80", ",".join(map(str, range(1, 17)))],
    ),
    "pve-fw-addr-spec": (
        firewall.ADDRESSES,
        "10.0.0.0/24 10.0.0.5 10.0.0.1-10.0.0.9 10.0.0.1,10.0.0.2 +web web dc/web +dc/web ::1 fe80::/10 10.1 0.0.0.0/0",
        [
            *(
                "10.0.0.5/24",
                "10.0.0.0/33",
                "10.0.0.9-10.0.0.1",
                "::1,10.0.0.1",
                "256.1.1.1",
                "10.0.0.0/8,",
                "fe80::1/10",
                "fe80::1%eth0",
            ),
            *("10.0.0.1-10.0.0.2,10.0.0.3", "10.0.0.1/x", "a b", f"+{'a' * 70}", "10.0.0.1-::1"),
        ],
    ),
    "pve-storage-server": (storages.SERVER, "nas.lan nas 10.0.0.1 2001:db8::1", ["nas:2049", "a b", "nas/x"]),
    "pve-storage-portal-dns": (
        storages.PORTAL,
        "10.0.0.1 10.0.0.1:3260 san.lan:3260 [2001:db8::1]:3260 [2001:db8::1]",
        ["san:x", "a b", "san:99999", "san:1:2"],
    ),
    "pve-storage-vgname": (storages.OPTIONS["vgname"], "pve vg0 a-b.c_d", ["data pool", "pve/x", "-a", "a-", "a"]),
    "pve-storage-options": (storages.OPTIONS["options"], "vers=4.2,soft ro", ["vers=4.2, soft"]),
    "pve-iface": (firewall.IFACE, "net0 vmbr0 eth0.5 bond0:1", ["1x", "a", "a b", "a-b"]),
}


def takes(check, value):
    try:
        check(value)
    except (ValueError, FormatError):
        return False
    return True


@pytest.mark.parametrize("name", KINDS)
def test_what_can_be_one_is_taken_and_nothing_else(name):
    kind, good, bad = KINDS[name]
    good = good.split("|" if "|" in good else " ")

    assert [value for value in good if not takes(kind.check_text, value)] == []
    assert [value for value in bad if takes(kind.check_text, value)] == []


@pytest.mark.parametrize("name", KINDS)
def test_the_schema_judges_as_we_do(name):
    kind, good, bad = KINDS[name]
    values = [*good.split("|" if "|" in good else " "), *bad]

    assert [v for v in values if takes(VALIDATORS[name], v) != takes(kind.check_text, v)] == []


@pytest.mark.parametrize(
    ("kind", "longest"),
    [(names.SNAPSHOT, 40), (names.FIREWALL_GROUP, 18), (names.FIREWALL_LIST, 64), (names.HOSTNAME, 255)],
)
def test_a_name_has_at_most_so_many_characters(kind, longest):
    assert kind.check_text("a" * longest)
    with pytest.raises(ValueError, match=f"has {longest + 1} characters, and may have {longest}"):
        kind.check_text("a" * (longest + 1))


def test_the_words_of_the_firewall_are_those_of_the_server():
    assert set(firewall.PROTOCOLS) == firewall_names.PROTOCOLS
    assert firewall.SERVICES == firewall_names.SERVICES
    assert set(firewall.ICMPV4_TYPES) == firewall_names.ICMPV4_TYPES
    assert set(firewall.ICMPV6_TYPES) == firewall_names.ICMPV6_TYPES


@pytest.mark.parametrize(
    ("fields", "culprit"),
    [
        ({"proto": "tcp", "dport": "80"}, None),
        ({"proto": "17", "sport": "53"}, None),
        ({"proto": "icmp", "dport": "echo-request"}, None),
        ({"proto": "icmp", "icmp-type": "echo-request"}, None),
        ({"proto": "ipv6-icmp", "icmp-type": "packet-too-big"}, None),
        ({"proto": "gre"}, None),
        ({"proto": "gre", "dport": "80"}, "dport"),
        ({"proto": "icmp", "sport": "80"}, "sport"),
        ({"proto": "tcp", "dport": "echo-request"}, "dport"),
        ({"proto": "tcp", "icmp-type": "echo-request"}, "icmp-type"),
        ({"proto": "icmp", "icmp-type": "packet-too-big"}, "icmp-type"),
        ({"proto": "icmp", "icmp-type": "echo-request", "dport": "any"}, "icmp-type"),
        ({"proto": "icmp", "source": "10.0.0.1-10.0.0.9", "dest": "web"}, None),
        ({"proto": "ipv6-icmp", "source": "fd00::/8", "dest": "+dc/web"}, None),
        ({"proto": "ipv6-icmp", "source": "0.0.0.0/0"}, "source"),
        ({"proto": "icmp", "dest": "fd00::1"}, "dest"),
        ({"proto": "tcp", "source": "10.0.0.1,10.0.0.2", "dest": "fd00::1"}, "dest"),
        ({"source": "fd00::1", "dest": "10.0.0.0/8"}, "dest"),
    ],
)
def test_fields_of_a_rule_that_do_not_go_together_are_found(fields, culprit):
    conflict = firewall.find_conflict(fields)

    assert (conflict and conflict[0]) == culprit


@pytest.mark.parametrize(
    ("line", "is_key"),
    [
        (ED25519, True),
        (f"{ED25519} jane@example", True),
        (f'command="ls",no-pty {ED25519} jane', True),
        ("not a key", False),
        ("ssh-ed25519 AAAA", False),
        (ED25519.replace("ssh-ed25519", "ssh-rsa", 1), False),
        ("", False),
    ],
)
def test_a_public_key_is_known_by_its_data(line, is_key):
    assert is_public_key(line) is is_key
    assert ssh_keys.is_public_key(line) is is_key


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/access",
        "/access/groups/ops",
        "/access/realm/pve",
        "/mapping/usb/key",
        "/nodes/pve1",
        "/pool/a/b/c",
        "/sdn/zones/a/vnet/12",
        "/sdn/dns/x1",
        "/sdn/fabrics/f.1",
        "/storage/local",
        "/vms",
        "/vms/101",
        "/nope",
        "/VMS/101",
        "/vms/abc",
        "/vms/99",
        "/pool/a/b/c/d",
        "/access/users",
        "/nodes/pve1/qemu",
        "/storage/local/x",
        "/sdn/zones/a/vnet/0",
        "vms/101",
        "//",
    ],
)
def test_a_path_of_permissions_is_what_the_schema_has(path):
    assert takes(names.ACL_PATH.check_text, path) is is_acl_path(path)
