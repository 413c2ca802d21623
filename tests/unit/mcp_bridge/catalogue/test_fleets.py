"""The plain document of a fleet: its objects by path, its secrets, and what it may not ask for."""

from __future__ import annotations

import pytest

from mcp_bridge.catalogue.arguments import make_recordable
from mcp_bridge.catalogue.fleets import (
    find_declared_path,
    find_deletions,
    join_document,
    parse_path,
    redact_secrets,
    remove_secrets,
    render_path,
    split_document,
)

DOCUMENT = {
    "fleet": "shop",
    "settings": {"serial": 1},
    "guests": {"web-01": {"cores": 2}, "web.example.com": {"cores": 4}},
    "pools": {"prod": {"comment": "x"}},
    "firewall": {"cluster": {"options": {"enable": True}}, "nodes": {"pve1": {}}, "groups": {"web": {}}},
    "access": {"users": []},
}


def test_every_object_has_a_path_and_back():
    objects = split_document(DOCUMENT)

    assert list(objects) == [
        "guests.web-01",
        'guests."web.example.com"',
        "pools.prod",
        "firewall.cluster",
        "firewall.groups.web",
        "firewall.nodes.pve1",
        "access",
    ]
    assert join_document(objects) == {name: DOCUMENT[name] for name in DOCUMENT if name not in ("fleet", "settings")}


@pytest.mark.parametrize("junk", [None, [], "x", 7])
def test_sections_that_are_none_have_no_objects(junk):
    assert split_document({"fleet": "shop", "guests": junk, "firewall": junk}) == {}


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("guests.web-01", "guests.web-01"),
        ("guests.web-01.disks.scsi0.size", "guests.web-01"),
        ('guests."web.example.com".cores', 'guests."web.example.com"'),
        ("access.users.jo@pve", "access"),
        ("guests.web", None),
        ("", None),
    ],
)
def test_a_field_belongs_to_the_object_that_it_is_part_of(path, owner):
    assert find_declared_path(path, split_document(DOCUMENT)) == owner


def test_a_name_with_dots_is_one_segment():
    assert parse_path('guests."web.example.com".cores') == ["guests", "web.example.com", "cores"]
    assert render_path("guests", "web.example.com") == 'guests."web.example.com"'


SECRETS = {
    "fleet": "shop",
    "guests": {"a": {"cores": 2, "password": "s3cret", "cloudinit": {"user": "jo", "password": "s3cret"}}},
    "storages": {"nas": {"password": "s3cret", "encryption_key": "s3cret", "type": "pbs"}},
    "access": {"users": [{"user": "jo@pve", "password": "s3cret", "comment": "x"}]},
}


def test_secrets_are_those_of_the_modules():
    kept, marked = remove_secrets(SECRETS), redact_secrets(SECRETS)

    assert kept == {
        "fleet": "shop",
        "guests": {"a": {"cores": 2, "cloudinit": {"user": "jo"}}},
        "storages": {"nas": {"type": "pbs"}},
        "access": {"users": [{"user": "jo@pve", "comment": "x"}]},
    }
    assert "s3cret" not in str(marked)
    assert marked["guests"]["a"]["cloudinit"] == {"user": "jo", "password": "[redacted]"}
    assert remove_secrets(marked) == kept


def test_what_is_recorded_of_a_call_has_none():
    schema = {"properties": {"fleet": {"type": "object", "x-fleet": True}}}

    assert make_recordable(schema, {"fleet": SECRETS}) == {"fleet": redact_secrets(SECRETS)}


@pytest.mark.parametrize(
    ("document", "deletions"),
    [
        ({"guests": {"a": {"state": "absent"}}}, {"guests.a.state": "absent"}),
        ({"guests": {"a": {"purge": True}}}, {"guests.a.purge": "True"}),
        (
            {
                "guests": {
                    "a": {"disks": [{"slot": "scsi1", "state": "absent"}, {"slot": "scsi2", "state": "detached"}]}
                }
            },
            {"guests.a.disks.scsi1.state": "absent", "guests.a.disks.scsi2.state": "detached"},
        ),
        (
            {"guests": {"a": {"disks": [{"slot": "scsi1", "delete_source": True}]}}},
            {"guests.a.disks.scsi1.delete_source": "True"},
        ),
        ({"storages": {"nas": {"state": "absent"}}}, {"storages.nas.state": "absent"}),
        ({"guests": {"a": {"state": "stopped", "nics": [{"slot": "net1", "state": "absent"}]}}}, {}),
        ({"firewall": {"cluster": {"rules": [{"key": "x", "state": "absent"}], "purge": True}}}, {}),
        ({"guests": {"a": "junk", "b": {"disks": "junk"}, "c": {"disks": ["junk"]}}}, {}),
    ],
    ids=["a guest", "its traces", "disks", "a volume", "a storage", "a device", "rules", "junk"],
)
def test_what_deletes_is_found(document, deletions):
    assert find_deletions(document) == deletions
