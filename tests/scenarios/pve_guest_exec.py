from __future__ import annotations

from scenarios import Call, Place, Scenario

_FILE = "/tmp/pv-test"


def scenarios(place: Place) -> list[Scenario]:
    agent = f"/nodes/{place.node}/qemu/{place.vmid(0)}/agent"
    storage = f"/nodes/{place.node}/storage/{place.backups}"
    # The simulator goes by the name of what a guest boots from, and makes up what is downloaded.
    download = {"content": "iso", "filename": "tiny-linux-pv-test.iso", "url": "https://example.org/tiny-linux.iso"}
    iso = f"{place.backups}:iso/{download['filename']}"
    boot = {"scsi0": None, "ide2": f"{iso},media=cdrom", "boot": "order=ide2", "agent": "1"}
    old = Call("POST", f"{agent}/file-write", {"file": _FILE, "content": "old\n"})

    def one(name: str, *prepare: Call, settles: bool = True, **options: object) -> Scenario:
        return Scenario(
            name,
            "pve_guest_exec",
            {"vmid": place.vmid(0), **options},
            prepare=(
                Call("POST", f"{storage}/download-url", download),
                *place.machine(0, running=True, **boot),
                *prepare,
            ),
            cleanup=(Call("DELETE", f"{storage}/content/{iso}", optional=True),),
            guests=(0,),
            needs=frozenset({"agent", "backups", "simulator"}),
            settles=settles,
        )

    return [
        one("a command is run each time", command=["uname", "-r"], settles=False),
        one("a failing command is taken as it is", command=["false"], fail_on_rc=False, settles=False),
        one("a command is run once", command=["touch", _FILE], creates=_FILE),
        one("a command is run while there is something to do", old, command=["rm", _FILE], removes=_FILE),
        one("a file is written", file=_FILE, content="new\n"),
        one("a file is overwritten by what is not ASCII", old, file=_FILE, content="größer €\n"),
    ]
