"""What may stand in a fleet's document, and what is said of what may not."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import (
    CONFIG,
    read_document,
    read_last_document,
)


def find_problems(**document):
    with pytest.raises(PveError) as caught:
        read_document({"fleet": "web", **document})
    assert caught.value.code == "invalid_parameter"
    return caught.value.fields


def test_what_is_declared_is_kept_with_its_type_and_nothing_else():
    document = read_document(
        {
            "fleet": "web",
            "guests": {"web-01": {"cores": "2", "onboot": "yes", "disks": [{"slot": "scsi0", "size": "8"}]}},
        }
    )

    assert document.objects == {
        ("guests", "web-01"): {"cores": 2, "onboot": True, "disks": [{"slot": "scsi0", "size": 8}]}
    }


def test_null_is_not_declared():
    assert read_document({"fleet": "web", "guests": {"web-01": {"cores": None}, "web-02": None}}).objects == {
        ("guests", "web-01"): {},
        ("guests", "web-02"): {},
    }


def test_options_are_completed_at_every_level():
    (disk,) = CONFIG.complete({"disks": [{"slot": "scsi0"}]})["disks"]

    assert (disk["state"], disk["move"], disk["size"]) == ("present", False, None)


@pytest.mark.parametrize(
    ("document", "path", "said"),
    [
        ({"fleet": "Web"}, "fleet", "is no name of a fleet"),
        ({"gests": {}}, "gests", "did you mean guests?"),
        ({"guests": {"a": {"core": 1}}}, "guests.a.core", "did you mean cores"),
        ({"guests": {"a": 3}}, "guests.a", "it is no mapping of options"),
        ({"guests": [1]}, "guests", "it has to be a mapping of options"),
        ({"guests": {"a.b": {"core": 1}}}, 'guests."a.b".core', "there is no such option"),
        ({"guests": {"a": {"state": "on"}}}, "guests.a.state", "must be one of: started, stopped"),
        ({"guests": {"a": {"vmid": 5}}}, "guests.a.vmid", "5 is no vmid"),
        ({"guests": {"a": {"disks": [{"size": 1}]}}}, "guests.a.disks.0", "slot has to be given"),
        ({"guests": {"a": {"disks": [{"slot": "scsi0", "siz": 1}]}}}, "guests.a.disks.scsi0.siz", "mean size"),
        ({"guests": {"a": {"disks": [{"slot": "scsi0", "grow_by": 1}]}}}, "guests.a.disks.scsi0.grow_by", "no such"),
        ({"guests": {"a": {"only": "new"}}}, "guests.a.only", "there is no such option"),
        ({"guests": {"a": {"cores": "two"}}}, "guests.a.cores", "it has to be a whole number"),
        ({"guests": {"a": {"onboot": "maybe"}}}, "guests.a.onboot", "it has to be true or false"),
        ({"fleet": None}, "", "fleet has to be given"),
        ({"guests": {"a": {"tags": [], "add_tags": []}}}, "guests.a", "mutually exclusive"),
        ({"guests": {"a": {"clone": {"full": True}}}}, "guests.a.clone", "one of the following is required: vmid"),
        ({"guests": {"a": {"clone": {"name": "b", "new_name": "c"}}}}, "guests.a.clone.new_name", "no such option"),
        (
            {"guests": {"a": {"cloudinit": {"ipconfig": [{"interface": 0, "i": 1}]}}}},
            "guests.a.cloudinit.ipconfig.0.i",
            "",
        ),
        ({"guests": {"a": {"firewall": {"rules": [{"key": "x"}]}}}}, "guests.a.firewall.rules.x", "type, action"),
        ({"guests": {"a": {"ha": {"rule": "x"}}}}, "guests.a.ha.rule", "there is no such option"),
        ({"guests": {"a": {"health": {"timeout": 5}}}}, "guests.a.health", "required: agent, command"),
        ({"guests": {"a": {"on_conflict": {"cores": "no"}}}}, "guests.a.on_conflict.cores", "fail, keep, take"),
        ({"guests": {"a": {"depends_on": ["b"]}}}, "guests.a.depends_on", "no guest b in this fleet"),
        ({"guests": {"a": {"vmid": 101}, "b": {"vmid": 101}}}, "guests.b.vmid", "guests.a has 101 as well"),
        ({"pools": {"p": {"vmids": ["x"]}}}, "pools.p.vmids", "each of it has to be a whole number"),
        ({"storages": {"s": {"type": "nffs"}}}, "storages.s.type", "must be one of"),
        ({"backup_jobs": {"j": {"all": True, "pool": "p"}}}, "backup_jobs.j", "mutually exclusive"),
        ({"ha_rules": {"r": {"max_restart": 1}}}, "ha_rules.r.max_restart", "there is no such option"),
        ({"firewall": {"node": {}}}, "firewall.node", "did you mean nodes"),
        ({"firewall": {"cluster": {"options": {"enable": "q"}}}}, "firewall.cluster.options.enable", "true or false"),
        ({"firewall": {"groups": {"g": {"rules": [{"key": "x", "tipe": 1}]}}}}, "firewall.groups.g.rules.x.tipe", ""),
        ({"access": {"users": [{"user": "a@pve", "enable": "q"}]}}, "access.users.a@pve.enable", "true or false"),
        ({"access": {"grants": []}}, "access.grants", "there is no such option"),
        ({"settings": {"serail": 1}}, "settings.serail", "did you mean serial?"),
        ({"settings": {"serial": 0}}, "settings.serial", "serial is 0. It is a number of guests"),
        ({"settings": {"max_unavailable": "most"}}, "settings.max_unavailable", "max_unavailable is most."),
    ],
)
def test_what_is_wrong_is_said_with_its_path(document, path, said):
    problems = find_problems(**document)

    assert path in problems
    assert said in problems[path]


def test_all_that_is_wrong_is_said_at_once():
    problems = find_problems(guests={name: {"core": 1} for name in ("a", "b")}, pools={"p": {"com": 1}})

    assert sorted(problems) == ["guests.a.core", "guests.b.core", "pools.p.com"]


def test_what_was_applied_last_is_read_as_far_as_it_is_understood():
    last = read_last_document({"guests": {"a": {"cores": 2, "gone_option": 1}, "b": {"cores": "?"}}})

    assert last.objects["guests", "a"] == {"cores": 2}


def test_secrets_are_known():
    document = read_document(
        {
            "fleet": "web",
            "guests": {"a": {"cloudinit": {"password": "one-secret"}}},
            "storages": {"s": {"type": "cifs", "password": "another"}},
            "access": {"users": [{"user": "a@pve", "password": "third-one"}]},
        }
    )

    assert document.secrets == {"one-secret", "another", "third-one"}
