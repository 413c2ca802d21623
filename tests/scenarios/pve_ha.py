from __future__ import annotations

from scenarios import Call, Place, Scenario

RULE = "pv-test"


def scenarios(place: Place) -> list[Scenario]:
    sids = [f"vm:{place.vmid(index)}" for index in range(2)]
    gone = (
        Call("DELETE", f"/cluster/ha/rules/{RULE}", optional=True),
        *(Call("DELETE", f"/cluster/ha/resources/{sid}", optional=True) for sid in sids),
    )
    guests = (*place.machine(0, scsi0=None), *place.machine(1, scsi0=None))
    # Ignored guests keep the HA manager from acting on them meanwhile.
    managed = tuple(Call("POST", "/cluster/ha/resources", {"sid": sid, "state": "ignored"}) for sid in sids)
    home = {"rule": RULE, "type": "node-affinity", "resources": sids[0], "nodes": place.node, "comment": "A test"}
    ruled = Call("POST", "/cluster/ha/rules", home)

    def one(name: str, *prepare: Call, needs: frozenset[str] = frozenset(), **options: object) -> Scenario:
        return Scenario(name, "pve_ha", options, prepare=(*guests, *prepare), cleanup=gone, guests=(0, 1), needs=needs)

    both = {"vmids": [place.vmid(0), place.vmid(1)]}
    vmid = place.vmid(0)
    return [
        one("guests are put under HA", guests=both, request_state="ignored", max_restart=2, comment="A test"),
        one("guests under HA are changed", *managed, guests=both, max_relocate=3, failback=False, comment="A test"),
        one("a guest is to be stopped", *managed, vmid=vmid, request_state="stopped"),
        one("a guest is taken out of HA", *managed, ruled, vmid=vmid, state="absent"),
        one("a rule of node affinity is made", *managed, rule=RULE, vmid=vmid, nodes=[f"{place.node}:2"], strict=True),
        one(
            "a rule of resource affinity is made",
            *managed,
            needs=frozenset({"other_node"}),
            rule=RULE,
            guests=both,
            affinity="negative",
        ),
        one("a rule is changed", *managed, ruled, rule=RULE, guests=both, disable=True, comment=""),
        one("a rule is deleted", *managed, ruled, rule=RULE, state="absent"),
    ]
