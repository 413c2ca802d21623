"""Whatever is changed in whatever order, no volume gets lost and nothing that waits changes its meaning."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from pve_simulator.errors import ApiError
from pve_simulator.guests.qemu.access import GuestAccess
from pve_simulator.guests.qemu.changing import ConfigUpdate
from pve_simulator.guests.qemu.pending import apply_cold
from pve_simulator.guests.qemu.unused import volumes_in
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.node import Node
from pve_simulator.state.storage import Storage
from pve_simulator.storage.volumes import Volumes

_DRIVES = st.sampled_from(["scsi0", "scsi1", "virtio0", "ide0", "sata1"])
_TEXTS = st.sampled_from(["local:1", "local:1,format=qcow2", "none,media=cdrom", "local:cloudinit"])
_KEYS = st.sampled_from(["cores", "name", "agent", "ciuser", "scsi0", "scsi1", "virtio0", "ide0", "sata1", "boot"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("drive"), _DRIVES, _TEXTS),
        st.tuples(st.just("set"), st.sampled_from(["cores", "memory", "name", "ciuser"]), st.just("7")),
        st.tuples(st.just("delete"), _KEYS, st.booleans()),
        st.tuples(st.just("power"), st.booleans(), st.booleans()),
    ),
    max_size=12,
)


def _lab() -> tuple[Guest, Volumes]:
    local = Storage("local", {"type": "dir", "path": "/var/lib/vz", "content": "images,iso"})
    cluster = Cluster(nodes={"pve1": Node("pve1")}, storages={"local": local})
    guest = Guest(101, "qemu", "pve1", {"scsihw": "virtio-scsi-single", "boot": "order=scsi0"})
    cluster.guests[101] = guest
    return guest, Volumes(cluster, "pve1")


def _apply(guest: Guest, volumes: Volumes, step: tuple[str, object, object]) -> None:
    kind, key, value = step
    access = GuestAccess(Subject(volumes.cluster, "root@pam"), volumes.cluster, guest.vmid)
    if kind == "power":
        apply_cold(volumes, guest)
        guest.running, guest.acpi = bool(key), bool(value)
    elif kind == "delete":
        ConfigUpdate(guest, volumes, access, force=bool(value)).run({}, [str(key)])
    else:
        ConfigUpdate(guest, volumes, access, force=False).run({str(key): str(value)}, [])


def _referenced(guest: Guest) -> set[str]:
    unused = {value for key, value in guest.config.items() if key.startswith("unused")}
    named = volumes_in(guest.config) | volumes_in(guest.pending) | unused
    return {volid for volid in named if volid.startswith("local:101/")}


@settings(max_examples=100, derandomize=True, deadline=None)
@given(_STEPS)
def test_every_volume_is_named_and_every_name_has_its_volume(steps):
    guest, volumes = _lab()

    for step in steps:
        with suppress(ApiError):  # a refusal has to leave things in order, too
            _apply(guest, volumes, step)
        there = set(volumes.cluster.storages["local"].volumes_on("pve1"))
        assert _referenced(guest) == there


@settings(max_examples=100, derandomize=True, deadline=None)
@given(_STEPS)
def test_a_restart_gives_what_a_plain_reading_promised(steps):
    guest, volumes = _lab()
    for step in steps:
        with suppress(ApiError):
            _apply(guest, volumes, step)
    promised = {key: value for key, value in guest.effective_config().items() if not key.startswith("unused")}

    apply_cold(volumes, guest)

    assert {key: value for key, value in guest.config.items() if not key.startswith("unused")} == promised
    assert not guest.pending
    assert not guest.pending_delete
