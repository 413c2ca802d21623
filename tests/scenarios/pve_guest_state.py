from __future__ import annotations

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    sid = f"vm:{place.vmid(0)}"

    def one(
        name: str, wished: str, *before: str, under_ha: str = "", kind: str = "qemu", **options: object
    ) -> Scenario:
        """A guest that `before` (actions of the API, first of all `start`) brings into the state to begin with."""
        guest = place.machine(0) if kind == "qemu" else place.container(0)
        actions = {"hibernate": ("suspend", {"todisk": 1})}
        calls = []
        for action in before:
            path, params = actions.get(action, (action, {}))
            calls.append(Call("POST", f"/nodes/{place.node}/{kind}/{place.vmid(0)}/status/{path}", params))
        if under_ha:
            calls.append(Call("POST", "/cluster/ha/resources", {"sid": sid, "state": under_ha}))
        return Scenario(
            f"{'a container' if kind == 'lxc' else 'a guest'} {name}",
            "pve_guest_state",
            {"vmid": place.vmid(0), "state": wished, **options},
            prepare=(*guest, *calls),
            cleanup=(Call("DELETE", f"/cluster/ha/resources/{sid}", optional=True),) if under_ha else (),
            guests=(0,),
            # The HA manager of a live cluster is left alone.
            needs=frozenset({"ostemplate"} if kind == "lxc" else {"simulator"} if under_ha else ()),
            settles=wished not in ("restarted", "reset"),
        )

    # Without an operating system, a machine of a live cluster reacts to no clean shutdown.
    hard = {"force": True, "shutdown_timeout": 1}
    return [
        one("that is stopped is started", "started"),
        one("that is paused is started", "started", "start", "suspend"),
        one("that is hibernated is started", "started", "start", "hibernate"),
        one("is stopped by force", "stopped", "start", **hard),
        one("that is paused is stopped by force", "stopped", "start", "suspend", **hard),
        one("that is stopped is started by a restart", "restarted", **hard),
        one("is restarted by force", "restarted", "start", **hard),
        one("that is paused is restarted by force", "restarted", "start", "suspend", **hard),
        one("that is hibernated is restarted", "restarted", "start", "hibernate", **hard),
        one("is reset", "reset", "start"),
        one("under HA is started", "started", under_ha="stopped"),
        one("under HA is stopped", "stopped", "start", under_ha="started", shutdown_timeout=1),
        one("is suspended", "suspended", "start"),
        one("is hibernated", "hibernated", "start"),
        one("that is paused is hibernated", "hibernated", "start", "suspend"),
        one("that is paused is resumed", "resumed", "start", "suspend"),
        one("that is hibernated is resumed", "resumed", "start", "hibernate"),
        one("that is stopped is started", "started", kind="lxc"),
        one("is shut down", "stopped", "start", kind="lxc", shutdown_timeout=30, force=True),
        one("is rebooted", "restarted", "start", kind="lxc", shutdown_timeout=60),
        one("is restarted by force", "restarted", "start", kind="lxc", shutdown_timeout=30, force=True),
        Scenario(
            "guests of both types are started together",
            "pve_guest_state",
            {"guests": {"vmids": [place.vmid(0), place.vmid(1), place.vmid(2)]}, "state": "started", "throttle": 2},
            prepare=(*place.machine(0), *place.machine(1), *place.container(2)),
            guests=(0, 1, 2),
            needs=frozenset({"ostemplate"}),
        ),
    ]
