"""Secrets of a fleet are printed when somebody asks for them."""

from __future__ import annotations

from playvisor.fleet.secrets import leave_out_secrets


def test_a_document_is_as_it_was_without_its_secrets():
    guest = {"type": "qemu", "disks": [{"slot": "scsi0", "size": 5}], "cloudinit": {"user": "a"}, "config": {"a": 1}}
    secret = {**guest, "password": "hunter2", "cloudinit": {"user": "a", "password": "hunter2"}}
    users = [{"user": "a@pve", "password": "hunter2"}, {"user": "b@pve"}]

    document, left = leave_out_secrets({"fleet": "a", "guests": {"a.b": secret}, "access": {"users": users}})

    assert document == {
        "fleet": "a",
        "guests": {"a.b": guest},
        "access": {"users": [{"user": "a@pve"}, {"user": "b@pve"}]},
    }
    assert sorted(left) == [
        "access.users.a@pve.password",
        'guests."a.b".cloudinit.password',
        'guests."a.b".password',
    ]


def test_a_document_without_secrets_is_as_it_was():
    document = {"fleet": "a", "settings": {"serial": "25%"}, "guests": {"w": {"cores": 2, "tags": ["a"]}}}

    assert leave_out_secrets(document) == (document, [])
