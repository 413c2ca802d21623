"""Guests that were renamed, made or replaced right before the task, which the cluster's list doesn't show for 10 s."""

from __future__ import annotations

from typing import Any

from scenarios import Call, Place, Scenario

NAME = "scenario-0"


def scenarios(place: Place) -> list[Scenario]:
    return [*_swapped(place), *_renamed(place), *_replaced(place)]


def _scenario(title: str, module: str, options: dict[str, Any], prepare: list[Call], **more: Any) -> Scenario:
    return Scenario(title, module, options, tuple(prepare), guests=(0, 1, 2), **more)


def _swap(place: Place) -> list[Call]:
    """Let the second machine have the name that the first one had until now, as the cluster's list knows."""
    return [place.broadcast(0, 1), place.rename(0, f"{NAME}-old"), place.rename(1, NAME)]


def _swapped(place: Place) -> list[Scenario]:
    stopped = [*place.machine(0), *place.machine(1), *_swap(place)]
    running = [*place.machine(0, running=True), *place.machine(1, running=True), *_swap(place)]

    def one(title: str, module: str, prepare: list[Call], needs: frozenset[str] = frozenset(), **options: Any) -> Any:
        return _scenario(
            f"{title} by the name that another one had",
            module,
            {"name": NAME, **options},
            prepare,
            meant=1,
            needs=needs,
        )

    chosen = {"guests": {"names": [f"{NAME}*"], "vmids": [place.vmid(1)]}, "state": "stopped", "force": True}
    return [
        one("a guest is stopped", "pve_guest_state", running, state="stopped", force=True),
        _scenario("a guest is stopped that has got a name that is chosen", "pve_guest_state", chosen, running, meant=1),
        one("a guest is changed", "pve_guest", stopped, memory=128),
        one("a guest is deleted", "pve_guest", stopped, state="absent"),
        one("a guest is renamed", "pve_guest", stopped, new_name="pv-test-other"),
        one("a guest gets a snapshot", "pve_snapshot", stopped, frozenset({"snapshots"}), snapname="before"),
        one("a guest gets firewall rules", "pve_firewall", stopped, level="guest", options={"enable": True}),
    ]


def _renamed(place: Place) -> list[Scenario]:
    fresh = "pv-test-fresh"
    clone = Call(
        "POST",
        f"/nodes/{place.node}/qemu/{place.vmid(0)}/clone",
        {"newid": place.vmid(1), "name": fresh, "full": 1},
    )
    return [
        _scenario(
            "a guest is changed by its new name, and not made again",
            "pve_guest",
            {"name": fresh, "memory": 128},
            [*place.machine(0), place.broadcast(0), place.rename(0, fresh)],
            meant=0,
        ),
        _scenario(
            "a guest is changed by its id and the name that it has just got",
            "pve_guest",
            {"vmid": place.vmid(0), "name": fresh, "memory": 128},
            [*place.machine(0), place.broadcast(0), place.rename(0, fresh)],
            meant=0,
        ),
        _scenario(
            "a clone is set up by its name at once",
            "pve_cloudinit",
            {"name": fresh, "user": "me"},
            [*place.machine(0), clone],
            meant=1,
        ),
        _scenario(
            "a guest is cloned by the name that it has just got",
            "pve_clone",
            {"name": fresh, "newid": place.vmid(1), "new_name": "pv-test-clone", "full": True},
            [*place.machine(0), place.broadcast(0), place.rename(0, fresh)],
            meant=1,
        ),
    ]


def _replaced(place: Place) -> list[Scenario]:
    made = Call("POST", f"/nodes/{place.node}/qemu/{place.vmid(0)}/template")
    template = [*place.machine(0), made, place.broadcast(0, template=1)]
    machine = [place.delete(0), *place.machine(0, name="pv-test-new")]
    return [
        _scenario(
            "a guest with the id of a former template is started",
            "pve_guest_state",
            {"vmid": place.vmid(0), "state": "started"},
            [*template, *machine],
            meant=0,
        ),
        _scenario(
            "a container with the id of a former machine is changed by its name",
            "pve_guest",
            {"name": "pv-test-new", "memory": 128},
            [
                *place.machine(0),
                place.broadcast(0, type="qemu"),
                place.delete(0),
                *place.container(0, hostname="pv-test-new"),
            ],
            meant=0,
            needs=frozenset({"ostemplate"}),
        ),
        _scenario(
            "a machine with the id of a former container is started",
            "pve_guest_state",
            {"guests": {"vmids": [place.vmid(0)]}, "state": "started"},
            [*place.container(0), place.broadcast(0, type="lxc"), place.delete(0, "lxc"), *place.machine(0)],
            meant=0,
            needs=frozenset({"ostemplate"}),
        ),
    ]
