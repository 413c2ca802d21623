from __future__ import annotations

from typing import Any

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    vmid = place.vmid(0)
    content = f"/nodes/{place.node}/storage/{place.backups}/content"

    def back_up(**options: Any) -> Call:
        given = {"vmid": str(vmid), "storage": place.backups, "compress": "zstd", **options}
        return Call("POST", f"/nodes/{place.node}/vzdump", given)

    def latest(client: Any) -> dict[str, Any]:
        found = client.get(content, content="backup", vmid=vmid)
        return {"volid": max(entry["volid"] for entry in found)}

    def one(
        title: str, /, *prepare: Call, lxc: bool = False, guests: tuple[int, ...] = (0,), **options: Any
    ) -> Scenario:
        special = {key: options.pop(key) for key in ("settles", "foresees", "learns") if key in options}
        needs = {"backups", "ostemplate"} if lxc else {"backups"}
        made = place.container(0) if lxc else place.machine(0)
        return Scenario(
            title,
            "pve_backup",
            options,
            prepare=(*made, *prepare),
            guests=guests,
            needs=frozenset(needs),
            **special,
        )

    def restored(title: str, index: int, /, *, lxc: bool = False, **options: Any) -> Scenario:
        target = {"state": "restored", "vmid": place.vmid(index), "target_storage": place.storage, **options}
        return one(title, back_up(), lxc=lxc, guests=(0, index), settles=False, learns=latest, **target)

    named = {"name": "pv-test", "new_name": "pv-test"}
    made = {"vmid": vmid, "storage": place.backups, "max_age": "1h", "foresees": False}
    return [
        one("a backup is made", notes="{{guestname}}\nin two lines", retention={"last": 3}, **made),
        one("a backup is made beside all older ones", keep_older=True, **made),
        one("a container is backed up", lxc=True, protected=True, **made),
        one("a backup is described and protected", back_up(), learns=latest, notes="Kept\nfor long", protected=True),
        one("a backup is deleted", back_up(), learns=latest, state="absent"),
        one(
            "old backups are pruned",
            back_up(),
            # Two of one second would have one name.
            back_up(compress="gzip"),
            vmid=vmid,
            storage=place.backups,
            state="pruned",
            retention={"last": 1},
        ),
        restored("a backup is restored as a new guest, and then over it", 1, **named),
        restored("a container is restored over itself", 0, lxc=True, name="scenario-0"),
        restored("a restored guest is another one", 1, **named, unique=True, bwlimit=100000),
        restored(
            "a restored guest is unplugged and tagged", 1, **named, unique=True, disconnect=True, tags=["pv-test"]
        ),
    ]
