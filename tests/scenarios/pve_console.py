from __future__ import annotations

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    def one(name: str, *prepare: Call, needs: frozenset[str] = frozenset(), **options: object) -> Scenario:
        guests = (0,) if prepare else ()
        # Each ticket is a new one.
        return Scenario(name, "pve_console", options, prepare=prepare, guests=guests, needs=needs, settles=False)

    vmid = place.vmid(0)
    machine = place.machine(0, running=True, serial0="socket")
    container = place.container(0, running=True)
    is_terminal = {"console": "terminal"}
    return [
        one("the screen of a machine is opened", *machine, vmid=vmid),
        one("the terminal of a machine is opened", *machine, vmid=vmid, serial="serial0", **is_terminal),
        one(
            "the terminal of a container is opened",
            *container,
            needs=frozenset({"ostemplate"}),
            vmid=vmid,
            **is_terminal,
        ),
        one("the shell of a node is opened", node=place.node, **is_terminal),
    ]
