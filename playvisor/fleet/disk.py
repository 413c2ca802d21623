# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of a fleet stand on: the disk, or the disk with texts over it that nobody has saved."""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mcp_bridge.errors import PlayvisorError


class Disk:
    """The files of the disk."""

    def exists(self, path: Path) -> bool:
        """Whether something has this path, also a link that leads nowhere."""
        return os.path.lexists(path)

    def is_file(self, path: Path) -> bool:
        """Whether a path leads to a file."""
        return path.is_file()

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes of a file, `most` of them. Raises OSError."""
        # Pipes, such as `--values <(sops -d secrets.yml)`, and devices don't say how much is in them.
        with path.open("rb") as file:
            return file.read(most)

    def list_folder(self, folder: Path) -> list[Path]:
        """What is in a folder, by name; nothing for one that is not there."""
        return sorted(folder.glob("*"))

    def walk(self, folder: Path, refuse: Callable[[OSError], None]) -> Iterator[Path]:
        """What is in a folder and in folders in it, also where links lead to, each folder once; none that is hidden."""
        seen = set()
        for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
            if os.path.realpath(place) in seen:
                folders.clear()
                continue
            seen.add(os.path.realpath(place))
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(place, name) for name in names)

    def write(self, texts: Mapping[str, str]) -> None:
        """Write files that are there, each whole or not at all. Raises PlayvisorError."""
        for file, text in texts.items():
            write_file(Path(file), text)


class Drafts(Disk):
    """The disk with `texts` in place of files, by absolute path; None takes the place of a file that is to go."""

    def __init__(self, texts: Mapping[Path, str | None]) -> None:
        self.texts = {_make_absolute(path): text for path, text in texts.items()}

    def exists(self, path: Path) -> bool:
        """Whether something has this path, a draft included."""
        place = _make_absolute(path)
        return self.texts[place] is not None if place in self.texts else super().exists(path)

    def is_file(self, path: Path) -> bool:
        """Whether a path leads to a file or a draft."""
        place = _make_absolute(path)
        return self.texts[place] is not None if place in self.texts else super().is_file(path)

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes of a draft or a file. Raises OSError."""
        place = _make_absolute(path)
        if place not in self.texts:
            return super().read(path, most)
        text = self.texts[place]
        if text is None:
            raise FileNotFoundError(2, os.strerror(2), str(path))
        return text.encode()[:most]

    def list_folder(self, folder: Path) -> list[Path]:
        """What is in a folder, with drafts."""
        drafts = {folder / place.name for place in self.texts if place.parent == _make_absolute(folder)}
        return sorted(path for path in {*super().list_folder(folder), *drafts} if self.exists(path))

    def walk(self, folder: Path, refuse: Callable[[OSError], None]) -> Iterator[Path]:
        """What is in a folder and in folders in it, with drafts."""
        top = _make_absolute(folder)
        drafts = {folder / place.relative_to(top) for place in self.texts if place.is_relative_to(top)}
        for path in super().walk(folder, refuse):
            drafts.discard(path)
            if self.exists(path):
                yield path
        yield from (path for path in drafts if self.exists(path))

    def write(self, texts: Mapping[str, str]) -> None:
        """Let texts be drafts: nothing is saved."""
        self.texts.update({_make_absolute(Path(file)): text for file, text in texts.items()})


DISK = Disk()


def _make_absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def write_file(path: Path, text: str) -> None:
    """Write a file that is there, whole or not at all; it keeps its mode. Raises PlayvisorError."""
    # A link stays one.
    place = path.resolve()
    try:
        # Also in a folder that may be written to, a file may not.
        with place.open("r+b") as former:
            mark = codecs.BOM_UTF8 if former.read(3) == codecs.BOM_UTF8 else b""
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    except OSError as error:
        hint = "Let it, and its folder, be writable."
        raise PlayvisorError(f"{path} can't be written: {error.strerror}.", hint) from error
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(mark + text.encode())
        shutil.copymode(place, draft)
        draft.replace(place)
    except OSError as error:
        raise PlayvisorError(f"{path} can't be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def create_file(path: Path, text: str) -> None:
    """Write a file that is not there, whole or not at all. Raises FileExistsError, and PlayvisorError."""
    has_folder = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        has_folder = path.parent.is_dir()
        # Nobody else makes a file that this has made.
        with path.open("xb"):
            pass
    except OSError as error:
        if has_folder and isinstance(error, FileExistsError):
            raise
        raise PlayvisorError(f"{path} can't be written: {error.strerror}.", "Let its folder be writable.") from error
    try:
        write_file(path, text)
    except PlayvisorError:
        path.unlink(missing_ok=True)
        raise
