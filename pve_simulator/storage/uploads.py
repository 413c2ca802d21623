# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that people put on a storage: their names, where they go, and what is wrong with them. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pve_simulator.errors import failure, invalid
from pve_simulator.state.storage import Storage
from pve_simulator.storage.content import file_format
from pve_simulator.storage.names import root_path
from pve_simulator.storage.plugins import PLUGINS

# Where the real server keeps temporary files; here only the name is used.
TEMPORARY = "/".join(("", "var", "tmp"))
_FOLDERS = {"iso": "template/iso", "vztmpl": "template/cache", "import": "import"}
_SUFFIXES = {
    "iso": re.compile(r"[^/]+\.(?:iso|img)$", re.IGNORECASE),
    "vztmpl": re.compile(r"[^/]+\.tar(?:\.(?:gz|xz|zst|bz2))?$", re.IGNORECASE),
    "import": re.compile(r"[a-zA-Z0-9_.+=-]+\.(?:ova|qcow2|raw|vmdk)$"),
}
_MAGIC = {"qcow2": b"QFI\xfb", "vmdk": b"KDMV"}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a file goes: its volume id, its path on the node, and its format as lists say it."""

    volid: str
    path: str
    format: str


def find_destination(storage: Storage, content: str, filename: str) -> Destination:
    """Where an uploaded or downloaded file goes; raises for a name that does not fit the content."""
    name = normalize_name(filename)
    if not _SUFFIXES[content].search(name):
        wrong = "invalid filename or wrong extension" if content == "import" else "wrong file extension"
        raise invalid({"filename": wrong})
    folders = dict(item.split("=", 1) for item in storage.config.get("content-dirs", "").split(",") if "=" in item)
    path = f"{root_path(storage)}/{folders.get(content, _FOLDERS[content]).strip('/')}/{name}"
    return Destination(f"{storage.id}:{content}/{name}", path, file_format(content, name))


def normalize_name(filename: str) -> str:
    """A file name without folders and odd characters."""
    return re.sub(r"[^a-zA-Z0-9_.-]", "_", re.sub(r"^.*[/\\]", "", filename.rstrip("\n"), flags=re.DOTALL))


def check_takes_files(storage: Storage, wording: str) -> None:
    """Raise for storages that hold no files."""
    if not PLUGINS[storage.type].has_path:
        raise failure(f"can't upload to storage type '{storage.type}'{wording}")


def image_format_of(content: bytes) -> str | None:
    """The image format by the first bytes; None for what is none, which is good as raw."""
    return next((form for form, magic in _MAGIC.items() if content.startswith(magic)), None)


def check_image(path: str, expected: str, real: str | None) -> None:
    """Raise what qemu-img says of a file that is not the image that its name promises."""
    if expected == "qcow2" and real != expected:
        raise failure(f"qemu-img: Could not open '{path}': Image is not in qcow2 format")
    if expected == "vmdk" and real != expected:
        raise failure(f"qemu-img: Could not open '{path}': invalid VMDK image descriptor")
