"""Tasks that can't be done: check mode says so, in the same words as applying, and the server refuses the request."""

from __future__ import annotations

from typing import Any

from scenarios import Call, Place, Refusal


def all_refusals(place: Place) -> list[Refusal]:
    """All of them, for this place."""
    return [*_values(place), *_references(place), *_states(place), *_fleets(place)]


def _config(place: Place, **params: Any) -> Call:
    given = {name.replace("__", "-"): value for name, value in params.items()}
    return Call("PUT", f"/nodes/{place.node}/qemu/{place.vmid(0)}/config", given)


def _values(place: Place) -> list[Refusal]:
    """What is wrong in itself, or beside what the guest has."""

    def one(name: str, says: str, call: Call | None, module: str = "pve_guest", **options: Any) -> Refusal:
        told = {"vmid": place.vmid(0), **options}
        return Refusal(name, module, told, "invalid_parameter", says, call, tuple(place.machine(0)))

    def clone(name: str) -> Call:
        return Call("POST", f"/nodes/{place.node}/qemu/{place.vmid(0)}/clone", {"newid": place.vmid(1), "name": name})

    def rule(**params: Any) -> Call:
        path = f"/nodes/{place.node}/qemu/{place.vmid(0)}/firewall/rules"
        return Call("POST", path, {"type": "in", "action": "ACCEPT", **params})

    def firewall(**told: Any) -> dict[str, Any]:
        rule = {"key": "one", "type": "in", "action": "ACCEPT", **told}
        return {"module": "pve_firewall", "level": "guest", "rules": [rule]}

    return [
        one("a name with a space", "Bad Name!", _config(place, name="Bad Name!"), new_name="Bad Name!"),
        one("a name with an underscore", "k3s_10", _config(place, name="k3s_10"), new_name="k3s_10"),
        one("a clone's name with an underscore", "web_01", clone("web_01"), "pve_clone", new_name="web_01"),
        one("a tag with a sign", "env=prod", _config(place, tags="env=prod"), add_tags=["env=prod"]),
        one("a tag with a space", "Prod Env", None, add_tags=["Prod Env"]),
        one("no cores", "cores", _config(place, cores=0), cores=0),
        one("too little memory", "memory", _config(place, memory=8), memory=8),
        one("a balloon above the memory", "balloon", _config(place, balloon=128), config={"balloon": 128}),
        one("an address without a mask", "192.0.2.9", _config(place, ipconfig0="ip=192.0.2.9"), "pve_cloudinit",
            ipconfig=[{"interface": 0, "ip": "192.0.2.9"}]),
        one("a protocol that there is not", "tcq", rule(proto="tcq"), **firewall(proto="tcq")),
        one("ports from high to low", "90-80", rule(proto="tcp", dport="90-80"),
            **firewall(proto="tcp", dport="90-80")),
        one("a port without a protocol", "proto", rule(dport="80"), **firewall(dport="80")),
    ]  # fmt: skip


def _references(place: Place) -> list[Refusal]:
    """What names something that there is not."""

    def one(title: str, says: str, module: str, call: Call, /, **told: Any) -> Refusal:
        return Refusal(title, module, told, "not_found", says, call, tuple(place.machine(0)))

    source, clones = place.vmid(0), f"/nodes/{place.node}/qemu/{place.vmid(0)}/clone"
    full = {"newid": place.vmid(1), "name": "scenario-1", "full": 1}
    told = {"vmid": source, "newid": place.vmid(1), "new_name": "scenario-1", "full": True}
    return [
        one("a clone in no pool", "nosuch", "pve_clone", Call("POST", clones, {**full, "pool": "nosuch"}),
            **told, pool="nosuch"),
        one("a clone on no storage", "nosuch", "pve_clone", Call("POST", clones, {**full, "storage": "nosuch"}),
            **told, storage="nosuch"),
        one("a disk on no storage", "nosuch", "pve_guest", _config(place, scsi1="nosuch:1"),
            vmid=source, disks=[{"slot": "scsi1", "storage": "nosuch", "size": 1}]),
        one("a guest made on no node", "nosuch", "pve_guest",
            Call("POST", "/nodes/nosuch/qemu", {"vmid": place.vmid(1), "name": "scenario-1"}),
            vmid=place.vmid(1), name="scenario-1", type="qemu", node="nosuch"),
        one("a backup on no storage", "nosuch", "pve_backup",
            Call("POST", f"/nodes/{place.node}/vzdump", {"vmid": source, "storage": "nosuch"}),
            vmid=source, storage="nosuch"),
        one("a member of no pool", "nosuch", "pve_guest", Call("PUT", "/pools/nosuch", {"vms": source}),
            vmid=source, pool="nosuch"),
    ]  # fmt: skip


def _states(place: Place) -> list[Refusal]:
    """What the guest's own state, or that of the cluster, keeps from being done."""
    resource = Call("POST", "/cluster/ha/resources", {"sid": f"vm:{place.vmid(0)}", "state": "stopped"})
    remove = Call("DELETE", f"/cluster/ha/resources/vm:{place.vmid(0)}", optional=True)
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}"
    return [
        Refusal(
            "a guest under HA is deleted",
            "pve_guest",
            {"vmid": place.vmid(0), "state": "absent"},
            "unsupported",
            "HA",
            Call("DELETE", guest),
            (*place.machine(0), resource),
            (remove,),
        ),
        Refusal(
            "a protected guest is deleted",
            "pve_guest",
            {"vmid": place.vmid(0), "state": "absent"},
            "protected",
            "protect",
            Call("DELETE", guest),
            tuple(place.machine(0, protection=1)),
        ),
    ]


def _fleets(place: Place) -> list[Refusal]:
    """What can't be done with a guest of a fleet; nothing is done with any other one then."""
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}"

    def one(
        title: str, code: str, says: str, call: Call | None, *prepare: Call, running: bool = False, **wish: Any
    ) -> Refusal:
        fleet = {"fleet": "pv-test", "guests": {"scenario-0": wish}}
        return Refusal(
            title, "pve_fleet", {"fleet": fleet}, code, says, call, (*place.machine(0, running=running), *prepare)
        )

    grown = Call("PUT", f"{guest}/resize", {"disk": "scsi0", "size": "2G"})
    shrunk = Call("PUT", f"{guest}/resize", {"disk": "scsi0", "size": "1G"})
    hibernated = Call("POST", f"{guest}/status/suspend", {"todisk": 1})
    return [
        one("a fleet's disk on no storage", "not_found", "nosuch", _config(place, scsi1="nosuch:1"),
            disks=[{"slot": "scsi1", "storage": "nosuch", "size": 1}]),
        one("a fleet's disk that is larger", "invalid_parameter", "shrink", shrunk, grown,
            disks=[{"slot": "scsi0", "size": 1}]),
        one("a fleet's running guest becomes a template", "unsupported", "only a stopped guest",
            Call("POST", f"{guest}/template"), running=True, state="template"),
        one("a fleet's hibernated guest is changed", "guest_locked", "hibernated", _config(place, memory=96),
            hibernated, running=True, memory=96),
        one("a fleet's guest that waits for itself", "invalid_parameter", "needs itself", None,
            depends_on=["scenario-0"], state="started"),
    ]  # fmt: skip
