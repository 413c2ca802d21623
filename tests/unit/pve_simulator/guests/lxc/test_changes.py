"""Changing containers: what applies at once, what waits, what is refused."""

from __future__ import annotations

import pytest

NET = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,type=veth"


def _pending(lab, vmid=300):
    return {entry["key"]: entry for entry in lab.get(f"/{vmid}/pending")}


def test_a_stopped_container_takes_everything_at_once(lab):
    lab.create()

    assert lab.call("PUT", "/300/config", memory=256, features="nesting=1", nameserver="9.9.9.9")[0] == 200

    assert lab.config(300)["memory"] == 256
    assert not [entry for entry in _pending(lab).values() if "pending" in entry]


def test_a_running_container_takes_limits_and_names_and_lets_the_rest_wait(lab):
    lab.create()
    lab.start(300)

    lab.call("PUT", "/300/config", memory=256, cores=2, hostname="other", nameserver="9.9.9.9", features="nesting=1")

    pending = _pending(lab)
    assert (pending["memory"], pending["cores"]) == ({"key": "memory", "value": 256}, {"key": "cores", "value": 2})
    assert pending["hostname"]["value"] == "other"
    assert pending["nameserver"] == {"key": "nameserver", "pending": "9.9.9.9"}
    assert pending["features"] == {"key": "features", "pending": "nesting=1"}
    assert lab.config(300)["nameserver"] == "9.9.9.9"
    assert "nameserver" not in lab.get("/300/config", current=1)


def test_waiting_changes_can_be_reverted_and_end_with_a_restart(lab):
    lab.create(nameserver="1.1.1.1")
    lab.start(300)
    lab.call("PUT", "/300/config", timezone="UTC", searchdomain="lab.test", delete="nameserver")

    lab.call("PUT", "/300/config", revert="searchdomain")
    assert _pending(lab)["nameserver"] == {"key": "nameserver", "value": "1.1.1.1", "delete": 1}

    lab.task("POST", "/300/status/reboot")
    assert "searchdomain" not in lab.config(300)
    assert "nameserver" not in lab.config(300)
    assert lab.config(300)["timezone"] == "UTC"


def test_a_network_device_without_a_mac_gets_a_new_one_at_every_change(lab):
    lab.create(net0=NET)
    lab.start(300)

    lab.call("PUT", "/300/config", net0="name=eth0,bridge=vmbr0,ip=dhcp")

    net0 = lab.config(300)["net0"]
    assert net0.startswith("name=eth0,bridge=vmbr0,hwaddr=BC:24:11:")
    assert net0.endswith(",ip=dhcp,type=veth")
    assert "BC:24:11:00:00:01" not in net0


def test_a_mount_point_comes_with_a_volume_and_leaves_it_unused(lab):
    lab.create()

    lab.call("PUT", "/300/config", mp0="local-lvm:1,mp=/data")
    assert lab.config(300)["mp0"] == "local-lvm:vm-300-disk-1,mp=/data,size=1G"

    lab.call("PUT", "/300/config", delete="mp0")
    assert lab.config(300)["unused0"] == "local-lvm:vm-300-disk-1"

    lab.call("PUT", "/300/config", delete="unused0")
    assert "unused0" not in lab.config(300)
    assert "local-lvm:vm-300-disk-1" not in lab.volumes()


def test_mounting_an_unused_volume_again_makes_it_used(lab):
    lab.create(rootfs="local-lvm:1", mp0="local-lvm:1,mp=/data")
    lab.call("PUT", "/300/config", delete="mp0")

    lab.call("PUT", "/300/config", mp1="local-lvm:vm-300-disk-1,mp=/again")

    config = lab.config(300)
    assert config["mp1"] == "local-lvm:vm-300-disk-1,mp=/again,size=1G"
    assert "unused0" not in config


def test_a_running_container_takes_only_new_mount_points_at_once(lab):
    lab.create()
    lab.start(300)

    lab.call("PUT", "/300/config", mp0="local-lvm:1,mp=/data")
    assert _pending(lab)["mp0"]["value"] == "local-lvm:vm-300-disk-1,mp=/data,size=1G"

    lab.call("PUT", "/300/config", delete="mp0")
    assert _pending(lab)["mp0"]["delete"] == 1


