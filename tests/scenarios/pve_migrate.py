from __future__ import annotations

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    def one(
        name: str, *before: Call, needs: str = "", count: int = 1, cleanup: tuple[Call, ...] = (), **options: object
    ) -> Scenario:
        vmids = [place.vmid(index) for index in range(count)]
        chosen = {"target": place.other_node, "guests": {"vmids": vmids}} if count else {}
        return Scenario(
            name,
            "pve_migrate",
            {**chosen, **options},
            prepare=before,
            cleanup=cleanup,
            guests=tuple(range(count)),
            needs=frozenset({"other_node", *needs.split()}),
        )

    sid = f"vm:{place.vmid(0)}"
    under_ha = Call("POST", "/cluster/ha/resources", {"sid": sid, "state": "started"})
    no_more = Call("DELETE", f"/cluster/ha/resources/{sid}", optional=True)
    return [
        one("a stopped guest is moved", *place.machine(0)),
        one("a running guest is moved", *place.machine(0, running=True, scsi0=None)),
        one("a running guest is moved with its disk", *place.machine(0, running=True), with_local_disks=True),
        one(
            "a running guest is moved to a storage",
            *place.machine(0, running=True),
            with_local_disks=True,
            storage=place.storage,
        ),
        one("guests are moved together", *place.machine(0), *place.machine(1), count=2, throttle=2),
        one("a stopped container is moved", *place.container(0), needs="ostemplate"),
        one(
            "a running container is moved by a restart",
            *place.container(0, running=True),
            needs="ostemplate",
            restart=True,
            shutdown_timeout=30,
        ),
        # What follows acts on guests that are not ours, or on the cluster's HA manager.
        one(
            "a guest under HA is moved by HA",
            *place.machine(0, running=True),
            under_ha,
            needs="simulator",
            cleanup=(no_more,),
            with_local_disks=True,
        ),
        one("a node is drained", needs="simulator", count=0, drain=place.node, with_local_disks=True, restart=True),
    ]
