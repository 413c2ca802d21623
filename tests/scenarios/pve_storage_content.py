from __future__ import annotations

from pathlib import Path

from scenarios import Call, Place, Scenario

_FILE = "pv-test.tar.gz"
_URL = "https://cdimage.debian.org/debian-cd/current/amd64/iso-cd/SHA256SUMS"


def scenarios(place: Place) -> list[Scenario]:
    # A storage that has a container template takes files, and doesn't look into them.
    storage = (place.ostemplate or "local:").partition(":")[0]
    path = f"/nodes/{place.node}/storage/{storage}"
    there = Call("POST", f"{path}/download-url", {"content": "vztmpl", "url": _URL, "filename": _FILE})

    def one(name: str, *prepare: Call, internet: bool, **options: object) -> Scenario:
        return Scenario(
            name,
            "pve_storage_content",
            {"storage": storage, "node": place.node, "content": "vztmpl", "filename": _FILE, **options},
            prepare=prepare,
            cleanup=(Call("DELETE", f"{path}/content/{storage}:vztmpl/{_FILE}", optional=True),),
            needs=frozenset({"ostemplate", *(["internet"] if internet else [])}),
        )

    source = str(Path(__file__))
    return [
        one("a file is uploaded", internet=False, src=source),
        one("a file is downloaded", internet=True, url=_URL),
        one("a file of another size is overwritten by an upload", there, internet=True, src=source, force=True),
        one("a file is deleted", there, internet=True, state="absent"),
    ]
