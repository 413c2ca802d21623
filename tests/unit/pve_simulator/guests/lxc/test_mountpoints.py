"""Mount points, file systems and rights as pure functions."""

from __future__ import annotations

import pytest

from pve_simulator.errors import ApiError
from pve_simulator.guests.lxc.disks import say_mkfs
from pve_simulator.guests.lxc.mountpoints import add_unused, drop_mounted_unused, parse_mount, volumes_of
from pve_simulator.guests.lxc.permissions import ConfigRights
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Volume

GIB = 1024**3


@pytest.mark.parametrize(
    ("key", "value", "kind", "wanted", "text"),
    [
        ("rootfs", "local:8", "volume", ("local", 8 * GIB), "local:8"),
        ("rootfs", "local:0.5", "volume", ("local", GIB // 2), "local:0.5"),
        (
            "rootfs",
            "size=1024M,volume=local:1/vm-1-disk-0.raw",
            "volume",
            None,
            "local:1/vm-1-disk-0.raw,size=1G",
        ),
        (
            "mp3",
            "backup=1,mp=/data,volume=local:1/vm-1-disk-0.raw",
            "volume",
            None,
            "local:1/vm-1-disk-0.raw,mp=/data,backup=1",
        ),
        ("mp0", "/srv/share,mp=/share", "bind", None, "/srv/share,mp=/share"),
        ("mp0", "/dev/sdb1,mp=/disk", "device", None, "/dev/sdb1,mp=/disk"),
    ],
)
def test_mount_points_keep_the_servers_order(key, value, kind, wanted, text):
    mount = parse_mount(key, value)

    assert (mount.kind, mount.new_volume, mount.text()) == (kind, wanted, text)


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        (
            None,
            {
                "volume": "property is missing and it is not optional",
                "mp": "property is missing and it is not optional",
            },
        ),
        ("local:1", {"mp": "property is missing and it is not optional"}),
    ],
)
def test_a_mount_point_that_cannot_be_parsed_says_what_is_missing(value, errors):
    with pytest.raises(ApiError) as caught:
        parse_mount("mp0", value)

    assert (caught.value.status, caught.value.message, caught.value.errors) == (500, "format error", errors)


def test_unused_volumes_are_kept_once_and_forgotten_when_mounted_again():
    config = {"rootfs": "local:1/a.raw,size=1G", "unused0": "local:1/b.raw"}

    add_unused(config, "local:1/c.raw")
    add_unused(config, "local:1/c.raw")
    assert config["unused1"] == "local:1/c.raw"
    assert volumes_of(config, unused=True) == ["local:1/a.raw", "local:1/b.raw", "local:1/c.raw"]

    config["mp0"] = "local:1/b.raw,mp=/b"
    drop_mounted_unused(config)
    assert "unused0" not in config


@pytest.mark.parametrize(
    ("size", "first", "backups"),
    [
        (GIB, "Creating filesystem with 262144 4k blocks and 65536 inodes", "\t32768, 98304, 163840, 229376"),
        (
            1224 * 1024**2,
            "Creating filesystem with 313344 4k blocks and 78400 inodes",
            "\t32768, 98304, 163840, 229376, 294912",
        ),
        (64 * 1024**2, "Creating filesystem with 65536 1k blocks and 16384 inodes", "\t8193, 24577, 40961, 57345"),
    ],
)
def test_a_new_file_system_has_the_numbers_of_mkfs(size, first, backups):
    lines: list[str] = []

    say_mkfs(lines.append, Volume("local:1/vm-1-disk-0.raw", "rootdir", "raw", size))

    assert (lines[0], lines[-1]) == (first, backups)


class _Holder:
    """A subject with some privileges everywhere."""

    is_root_password_login = False

    def __init__(self, *privileges: str) -> None:
        self._privileges = privileges

    def may(self, path: str, *wanted: str) -> bool:
        return any(name in self._privileges for name in wanted)

    def require(self, path: str, *wanted: str) -> None:
        if not self.may(path, *wanted):
            raise ApiError(403, f"{path} {'|'.join(wanted)}")


