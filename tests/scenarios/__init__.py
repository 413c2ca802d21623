"""What every state-changing module is put through, on the simulator and (`make test-cluster`) on a live cluster.

A scenario makes a situation by plain API calls, names one task of one module, and leaves the rest to its judges:
the plan of check mode is exactly what applying sends, and a second apply changes nothing. `scenarios/<module>.py`
holds those of a module, as a function `scenarios(place)`, and `who_is_meant.py` those in which guests are renamed or
replaced right before the task. `refused.py` holds tasks that can't be done, which check mode has to say.

`fleet_life.py` is what a person does with a fleet by the command line, from its import to its last guest, also with
guests of the many `shapes.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """One API request of the test itself, below `/api2/json`; a task that it starts is waited for.

    `optional`: a refusal is no error, as for removing what may not be there. `until`: a GET is repeated until its
    answer is like this. `fills`: values of `params` take what GET of the path answers, as `{scsi0},ssd=1` does a drive
    whose volume has a name that is not known here.
    """

    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    optional: bool = False
    until: Callable[[Any], bool] | None = None
    fills: bool = False


class Needy(Protocol):
    """What runs only where there is what it needs."""

    @property
    def needs(self) -> frozenset[str]:
        """The names of what it needs, as in `Place.lacking`."""


@dataclass(frozen=True)
class Place:
    """Where scenarios may act: a node, a storage for disks, a bridge and a range of vmids that is theirs alone.

    `other_node` is None on a single node, `ostemplate` a container template's volume id, None where there is none;
    `backups` a storage that takes backups; `kvm` False where guests need software emulation. Whether disks can have
    snapshots on `storage` depends on `disk_format` (`qcow2` on a directory; None leaves it to the storage). `offers`
    are what else scenarios may need and find here, by the names in `Scenario.needs`.
    """

    node: str
    storage: str
    bridge: str
    other_node: str | None = None
    backups: str | None = None
    ostemplate: str | None = None
    disk_format: str | None = None
    kvm: bool = True
    offers: frozenset[str] = frozenset({"snapshots"})
    first_vmid: int = 9000
    last_vmid: int = 9099

    def lacking(self, scenario: Needy) -> frozenset[str]:
        """What a scenario needs and does not find here."""
        given = {"other_node": self.other_node, "ostemplate": self.ostemplate, "backups": self.backups}
        return frozenset(need for need in scenario.needs if not given.get(need) and need not in self.offers)

    def vmid(self, index: int) -> int:
        """The id of a scenario's guest number `index`."""
        vmid = self.first_vmid + index
        if vmid > self.last_vmid:
            raise ValueError(f"{vmid} is beyond the range of vmids, which ends at {self.last_vmid}")
        return vmid

    def disk(self, gibibytes: int = 1) -> str:
        """A new disk on the place's storage, as a value of `scsi0`."""
        shape = f",format={self.disk_format}" if self.disk_format else ""
        return f"{self.storage}:{gibibytes}{shape}"

    def machine(self, index: int, *, running: bool = False, **config: Any) -> list[Call]:
        """Make a small QEMU guest `scenario-<index>` with one disk; `config` adds to or replaces its options."""
        guests = f"/nodes/{self.node}/qemu"
        options = {
            "vmid": self.vmid(index),
            "name": f"scenario-{index}",
            "memory": 64,
            "scsihw": "virtio-scsi-single",
            "scsi0": self.disk(),
            **({} if self.kvm else {"kvm": 0}),
            **{key.replace("__", "-"): value for key, value in config.items()},
        }
        given = {key: value for key, value in options.items() if value is not None}
        return [Call("POST", guests, given), *self._started(f"{guests}/{self.vmid(index)}", running)]

    def container(self, index: int, *, running: bool = False, **config: Any) -> list[Call]:
        """Make a small LXC guest `scenario-<index>`; needs `ostemplate`."""
        guests = f"/nodes/{self.node}/lxc"
        options = {
            "vmid": self.vmid(index),
            "hostname": f"scenario-{index}",
            "ostemplate": self.ostemplate,
            "memory": 64,
            "rootfs": f"{self.storage}:1",
            **config,
        }
        given = {key: value for key, value in options.items() if value is not None}
        return [Call("POST", guests, given), *self._started(f"{guests}/{self.vmid(index)}", running)]

    def broadcast(self, *indexes: int, **figures: Any) -> Call:
        """Wait until the cluster's list knows these guests, and shows these figures of them."""
        vmids = {self.vmid(index) for index in indexes}

        def shows(entries: list[dict[str, Any]]) -> bool:
            ours = [entry for entry in entries if entry["vmid"] in vmids]
            told = all({name: entry.get(name) for name in figures} == figures for entry in ours)
            return told and all(entry.get("name") and entry["status"] in ("running", "stopped") for entry in ours)

        return Call("GET", "/cluster/resources", {"type": "vm"}, until=shows)

    def rename(self, index: int, name: str) -> Call:
        """Rename a machine, as somebody else might."""
        return Call("PUT", f"/nodes/{self.node}/qemu/{self.vmid(index)}/config", {"name": name})

    def delete(self, index: int, kind: str = "qemu") -> Call:
        """Delete a stopped guest."""
        return Call("DELETE", f"/nodes/{self.node}/{kind}/{self.vmid(index)}")

    @staticmethod
    def _started(guest: str, running: bool) -> list[Call]:
        return [Call("POST", f"{guest}/status/start")] if running else []


@dataclass(frozen=True)
class Scenario:
    """One task in one situation.

    `settles` is False where each apply acts anew, as a restart does. `foresees` is False where check mode can't know
    what comes out, such as the name of a new backup. `guests` are the indexes of the guests to remove afterwards,
    whoever made them; `cleanup` removes the rest. `needs` names what a live cluster may lack: `other_node`,
    `ostemplate`, `backups`, `snapshots` (of machines), `container_snapshots`, `agent`, `internet`, or `simulator` where
    only that can stage it. `learns` reads, through a client, options that are known only after the preparation, such as
    a backup's name. `meant` is the index of the one guest that the task is about, where that is in question.
    """

    name: str
    module: str
    options: dict[str, Any]
    prepare: tuple[Call, ...] = ()
    cleanup: tuple[Call, ...] = ()
    guests: tuple[int, ...] = ()
    needs: frozenset[str] = frozenset()
    settles: bool = True
    foresees: bool = True
    learns: Callable[[Any], dict[str, Any]] | None = None
    meant: int | None = None


@dataclass(frozen=True)
class Refusal:
    """One task that Proxmox VE would refuse, and that its plan refuses therefore, with this code and these words.

    `call` asks the server for the same by a plain request, which it must refuse, at once or in its task; None where the
    server would take it, but do something else.
    """

    name: str
    module: str
    options: dict[str, Any]
    code: str
    says: str
    call: Call | None
    prepare: tuple[Call, ...] = ()
    cleanup: tuple[Call, ...] = ()
    guests: tuple[int, ...] = (0, 1)
    needs: frozenset[str] = frozenset()


def all_scenarios(place: Place) -> list[Scenario]:
    """The scenarios of every file in this folder, by its name and then in their order."""
    found: list[Scenario] = []
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        if info.name not in ("fleet_life", "refused", "running", "shapes"):
            found += importlib.import_module(f"{__name__}.{info.name}").scenarios(place)
    return found
