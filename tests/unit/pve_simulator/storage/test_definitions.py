"""Storage definitions: what each kind wants, and how they change."""

from __future__ import annotations

import pytest

from pve_simulator.errors import ApiError
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Storage
from pve_simulator.storage.definitions import (
    check_mounted,
    config_text,
    definition_view,
    generated_secrets,
    new_config,
    updated_config,
)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("dir", {}, "missing value for required option 'path'"),
        ("nfs", {"server": "10.0.0.1"}, "missing value for required option 'export'"),
        ("lvmthin", {"vgname": "pve"}, "missing value for required option 'thinpool'"),
        ("esxi", {"server": "10.0.0.1", "username": "root"}, "missing value for required option 'password'"),
        ("dir", {"path": "/a", "server": "10.0.0.1"}, "unexpected property 'server'"),
        ("dir", {"path": "/a b"}, "illegal path for directory storage: /a b"),
        ("dir", {"path": "/a", "content": "none,iso"}, "unable to combine 'none' with other content types"),
        ("lvm", {"vgname": "pve", "content": "iso"}, "storage does not support content type 'none'"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_refused(kind, given, message):
    with pytest.raises(ApiError) as caught:
        new_config(kind, "store", given)

    assert (caught.value.status, caught.value.message) == (500, message)


@pytest.mark.parametrize(
    ("kind", "given", "config"),
    [
        ("dir", {"path": "/a"}, {"type": "dir", "path": "/a", "content": "images,rootdir"}),
        (
            "nfs",
            {"server": "s", "export": "/e", "content": "iso,backup"},
            {
                "type": "nfs",
                "path": "/mnt/pve/store",
                "server": "s",
                "export": "/e",
                "content": "iso,backup",
                "shared": "1",
            },
        ),
        ("lvm", {"vgname": "pve", "content": "images,iso"}, {"type": "lvm", "vgname": "pve", "content": "images"}),
        (
            "cifs",
            {"server": "s", "share": "x", "username": "u", "password": "secret"},
            {
                "type": "cifs",
                "path": "/mnt/pve/store",
                "server": "s",
                "share": "x",
                "username": "u",
                "content": "images",
                "shared": "1",
            },
        ),
        ("zfspool", {"pool": "tank", "nodes": ""}, {"type": "zfspool", "pool": "tank", "content": "images,rootdir"}),
    ],
)
def test_a_kind_adds_path_content_and_sharing_and_keeps_secrets_apart(kind, given, config):
    assert new_config(kind, "store", given) == config


@pytest.mark.parametrize(
    ("given", "delete", "message"),
    [
        ({}, ["nosuch"], "no such option 'nosuch'"),
        ({}, ["path"], "unable to delete required option 'path'"),
        ({"snapshot-as-volume-chain": "1"}, [], "can't change value of fixed parameter 'snapshot-as-volume-chain'"),
        ({}, ["snapshot-as-volume-chain"], "unable to delete fixed option 'snapshot-as-volume-chain'"),
        ({"nodes": "pve1"}, ["nodes"], "cannot set and delete property 'nodes' at the same time!"),
        ({"vgname": "pve"}, [], "unexpected property 'vgname'"),
    ],
)
def test_changes_that_a_kind_refuses(given, delete, message):
    storage = Storage("store", {"type": "dir", "path": "/a", "content": "iso"})

    with pytest.raises(ApiError, match=message.replace("!", ".")):
        updated_config(storage, given, delete)


def test_only_disabled_storages_say_so_in_the_file():
    storage = Storage("store", {"type": "dir", "path": "/a", "content": "iso"})

    storage.config = updated_config(storage, {"disable": "1"}, [])
    assert not storage.is_enabled
    storage.config = updated_config(storage, {"disable": "0"}, [])
    assert storage.config == {"type": "dir", "path": "/a", "content": "iso"}


def test_the_view_has_numbers_where_the_schema_says_so_and_one_digest_for_all():
    storage = Storage("nfs1", {"type": "nfs", "path": "/mnt/pve/nfs1", "shared": "1", "max-protected-backups": "-1"})
    cluster = Cluster(storages={"nfs1": storage, "b": Storage("b", {"type": "dir", "path": "/b"})})

    view = definition_view(cluster, storage)

    assert (view["shared"], view["max-protected-backups"], view["path"]) == (1, -1, "/mnt/pve/nfs1")
    assert view["digest"] == definition_view(cluster, cluster.storages["b"])["digest"]


def test_lists_may_come_with_any_separator():
    assert config_text({"content": "iso; images", "nodes": ["pve1", "pve2"], "disable": True}) == {
        "content": "iso,images",
        "nodes": "pve1,pve2",
        "disable": "1",
    }


@pytest.mark.parametrize("mount", ["yes", "1", "/a"])
def test_a_directory_that_must_be_a_mount_point_is_none_here(mount):
    with pytest.raises(ApiError, match="expected to be a mount point but is not mounted: '/a'"):
        check_mounted("store", {"path": "/a", "is_mountpoint": mount})


def test_a_key_that_was_made_is_told_once():
    made = generated_secrets("pbs", "store", {"encryption-key": "autogen"})

    assert made is not None
    assert made["encryption-key"].startswith("{")
    assert generated_secrets("pbs", "store", {}) is None
