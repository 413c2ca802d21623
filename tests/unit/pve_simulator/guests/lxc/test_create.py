"""Making and destroying containers."""

from __future__ import annotations

import pytest

from pve_simulator.state.ha import Ha

TEMPLATE = "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"


def test_a_container_gets_a_volume_and_the_defaults(lab):
    status, log = lab.task("POST", vmid=300, ostemplate=TEMPLATE, storage="local-lvm")

    assert status == "OK"
    assert lab.config(300) == {
        "arch": "amd64",
        "hostname": "CT300",
        "memory": 512,
        "ostype": "debian",
        "rootfs": "local-lvm:vm-300-disk-0,size=4G",
        "swap": 512,
        "unprivileged": 1,
    }
    assert log[0] == '  Logical volume "vm-300-disk-0" created.'
    assert "Creating filesystem with 1048576 4k blocks and 262144 inodes" in log
    assert "\t32768, 98304, 163840, 229376, 294912, 819200, 884736" in log
    assert f"extracting archive '/var/lib/vz/template/cache/{TEMPLATE.rpartition('/')[2]}'" in log
    assert log[-1] == "TASK OK"


def test_options_read_back_as_the_file_holds_them(lab):
    lab.create(
        description="two\nlines",
        tags="Web;db;web",
        nameserver="1.1.1.1,8.8.8.8",
        net0="name=eth0,bridge=vmbr0,ip=10.0.0.9/24,hwaddr=BC:24:11:00:00:09,gw=10.0.0.1",
        rootfs="local-lvm:2",
        mp0="local-lvm:0.5,mp=/data,backup=1",
        cpulimit="1.5",
        cpuunits=50000,
    )

    config = lab.config(300)

    assert config["description"] == "two\nlines\n"
    assert config["tags"] == "db;web"
    assert (config["cpulimit"], config["cpuunits"]) == ("1.5", 10000)
    assert config["nameserver"] == "1.1.1.1 8.8.8.8"
    assert config["net0"] == "name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:00:00:09,ip=10.0.0.9/24,type=veth"
    assert config["rootfs"] == "local-lvm:vm-300-disk-0,size=2G"
    assert config["mp0"] == "local-lvm:vm-300-disk-1,mp=/data,backup=1,size=512M"


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"ostemplate": "nosuch:vztmpl/x.tar.gz"}, "storage 'nosuch' does not exist"),
        ({"rootfs": "nosuch:1"}, "storage 'nosuch' does not exist"),
        ({"rootfs": "local-lvm:bogus"}, "unable to parse lvm volume name 'bogus'"),
        ({"mp0": "local-lvm:1,mp=/x"}, "mount points configured, but 'rootfs' not set - aborting"),
        ({"storage": "local"}, {"storage": "storage 'local' does not support container directories"}),
        ({"pool": "nosuch"}, "Permission check failed (pool 'nosuch' does not exist)"),
        (
            {"features": "mount=nfs"},
            "Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)",
        ),
        (
            {"features": "nesting=1", "unprivileged": 0},
            "Permission check failed (changing feature flags for privileged container is only allowed for root@pam)",
        ),
        (
            {"rootfs": "local-lvm:1", "mp0": "/srv,mp=/srv"},
            "Permission check failed (mount point type bind is only allowed for root@pam)",
        ),
        (
            {"rootfs": "local-lvm:1", "mp0": "/dev/sdb,mp=/srv"},
            "Permission check failed (mount point type device is only allowed for root@pam)",
        ),
        (
            {"dev0": "/dev/ttyS0"},
            "Permission check failed (configuring device passthrough is only allowed for root@pam)",
        ),
        ({"vmid": 101}, "VM 101 already exists on node 'pve1'"),
        ({"vmid": 200}, "CT 200 already exists on node 'pve2'"),
    ],
)
def test_what_is_refused_before_the_task(lab, params, reason):
    assert lab.refused("POST", **{"vmid": 300, "ostemplate": TEMPLATE, "storage": "local-lvm", **params}) == reason
    assert 300 not in lab.world.cluster.guests


def test_a_missing_template_fails_in_the_task_and_leaves_nothing(lab):
    status, log = lab.task("POST", vmid=300, ostemplate="local:vztmpl/gone.tar.gz", storage="local-lvm")

    assert status == "unable to create CT 300 - volume 'local:vztmpl/gone.tar.gz' does not exist"
    assert "volume 'local:vztmpl/gone.tar.gz' does not exist" in log
    assert 300 not in lab.world.cluster.guests
    assert not {volid for volid in lab.volumes() if "vm-300-" in volid}


def test_a_container_can_be_started_pooled_and_managed_at_once(lab):
    lab.create(start=1, pool="front", ha_managed=1)
    lab.api.run(lab.api.driver.clock.advance(30))

    cluster = lab.world.cluster
    assert cluster.guests[300].running
    assert 300 in cluster.pools["front"].vms
    assert cluster.part(Ha).resources["ct:300"].config["state"] == "started"


def test_destroying_frees_volumes_and_forgets_the_container(lab):
    lab.create(pool="front")

    status, log = lab.task("DELETE", "/300", purge=1)

    assert status == "OK"
    assert log == [
        '  Logical volume "vm-300-disk-0" successfully removed.',
        "purging CT 300 from related configurations..",
        "TASK OK",
    ]
    assert 300 not in lab.world.cluster.guests
    assert 300 not in lab.world.cluster.pools["front"].vms


def test_a_running_container_is_destroyed_by_force_only(lab):
    lab.create()
    lab.start(300)

    assert lab.refused("DELETE", "/300") == "unable to destroy CT 300 - container is running"
    assert lab.task("DELETE", "/300", force=1)[0] == "OK"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"protection": "1"}, "can't remove CT 300 - protection mode enabled"),
        ({"lock": "backup"}, "CT is locked (backup)"),
    ],
)
def test_what_keeps_a_container_from_being_destroyed(lab, config, reason):
    lab.create()
    lab.world.cluster.guests[300].config |= config

    assert lab.refused("DELETE", "/300") == reason


def test_a_container_without_its_bridge_does_not_start(lab):
    lab.create(net0="name=eth0,bridge=nosuch0")

    status, log = lab.task("POST", "/300/status/start")

    assert status == "startup for container '300' failed"
    assert '__lxc_start: 2119 Failed to spawn container "300"' in log
    assert not lab.world.cluster.guests[300].running


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"ssh_public_keys": "garbage"}, "SSH public key validation error"),
        ({"ostemplate": "-"}, "pipe requires cli environment"),
        (
            {"ostemplate": "local:iso/debian-13.1.0-amd64-netinst.iso"},
            "unable to use volume local:iso/debian-13.1.0-amd64-netinst.iso - content type needs to be 'vztmpl'",
        ),
    ],
)
def test_what_cannot_be_a_template_or_a_key(lab, params, reason):
    assert lab.refused("POST", **{"vmid": 300, "ostemplate": TEMPLATE, "storage": "local-lvm", **params}) == reason


def test_public_keys_are_taken(lab):
    keys = "# mine\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB me@host"

    lab.create(ssh_public_keys=keys)