def test_a_stale_digest_is_refused(lab):
    lab.create()
    digest = lab.get("/300/config")["digest"]

    assert lab.call("PUT", "/300/config", cores=1, digest=digest)[0] == 200
    reason = "detected modified configuration - file changed by other user? Try again."
    assert lab.refused("PUT", "/300/config", cores=2, digest=digest) == reason


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "no options specified"),
        ({"delete": "nosuch"}, {"delete": "unknown option 'nosuch'"}),
        ({"revert": "nosuch"}, {"revert": "unknown option 'nosuch'"}),
        ({"delete": "cores", "cores": 1}, {"delete": "you can't use '-cores' and -delete cores' at the same time"}),
        (
            {"delete": "swap", "revert": "swap"},
            {"delete": "you can't use '-delete swap' and '-revert swap' at the same time"},
        ),
        ({"delete": "rootfs"}, "unable to delete required option 'rootfs'"),
        ({"delete": "unprivileged"}, "unable to delete read-only option: 'unprivileged'"),
        ({"unprivileged": 0}, "unable to modify read-only option: 'unprivileged'"),
        ({"mp0": "local:1,mp=/x"}, "storage 'local' does not allow content type 'rootdir' (Container)"),
        ({"net0": "name=eth0,bridge=vmbr0,mtu=9000"}, "net0: MTU size '9000' is bigger than bridge MTU '1500'"),
        (
            {"hookscript": "local:snippets/x.sh"},
            "Permission check failed (changing the hookscript is only allowed for root@pam)",
        ),
    ],
)
def test_what_an_update_refuses(lab, params, reason):
    lab.create()
    before = lab.get("/300/config")

    assert lab.refused("PUT", "/300/config", **params) == reason
    assert lab.get("/300/config") == before


def test_a_protected_container_keeps_its_volumes(lab):
    lab.create(rootfs="local-lvm:1", mp0="local-lvm:1,mp=/data", protection=1)

    assert (
        lab.refused("PUT", "/300/config", delete="mp0") == "can't remove CT 300 drive 'mp0' - protection mode enabled"
    )


def test_a_volume_that_cannot_be_made_is_told_by_key(lab):
    lab.create()
    lab.world.cluster.storages["local-lvm"].config["disable"] = "1"

    errors = lab.refused("PUT", "/300/config", mp0="local-lvm:1,mp=/data")

    assert errors == {"mp0": "unable to apply pending change mp0 : storage 'local-lvm' is disabled\n"}


def test_empty_values_read_back_as_a_space(lab):
    lab.create(tags="web")

    lab.call("PUT", "/300/config", tags="")

    assert lab.config(300)["tags"] == " "


def test_a_running_container_loses_only_one_of_its_first_ten_network_devices(lab):
    lab.create(net1="name=eth1,bridge=vmbr0", net10="name=eth10,bridge=vmbr0")
    lab.start(300)

    lab.call("PUT", "/300/config", delete="net1,net10")

    assert "net1" not in lab.config(300)
    assert _pending(lab)["net10"]["delete"] == 1


def test_what_waits_is_applied_by_the_next_start_and_not_before(lab):
    lab.create(rootfs="local-lvm:1", mp0="local-lvm:1,mp=/data")
    lab.start(300)
    lab.call("PUT", "/300/config", delete="mp0", nameserver="9.9.9.9")
    assert lab.refused("PUT", "/300/config", net0="name=eth0,bridge=nosuch0") == {
        "net0": "unable to hotplug net0: bridge 'nosuch0' does not exist\n"
    }
    lab.call("PUT", "/300/config", revert="net0")

    lab.task("POST", "/300/status/shutdown")
    assert _pending(lab)["nameserver"] == {"key": "nameserver", "pending": "9.9.9.9"}
    assert _pending(lab)["mp0"]["delete"] == 1

    lab.start(300)
    assert _pending(lab)["nameserver"] == {"key": "nameserver", "value": "9.9.9.9"}
    assert lab.config(300)["unused0"] == "local-lvm:vm-300-disk-1"
