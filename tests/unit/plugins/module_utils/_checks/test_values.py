"""Plans are refused for values and users that Proxmox VE refuses, by the module's own options."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import (
    INVALID_PARAMETER,
    PERMISSION_DENIED,
    PveError,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._checks.rights import check_rights
from ansible_collections.playvisor.proxmox.plugins.module_utils._checks.values import check_steps, find_option
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Step

QEMU, LXC = "/nodes/pve1/qemu/101/config", "/nodes/pve1/lxc/104/config"
TOKEN, OTHER, ROOT = "root@pam!ci", "ops@pve", "root@pam"


@pytest.mark.parametrize(
    ("params", "name", "value", "option"),
    [
        ({"name": "template", "new_name": "web_01"}, "name", "web_01", "new_name"),
        ({"name": "web_01", "new_name": None}, "name", "web_01", "name"),
        ({"new_name": "k3s_1", "name": "template"}, "hostname", "k3s_1", "new_name"),
        ({"rules": [{"dport": "80"}, {"dport": "9:1", "sport": None}]}, "dport", "9:1", "rules[1].dport"),
        ({"vmids": [5]}, "vmid", "5", "vmids"),
        ({"vmids": [101, 5], "timeout": 5}, "vmid", "101,5", "vmids"),
        ({"notes": "a\n{{b}}"}, "notes-template", "a\\n{{b}}", "notes"),
        ({"retention": {"last": -1}, "bwlimit": -1}, "prune-backups", "keep-last=-1", "retention"),
        ({"config": {"path": "mnt"}, "storage": "x"}, "path", "mnt", "config.path"),
        ({"timeout": 8, "vmid": None}, "pos", "8", "pos"),
    ],
)
def test_a_parameter_is_named_by_the_option_that_it_comes_from(params, name, value, option):
    assert find_option(params, name, value) == option


def test_a_refusal_names_every_option_with_what_is_wrong():
    steps = [Step("POST", "/nodes/pve1/qemu/101/clone", "w", {"newid": 130, "name": "Bad Name!", "pool": "a b"})]

    with pytest.raises(PveError) as caught:
        check_steps(steps, {"new_name": "Bad Name!", "pool": "a b"})

    assert caught.value.code == INVALID_PARAMETER
    assert set(caught.value.fields) == {"new_name", "pool"}
    assert "'Bad Name!' can't be a value of new_name: it must be a DNS name" in caught.value.message


def test_a_secret_is_not_repeated():
    steps = [Step("POST", "/nodes/pve1/lxc", "w", {"vmid": 130, "password": "1234"}, secrets=("password",))]

    with pytest.raises(PveError) as caught:
        check_steps(steps, {"password": "1234"})

    assert set(caught.value.fields) == {"password"}
    assert "1234" not in str(caught.value.failure())


@pytest.mark.parametrize(
    ("path", "params", "config", "named"),
    [
        (QEMU, {"args": "-x", "cores": 2}, {}, ["args"]),
        (QEMU, {"hookscript": "local:snippets/a.pl"}, {}, ["hookscript"]),
        (QEMU, {"delete": "hugepages,tags"}, {"hugepages": "2"}, ["hugepages"]),
        (QEMU, {"serial0": "/dev/ttyS0", "serial1": "socket"}, {}, ["serial0"]),
        (QEMU, {"hostpci0": "0000:01:00.0", "hostpci1": "mapping=gpu"}, {}, ["hostpci0"]),
        (QEMU, {"usb0": "host=1234:5678", "usb1": "spice", "usb2": "host=spice,usb3=1"}, {}, ["usb0"]),
        (QEMU, {"scsi1": "/dev/sdb", "ide2": "none,media=cdrom", "scsi2": "local:8"}, {}, ["scsi1"]),
        (QEMU, {"delete": "serial0,usb0"}, {"serial0": "socket", "usb0": "mapping=key"}, []),
        (QEMU, {"tags": "a", "description": "args"}, {"args": "-x"}, []),
        (LXC, {"features": "nesting=1,keyctl=1"}, {"unprivileged": 1, "features": "nesting=1"}, ["features"]),
        (LXC, {"features": "keyctl=1,nesting=1"}, {"unprivileged": 1, "features": "keyctl=1"}, []),
        (LXC, {"features": "nesting=1"}, {}, ["features"]),
        (LXC, {"mp0": "/mnt/x,mp=/x", "mp1": "local:8,mp=/y"}, {}, ["mp0"]),
        (LXC, {"dev0": "/dev/ttyUSB0", "hookscript": "local:snippets/a"}, {}, ["dev0", "hookscript"]),
        ("/nodes/pve1/lxc", {"unprivileged": 1, "features": "nesting=1"}, {}, []),
        ("/nodes/pve1/qemu", {"vmid": 130, "affinity": "0-3"}, {}, ["affinity"]),
        ("/nodes/pve1/qemu/101/snapshot", {"args": "x"}, {}, []),
    ],
)
def test_others_may_not_do_what_root_may(path, params, config, named):
    steps = [Step("PUT", path, "w", params)]

    check_rights(steps, config, ROOT)
    check_rights(steps, config, "")
    for identity in (TOKEN, OTHER):
        if not named:
            check_rights(steps, config, identity)
            continue
        with pytest.raises(PveError) as caught:
            check_rights(steps, config, identity)
        assert (caught.value.code, sorted(caught.value.fields)) == (PERMISSION_DENIED, named)


def test_a_password_is_not_set_by_a_token():
    steps = [Step("PUT", "/access/password", "w", {"userid": "ops@pve"})]

    check_rights(steps, {}, OTHER)
    with pytest.raises(PveError, match="root@pam!ci can't set password"):
        check_rights(steps, {}, TOKEN)
