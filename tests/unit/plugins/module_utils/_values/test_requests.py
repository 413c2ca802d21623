"""The parameters of every request that a plan may have are judged as Proxmox VE's schema judges them."""

from __future__ import annotations

import re

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.kinds import Choice, Number, Text
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.requests import find_problems, find_value

from mcp_bridge.policy.effects import TABLE
from pve_simulator.schema.facts import load_facts

# What modules make themselves, or let one choose from a list.
OWN = {
    "delete",
    "digest",
    "disk",
    "idlist",
    "lock",
    "moveto",
    "pos",
    "revert",
    "target-digest",
    "target-disk",
    "volume",
}
# What no option of a module leads to.
NO_OPTIONS = {
    *(
        "background_delay",
        "cdrom",
        "confirmation-password",
        "delay",
        "dow",
        "import-working-storage",
        "job-id",
        "options",
    ),
    *(
        "migratedfrom",
        "migration_network",
        "migration_type",
        "nets-host-mtu",
        "pigz",
        "rename",
        "starttime",
        "stateuri",
    ),
    *("statestorage", "timeout", "tmpfilename", "zstd", "target-volume", "privs", "fingerprint", "saferemove-stepsize"),
    *(
        "sid",
        "command",
        "portal",
        "monhost",
        "thinpool",
        "vgname",
        "zfs-base-path",
        "content",
        "unused",
        "sshkeys",
        "cidr",
    ),
    *("content-dirs", "type", "log", "checksum-algorithm", "compression", "cmode", "enable", "exclude-path", "force"),
    *("format", "size", "target_node", "nf_conntrack_helpers"),
}
# What a module lets one choose from a list.
CHOSEN = re.compile(r"policy_\w+|\w*log_level\w*")
FOREIGN = re.compile(
    r"/agent|/prunebackups|/unlock-tfa|proxy|shell|sendkey|bulk-action|all$|monitor|/tfa|remote_migrate|/sdn/|oci-registry|/status$|/unlink|/dump"
    r"|domains|notifications|/ceph|replication|metrics|acme|mapping|hardware|/disks|/jobs|/network|/services|/apt|/cpu"
)
GUEST_OPTION = re.compile(r"/nodes/\{node\}/(?:qemu|lxc)(?:/\{vmid\}/config)?")


def list_endpoints():
    """The endpoints of the schema that a plan may send a request to, with a path of such a request."""
    for endpoint in load_facts().endpoints():
        path = re.sub(r"\{\w+\}", lambda match: {"{vmid}": "101"}.get(match[0], "x1"), endpoint.path_template)
        if endpoint.method == "GET" or FOREIGN.search(endpoint.path_template):
            continue
        if any(row.method == endpoint.method and row.pattern.fullmatch(path) for row in TABLE):
            yield endpoint, path


def is_judged(schema):
    """Whether the schema has a range, a pattern, a length, a choice or a format for a parameter."""
    limits = (schema.minimum, schema.maximum, schema.pattern, schema.max_length, schema.min_length, schema.enum)
    return any(limit is not None for limit in limits) or isinstance(schema.format, str)


def list_parameters():
    for endpoint, path in list_endpoints():
        is_config = GUEST_OPTION.fullmatch(endpoint.path_template)
        for name, schema in (endpoint.parameters.properties or {}).items():
            # Options of guests have tests of their own.
            if (
                name in OWN | NO_OPTIONS
                or CHOSEN.fullmatch(name)
                or not is_judged(schema)
                or (is_config and re.search(r"\d$", name))
            ):
                continue
            yield endpoint, path, name, schema


def test_every_parameter_that_the_schema_judges_has_a_kind():
    lacking = {
        f"{endpoint.method} {endpoint.path_template} {name}"
        for endpoint, path, name, schema in list_parameters()
        if find_value(path, name) is None
    }

    assert lacking == set()


def test_ranges_choices_and_lengths_are_those_of_the_schema():
    differing = []
    for endpoint, path, name, schema in list_parameters():
        value = find_value(path, name)
        if isinstance(value, Number) and (value.minimum, value.maximum) != (schema.minimum, schema.maximum):
            differing.append((endpoint.path_template, name, value, (schema.minimum, schema.maximum)))
        if isinstance(value, Choice) and schema.enum and sorted(value.choices) != sorted(schema.enum):
            differing.append((endpoint.path_template, name, value, schema.enum))
        if isinstance(value, Text) and value.longest != schema.max_length:
            differing.append((endpoint.path_template, name, value, schema.max_length))

    assert differing == []