@pytest.mark.parametrize(
    ("old", "new", "deleted", "needed"),
    [
        ({}, {"cores": "2"}, [], "VM.Config.CPU"),
        ({}, {"swap": "2"}, [], "VM.Config.Memory"),
        ({}, {"hostname": "x"}, [], "VM.Config.Network"),
        ({}, {"net0": "name=eth0"}, [], "VM.Config.Network"),
        ({}, {"tags": "web"}, [], "VM.Config.Options"),
        ({}, {"onboot": "1"}, [], "VM.Config.Options"),
        ({"mp0": "local:1/a.raw,mp=/a"}, {}, ["mp0"], "VM.Config.Disk"),
        ({}, {"features": "nesting=1"}, [], "VM.Allocate"),
        ({"features": "nesting=1"}, {}, ["features"], "VM.Allocate"),
        ({"features": "nesting=1,keyctl=1"}, {"features": "keyctl=1"}, [], "VM.Allocate"),
    ],
)
def test_each_option_needs_its_privilege(old, new, deleted, needed):
    ConfigRights(Cluster(), _Holder(needed), 300).check(old, new, deleted, unprivileged=True)
    with pytest.raises(ApiError) as caught:
        ConfigRights(Cluster(), _Holder(), 300).check(old, new, deleted, unprivileged=True)

    assert caught.value.message == f"/vms/300 {needed}"


@pytest.mark.parametrize(
    ("old", "new", "deleted"),
    [
        ({}, {"features": "keyctl=1"}, []),
        ({}, {"features": "nesting=0"}, []),
        ({"features": "nesting=1"}, {"features": "nesting=1,fuse=1"}, []),
        ({"features": "keyctl=1"}, {}, ["features"]),
    ],
)
def test_other_features_are_for_root_alone(old, new, deleted):
    with pytest.raises(ApiError) as caught:
        ConfigRights(Cluster(), _Holder("VM.Allocate"), 300).check(old, new, deleted, unprivileged=True)

    assert "(except nesting) is only allowed for root@pam" in caught.value.message


def test_features_that_stay_as_they_are_need_nothing():
    same = {"features": "keyctl=1,nesting=1"}

    ConfigRights(Cluster(), _Holder(), 300).check(same, {"features": "nesting=1,keyctl=1"}, unprivileged=True)


@pytest.mark.parametrize(
    ("options", "old", "new", "needed"),
    [
        ({}, "", "web", False),
        ({"registered-tags": "prod"}, "web", "prod;web", True),
        ({"registered-tags": "prod"}, "prod;web", "web", True),
        ({"registered-tags": "prod"}, "prod", "prod;web", False),
        ({"user-tag-access": "user-allow=none"}, "", "web", True),
        ({"user-tag-access": "user-allow=list,user-allow-list=web;db"}, "", "web", False),
        ({"user-tag-access": "user-allow=existing"}, "", "new", True),
    ],
)
def test_some_tags_need_more(options, old, new, needed):
    rights = ConfigRights(Cluster(options=options), _Holder("VM.Config.Options"), 300)

    if not needed:
        rights.check({"tags": old}, {"tags": new}, unprivileged=True)
        return
    with pytest.raises(ApiError) as caught:
        rights.check({"tags": old}, {"tags": new}, unprivileged=True)
    assert caught.value.message == "/ Sys.Modify"


def test_a_bridge_needs_the_right_to_use_it_with_its_vlan():
    rights = ConfigRights(Cluster(), _Holder("VM.Config.Network"), 300)

    with pytest.raises(ApiError) as caught:
        rights.check({}, {"net0": "name=eth0,bridge=vmbr0,tag=5"}, unprivileged=True)

    assert caught.value.message == "/sdn/zones/localnetwork/vmbr0/5 SDN.Use"
