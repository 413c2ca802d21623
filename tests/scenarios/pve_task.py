from __future__ import annotations

from typing import Any

from scenarios import Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}"

    def shutting_down(client: Any) -> dict[str, Any]:
        # Nothing is on its disk, so nothing answers.
        return {"upids": [client.request("POST", f"{guest}/status/shutdown", {"timeout": 3600})]}

    return [
        Scenario(
            "a shutdown that nothing answers is stopped",
            "pve_task",
            {},
            prepare=tuple(place.machine(0, running=True)),
            guests=(0,),
            learns=shutting_down,
        )
    ]
