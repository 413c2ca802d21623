# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifacts of a run: a manifest over every file, in the format of sha256sum, and whether it still holds."""

from __future__ import annotations

import hashlib
from pathlib import Path

MANIFEST = "SHA256SUMS"


def seal(folder: Path) -> str | None:
    """Write the manifest of a run's folder; return the manifest's own SHA-256, or None when there is no folder."""
    if not folder.is_dir():
        return None
    lines = [f"{_digest(folder / name)}  {name}\n" for name in _files(folder)]
    manifest = folder / MANIFEST
    text = "".join(lines).encode()
    manifest.write_bytes(text)
    manifest.chmod(0o600)
    return hashlib.sha256(text).hexdigest()


def find_differences(folder: Path, sealed: str) -> list[str]:
    """What is no longer as `seal` found it, one sentence per file; nothing when all is."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError:
        return ["its artifacts are missing" if not folder.is_dir() else f"{MANIFEST} is missing"]
    if hashlib.sha256(text).hexdigest() != sealed:
        return [f"{MANIFEST} was changed"]
    lines = (line.split("  ", 1) for line in text.decode().splitlines())
    listed = {name: digest for digest, name in lines}
    present = set(_files(folder))
    found = []
    for name in sorted({*listed, *present}):
        if name not in present:
            found.append(f"{name} is missing")
        elif name not in listed:
            found.append(f"{name} was added")
        elif _digest(folder / name) != listed[name]:
            found.append(f"{name} was changed")
    return found


def _files(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(name for name in (path.relative_to(folder).as_posix() for path in files) if name != MANIFEST)


def _digest(path: Path) -> str:
    if path.is_symlink():
        return hashlib.sha256(str(path.readlink()).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