@pytest.mark.parametrize(
    ("path", "params", "named"),
    [
        ("/nodes/pve1/qemu", {"vmid": 99, "name": "web_01", "cores": 0, "memory": 16}, ["cores", "name", "vmid"]),
        ("/nodes/pve1/lxc", {"hostname": "k3s_10", "password": "abc", "swap": -1}, ["hostname", "password", "swap"]),
        (
            "/nodes/pve1/qemu/101/config",
            {"tags": "a;env=b", "shares": 50001, "memory": "8"},
            ["memory", "shares", "tags"],
        ),
        ("/nodes/pve1/qemu/101/clone", {"newid": 1, "name": "Bad Name!", "pool": "a b"}, ["name", "newid", "pool"]),
        ("/nodes/pve1/lxc/101/clone", {"newid": 102, "hostname": "x-", "storage": "1x"}, ["hostname", "storage"]),
        ("/nodes/pve1/lxc/101/migrate", {"target": "pve_2", "target-storage": "a:b c,1"}, ["target", "target-storage"]),
        ("/nodes/pve1/qemu/101/snapshot", {"snapname": "1x", "description": "any thing"}, ["snapname"]),
        ("/nodes/pve1/vzdump", {"notes-template": "{{name}}", "vmid": "101,5"}, ["notes-template", "vmid"]),
        ("/cluster/backup", {"id": "a b", "schedule": "noon", "mailto": "a@"}, ["id", "mailto", "schedule"]),
        ("/cluster/backup/backup-1", {"bwlimit": -1, "prune-backups": "keep-last=-1"}, ["bwlimit", "prune-backups"]),
        (
            "/cluster/backup/backup-1",
            {"performance": "max-workers=0", "comment": "x" * 513},
            ["comment", "performance"],
        ),
        ("/access/users", {"userid": "bob", "email": "x", "expire": -1}, ["email", "expire", "userid"]),
        ("/access/users/bob%40pve/token/1x", {"comment": "c"}, ["tokenid"]),
        ("/access/roles", {"roleid": "a b"}, ["roleid"]),
        ("/access/acl", {"users": "bob", "path": "/"}, ["users"]),
        ("/pools", {"poolid": "a/b/c/d", "vms": "5"}, ["poolid", "vms"]),
        ("/storage", {"storage": "x_", "path": "mnt", "nodes": "a_b", "port": 0}, ["nodes", "path", "port", "storage"]),
        (
            "/cluster/ha/resources",
            {"sid": "vm:101", "max_restart": -1, "comment": "x" * 4097},
            ["comment", "max_restart"],
        ),
        ("/cluster/ha/rules", {"rule": "a b", "nodes": "pve1:x"}, ["nodes", "rule"]),
        ("/cluster/firewall/ipset", {"name": "1x"}, ["name"]),
        ("/cluster/firewall/groups", {"group": "a" * 19}, ["group"]),
        (
            "/cluster/firewall/rules",
            {"proto": "foo", "source": "10.0.0.5/24", "dport": "9:1"},
            ["dport", "proto", "source"],
        ),
        ("/nodes/pve1/firewall/options", {"nf_conntrack_max": 1}, ["nf_conntrack_max"]),
        ("/nodes/pve1/storage/local/download-url", {"url": "ftp://x/y.iso", "filename": "a.iso"}, ["url"]),
    ],
)
def test_what_the_server_refuses_is_named(path, params, named):
    problems = list(find_problems(path, params))

    assert sorted(name for name, _value, _problem in problems) == named
    assert all(problem and not problem.endswith(".") for _name, _value, problem in problems)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/nodes/pve1/qemu", {"vmid": 100, "name": "web-01.example", "cores": 4, "tags": "a;b", "boot": "order=scsi0"}),
        (
            "/nodes/pve1/qemu/101/config",
            {"ciuser": "a b", "description": "", "delete": "tags", "vmstatestorage": "local"},
        ),
        ("/nodes/pve1/qemu/101/migrate", {"target": "pve2", "targetstorage": "1"}),
        (
            "/nodes/pve1/vzdump",
            {"notes-template": "{{guestname}} on {{node}}: {x} {{}}", "prune-backups": "keep-last=0"},
        ),
        ("/cluster/backup", {"id": "job-1", "schedule": "sat *-1..7 15:00", "mailto": "root,a@b.c", "fleecing": "0"}),
        ("/access/users/bob%40pve", {"email": "", "comment": "", "groups": "a,b", "expire": 0}),
        (
            "/storage",
            {"storage": "nfs-1", "server": "nas.example", "export": "/a", "content": "iso,backup", "bwlimit": "move=1"},
        ),
        ("/nodes/pve1/qemu/101/firewall/rules/3", {"dport": "", "comment": "any [k]", "enable": 1, "delete": "proto"}),
        ("/unknown/path", {"name": "any thing"}),
    ],
)
def test_what_the_server_takes_is_no_problem(path, params):
    assert list(find_problems(path, params)) == []
