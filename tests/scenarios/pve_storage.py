from __future__ import annotations

from scenarios import Call, Place, Scenario

_NAME = "pv-test-dir"
# Gone with the next start of the node.
_PATH = "/run/pv-test-dir"


def scenarios(place: Place) -> list[Scenario]:
    definition = {"storage": _NAME, "type": "dir", "path": _PATH, "content": "iso", "nodes": place.node}
    there = Call("POST", "/storage", definition)

    def one(name: str, *prepare: Call, settles: bool = True, **options: object) -> Scenario:
        return Scenario(
            name,
            "pve_storage",
            {"storage": _NAME, **options},
            prepare=prepare,
            cleanup=(Call("DELETE", f"/storage/{_NAME}", optional=True),),
            settles=settles,
        )

    return [
        one("a storage is defined", type="dir", path=_PATH, content=["vztmpl", "iso"], nodes=[place.node]),
        one(
            "a storage is changed",
            there,
            type="dir",
            path=_PATH,
            content=["vztmpl", "iso", "backup"],
            nodes=[],
            disable=True,
            retention={"last": 2, "daily": 7},
            config={"preallocation": "off"},
        ),
        one(
            "an option is deleted",
            Call("POST", "/storage", {**definition, "disable": 1, "bwlimit": "default=1024"}),
            disable=False,
            config={"bwlimit": None},
        ),
        one("a definition is deleted", there, state="absent"),
    ]
