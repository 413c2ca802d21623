from __future__ import annotations

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    def one(
        name: str,
        *taken: str,
        kind: str = "qemu",
        running: bool = False,
        memory: bool = False,
        settles: bool = True,
        **options: object,
    ) -> Scenario:
        """A guest with the snapshots `taken`, one upon the other; `memory`: with its RAM in them."""
        guest = place.machine(0, running=running) if kind == "qemu" else place.container(0, running=running)
        path = f"/nodes/{place.node}/{kind}/{place.vmid(0)}/snapshot"
        kept = {"vmstate": 1} if memory else {}
        needs = {"snapshots"} if kind == "qemu" else {"ostemplate", "container_snapshots"}
        return Scenario(
            name,
            "pve_snapshot",
            {"vmid": place.vmid(0), **options},
            prepare=(*guest, *(Call("POST", path, {"snapname": snapname, **kept}) for snapname in taken)),
            guests=(0,),
            needs=frozenset(needs),
            settles=settles,
        )

    back = {"snapname": "before", "state": "rolled_back", "settles": False}
    return [
        one("a snapshot is taken", snapname="before", description="Why it is there\n"),
        one("a snapshot is taken with the guest's memory", running=True, snapname="before", vmstate=True),
        one("memory is not saved of a guest that is stopped", snapname="before", vmstate=True),
        one("a snapshot of a container is taken", kind="lxc", snapname="before", description="Why it is there"),
        one("a snapshot is described", "before", snapname="before", description="Why it is there"),
        one("a description is removed", "before", snapname="before", description="None needed"),
        one("a snapshot is deleted", "before", snapname="before", state="absent"),
        one("a snapshot between two others is deleted", "one", "two", "three", snapname="two", state="absent"),
        one("a snapshot of a container is deleted", "before", kind="lxc", snapname="before", state="absent"),
        one("a guest is rolled back", "before", "after", **back),
        one("a guest is rolled back and started", "before", start=True, **back),
        one("a running guest is rolled back", "before", running=True, **back),
        one("a running guest is rolled back with its memory", "before", running=True, memory=True, **back),
        one("a container is rolled back", "before", kind="lxc", **back),
        one(
            "old snapshots are pruned",
            *("auto-1", "auto-2", "kept"),
            state="pruned",
            retention={"names": "auto-*", "keep": 1},
        ),
        one(
            "a snapshot is taken and older ones are pruned",
            *("auto-1", "precious", "auto-2"),
            snapname="auto-3",
            retention={"names": "auto-*", "keep": 2},
        ),
    ]
