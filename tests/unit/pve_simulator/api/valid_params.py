"""Parameters that an endpoint's schema lets through, drawn by chance."""

from __future__ import annotations

from pve_simulator.schema import ParameterError, format_of, verify
from pve_simulator.schema.check import check_value

# Every value passes some formats and patterns; most name what a built cluster has.
_PLAIN_WORDS = """
0 1 2 3 5 8 30 60 80 101 102 103 104 106 900 901 4096 65536 1700000000 4102444800 0.5 1.5 pve1 pve2 pve3 pve2:1 local
local-lvm shared name1 Name2 a-b x abc scsi0 scsi3 virtio1 ide2 sata0 efidisk0 mp0 rootfs unused0 net0 net1 vmbr0
vmbr1 eth0 bond0 tag1 tag1;tag2 daily mon..fri hourly 22:30 */15 mon sat 03:30 +1G 10G 512M 1T 10% vm:101 ct:104
vm:101,vm:102 101,102 101-0 102-1 local:1 local-lvm:1 local:0 none none,media=cdrom
local:iso/debian-13.1.0-amd64-netinst.iso local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst
local:backup/vzdump-qemu-101-2026_01_01-00_00_00.vma.zst local:101/vm-101-disk-0.qcow2 local-lvm:vm-101-disk-0
local:import/disk.qcow2 local:snippets/user.yaml 10.0.0.9 10.0.0.0/24 10.0.0.9/24 10.0.0.1-10.0.0.9 fd00::1 fd00::1/64
fd00::/64 192.168.1.0/24 255.255.255.0 +myset dc/name1 example.com host.example.com BC:24:11:00:00:01 BC:24:11
00:11:22:33:44:55 ann@pve ann@pve,root@pam root@pam ann@pve!ops root@pam!driver PVEAdmin PVEAuditor VM.Audit
VM.Audit,VM.PowerMgmt ann@example.com http://example.com/a.iso https://example.com / /vms /vms/101 /pool/front
/storage/local /srv/x /mnt/x UPID:pve1:00000DE3:00074237:6B00E60C:qmcreate:195:root@pam: 44:44:44:44 0000:00:02.0
8086:1234 1-1 1234:5678 cpu memory network disk ACCEPT DROP IN OUT in out tcp icmp 22 80,443 8000:9000 eth0,eth1
order=scsi0 order=scsi0;net0 aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee secret123 12345678 0x5000c50015ea71aa v2.0 qemu64
kvm64 host pc q35 pc-i440fx-9.0 node=pve1,path=/dev/x node=pve1,path=/tmp,id=8086:1234 memory=1 0-3 0,2 enabled=1 1:4
tuxis da39a3ee5e6b4b0d3255bfef95601890afd80709 description name comment tags hotplug keep-last=1 keep-all=1 all
enabled type=none current snap1 snap2 Europe/Vienna UTC de-at en-us ops front back/sub pam pve myset myalias mygroup
ssh-rsa%20AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7%20x AAAA Zm9v 7 text
"""
WORDS = [
    *_PLAIN_WORDS.split(),
    "",
    "a b",
    "127.0.0.1 localhost",
    "%E4",
    "ä",
    "a\nb",
    "'",
    "{{guestname}}",
    "sat *-*-1..7 02:00",
    "x=1",
]
_TRIES = 40


def draw_params(endpoint, path_params, draw):
    """Parameters that the endpoint accepts, some of the optional ones among them; None when none were found."""
    for attempt in range(_TRIES):
        share = 0.0 if attempt > _TRIES - 3 else draw.choice((0.05, 0.15, 0.3, 0.6))
        params = {}
        for name, schema in _list_properties(endpoint.parameters, draw):
            if name in path_params or (schema.optional and draw.random() > share):
                continue
            value = draw_value(name, schema, draw)
            if value is not None:
                params[name] = value
        try:
            verify(endpoint, params, path_params)
        except ParameterError:
            continue
        return params
    return None


def draw_value(name, schema, draw):
    """A value that passes its schema, or None."""
    for _attempt in range(_TRIES):
        value = _guess(schema, draw)
        errors = {}
        if value is not None:
            check_value(value, schema, name, errors)
        if value is not None and not errors:
            return value
    return None


def _list_properties(schema, draw):
    if not schema.all_of:
        return list((schema.properties or {}).items())
    found = []
    for part in schema.all_of:
        if part.one_of and part.type_property:
            variant = draw.choice(part.one_of)
            found += list((variant.properties or {}).items())
            found.append((part.type_property, part.type_property_schema or variant))
        else:
            found += list((part.properties or {}).items())
    return found


def _guess(schema, draw):
    if schema.enum:
        return draw.choice(list(schema.enum))
    if schema.type == "boolean":
        return draw.choice("01")
    if schema.type == "array":
        return [_guess(schema.items, draw) for _item in range(draw.randint(1, 2))] if schema.items else None
    if schema.type in ("integer", "number"):
        low = 0 if schema.minimum is None else int(schema.minimum)
        high = low + 100 if schema.maximum is None else int(schema.maximum)
        return str(draw.choice([low, high, draw.randint(low, max(low, high)), min(max(low, 101), high)]))
    properties = _find_properties(schema.format)
    if properties and draw.random() < 0.8:
        return _guess_property_string(properties, draw)
    return draw.choice(WORDS)


def _find_properties(form):
    if form is None:
        return None
    if not isinstance(form, str):
        return form
    try:
        return format_of(form)
    except (KeyError, ValueError):
        return None


def _guess_property_string(properties, draw):
    parts = []
    for name, schema in properties.items():
        if schema.alias or (schema.optional and draw.random() > 0.2):
            continue
        value = _guess(schema, draw)
        if value is None or "," in str(value):
            continue
        parts.append(str(value) if schema.default_key else f"{name}={value}")
    draw.shuffle(parts)
    return ",".join(parts)
