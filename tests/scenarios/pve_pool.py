from __future__ import annotations

from scenarios import Call, Place, Scenario

POOL, OTHER = "pv-test-pool", "pv-test-other"


def scenarios(place: Place) -> list[Scenario]:
    made = Call("POST", "/pools", {"poolid": POOL, "comment": "Why it is there"})
    filled = Call("PUT", "/pools", {"poolid": POOL, "vms": place.vmid(0), "storage": place.storage})
    elsewhere = (
        Call("POST", "/pools", {"poolid": OTHER}),
        Call("PUT", "/pools", {"poolid": OTHER, "vms": place.vmid(0)}),
    )
    cleanup = (
        *(
            Call("PUT", "/pools", {"poolid": name, "vms": place.vmid(0), "delete": 1}, optional=True)
            for name in (POOL, OTHER)
        ),
        *(
            Call("PUT", "/pools", {"poolid": name, "vms": place.vmid(1), "delete": 1}, optional=True)
            for name in (POOL, OTHER)
        ),
        Call("PUT", "/pools", {"poolid": POOL, "storage": place.storage, "delete": 1}, optional=True),
        Call("DELETE", "/pools", {"poolid": f"{POOL}/inner"}, optional=True),
        *(Call("DELETE", "/pools", {"poolid": name}, optional=True) for name in (POOL, OTHER)),
    )

    def one(name: str, *before: Call, guests: int = 0, **options: object) -> Scenario:
        prepare = [call for index in range(guests) for call in place.machine(index)]
        return Scenario(
            name,
            "pve_pool",
            {"pool": POOL, **options},
            prepare=(*prepare, *before),
            cleanup=cleanup,
            guests=tuple(range(guests)),
        )

    first, second = place.vmid(0), place.vmid(1)
    return [
        one("a pool is made", comment="Why it is there"),
        one("a pool is made with its members", guests=2, vmids=[second, first], storages=[place.storage]),
        one("a pool inside another one is made", made, pool=f"{POOL}/inner"),
        one("a pool gets another comment", made, comment="Why it is still there\n"),
        one("a pool loses its comment", made, comment=""),
        one("a guest comes into a pool", made, filled, guests=2, vmids=[second]),
        one("a pool has just the guests that are named", made, filled, guests=2, vmids=[second], purge=True),
        one("a storage leaves a pool", made, filled, guests=1, storages=[], purge=True),
        one("a guest moves to a pool from another one", made, *elsewhere, guests=1, vmids=[first], move=True),
        one("an empty pool is deleted", made, state="absent"),
        one("a pool with members is deleted", made, filled, guests=1, state="absent"),
    ]
