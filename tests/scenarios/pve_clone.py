from __future__ import annotations

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    def one(
        name: str, *before: Call, kind: str = "qemu", running: bool = False, needs: str = "", **options: object
    ) -> Scenario:
        """The guest 0, to which `before` happens, is cloned as guest 1."""
        source = place.machine(0, running=running) if kind == "qemu" else place.container(0)
        required = {"ostemplate"} if kind == "lxc" else set()
        return Scenario(
            name,
            "pve_clone",
            {"vmid": place.vmid(0), "newid": place.vmid(1), "new_name": "pv-test-clone", **options},
            prepare=(*source, *before),
            guests=(0, 1),
            needs=frozenset(required | set(needs.split())),
        )

    machine = f"/nodes/{place.node}/qemu/{place.vmid(0)}"
    container = f"/nodes/{place.node}/lxc/{place.vmid(0)}"
    template = Call("POST", f"{machine}/template")
    snapshot = Call("POST", f"{machine}/snapshot", {"snapname": "before"})
    cloudinit = {"user": "admin", "ipconfig": [{"ip": ["192.0.2.11/24"], "gw": "192.0.2.1"}]}
    shape = {"format": "raw"} if place.disk_format else {}
    return [
        one("a guest is cloned", description="Made of another one"),
        one("a running guest is cloned", running=True),
        one("a guest is cloned to a storage", storage=place.storage, **shape),
        one("a snapshot is cloned", snapshot, snapname="before", needs="snapshots"),
        one("a linked clone is made of a template", template),
        one("a full clone is made of a template", template, full=True),
        one("a clone is set up and started", template, tags=["pv-test-web"], cloudinit=cloudinit, start=True),
        one("a container is cloned", kind="lxc"),
        one(
            "a full clone is made of a container template", Call("POST", f"{container}/template"), kind="lxc", full=True
        ),
        one(
            "a linked clone is made of a container template",
            Call("POST", f"{container}/template"),
            kind="lxc",
            needs="container_snapshots",
        ),
        one(
            "a snapshot of a container is cloned",
            Call("POST", f"{container}/snapshot", {"snapname": "before"}),
            kind="lxc",
            snapname="before",
            needs="container_snapshots",
        ),
    ]
