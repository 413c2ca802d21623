# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the fleets are that a web server serves, and which files of theirs may be read and written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from mcp_bridge.errors import UsageError
from playvisor.fleet.disk import DISK, Disk, Drafts
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.nodes import is_encodable
from playvisor.fleet.problems import Problems
from playvisor.fleet.render import list_files
from playvisor.fleet.values import FILES, FOLDER, SCHEMA, is_yaml, list_environments
from playvisor.web.fleets.underway import Underway

LONGEST_PATH = 300
LONGEST_NAME = 255
"""Bytes of a name of a file: what file systems allow."""
DEFAULTS = ("fleet.yml", "fleet.yaml", "fleet")
"""What stands for the fleets of the current folder where none are named: the first of these that is there."""
_NAMED = re.compile(r"""^fleet:\s*["']?([a-z][a-z0-9-]{0,62})["']?\s*(?:#.*)?$""", re.MULTILINE)
_SLUG = re.compile(r"[^a-z0-9-]+")
_READ_BYTES = 2**20
Kind = Literal["fleet", "values", "schema"]


@dataclass(frozen=True)
class Source:
    """One fleet: the `name` by which addresses call it, and the file or the folder that it stands in."""

    name: str
    place: Path

    @property
    def folder(self) -> Path:
        """The folder that paths of its files begin at."""
        return self.place if self.place.is_dir() else self.place.parent

    def gather(self, environment: str | None = None, drafts: Mapping[str, str | None] | None = None) -> FleetFiles:
        """Its files, with `drafts` in place of those that are not saved. Raises UsageError for a path that is none."""
        disk = Drafts({self.locate(path): text for path, text in drafts.items()}) if drafts else DISK
        return FleetFiles(self.place, environment, disk=disk)

    def list_paths(self, disk: Disk = DISK) -> list[str]:
        """The paths of its files, values included, below its folder."""
        values = [self.folder / name for name in (*FILES, SCHEMA)] + disk.list_folder(self.folder / FOLDER)
        known = [*list_files(self.place, Problems(), disk), *values]
        found = {self.shorten(str(path)) for path in known if disk.is_file(path)}
        return sorted(path for path in found if self._find_refusal(path) is None)

    def list_environments(self) -> list[str]:
        """The environments that have values."""
        return list_environments(self.folder)

    def locate(self, path: str) -> Path:
        """The file of a path below the folder. Raises UsageError for what is no file of a fleet, or leads out."""
        refusal = self._find_refusal(path)
        if refusal:
            raise UsageError(f"{path[:LONGEST_PATH]!r} {refusal}", "Name a YAML file in the folder of the fleet.")
        return self.folder / path

    def find_kind(self, path: str) -> Kind:
        """What a file is for."""
        first = PurePosixPath(path).parts[0]
        return "schema" if path == SCHEMA else "values" if first in (FOLDER, *FILES) else "fleet"

    def shorten(self, text: str) -> str:
        """A text without the path of the folder, which is nobody's business, in it."""
        return text.replace(f"{self.folder}{os.sep}", "").replace(str(self.folder), self.name)

    def _find_refusal(self, path: str) -> str | None:
        """Why a path is none of a file of this fleet, as the end of a sentence."""
        if not path or len(path) > LONGEST_PATH or "\\" in path or not path.isprintable() or not is_encodable(path):
            return "is no path."
        parts = path.split("/")
        if any(len(part.encode()) > LONGEST_NAME for part in parts):
            return "has a name that is too long."
        if parts[0] == SCHEMA and len(parts) > 1:
            return "is below a file."
        if any(part in ("", ".", "..") for part in parts):
            return "leads elsewhere."
        if any(part.startswith(".") for part in parts):
            return "is hidden."
        if not is_yaml(Path(path)) and path != SCHEMA:
            return "is no YAML file."
        is_single = not self.place.is_dir()
        if is_single and self.find_kind(path) == "fleet" and path != self.place.name:
            return f"is no part of the fleet in {self.place.name}."
        top, real = Path(os.path.realpath(self.folder)), Path(os.path.realpath(self.folder / path))
        if not real.is_relative_to(top):
            return "is a link that leads out of the folder."
        if any(part.startswith(".") for part in real.relative_to(top).parts):
            return "is a link to what is hidden."
        if real.suffix.lower() != Path(path).suffix.lower() or (real.exists() and not real.is_file()):
            return "is no file."
        return None


class Fleets:
    """The fleets of one server, by the names that they have when it starts."""

    def __init__(self, places: Iterable[Path] = ()) -> None:
        self._sources: dict[str, Source] = {}
        self.underway = Underway()
        # What was found when somebody last looked for drift, by the name of the fleet.
        self.drifts: dict[str, dict[str, Any]] = {}
        for place in places:
            self._add(Path(os.path.abspath(place)))

    def list_all(self) -> list[Source]:
        """All of them, by name."""
        return [self._sources[name] for name in sorted(self._sources)]

    def find(self, name: str) -> Source | None:
        """The fleet of a name."""
        return self._sources.get(name)

    def _add(self, place: Path) -> None:
        if not place.exists():
            raise UsageError(f"{place} is not there.", "Name the folder of a fleet, or its file.")
        if any(place == source.place for source in self._sources.values()):
            return
        name = first = read_name(place) or _SLUG.sub("-", place.stem.lower()).strip("-") or "fleet"
        number = 2
        while name in self._sources:
            name, number = f"{first}-{number}", number + 1
        self._sources[name] = Source(name, place)


def find_default() -> list[Path]:
    """The fleet of the current folder, if it has one."""
    return [path for path in map(Path, DEFAULTS) if path.exists()][:1]


def read_name(place: Path) -> str | None:
    """What a fleet calls itself, also where the rest of it can't be read."""
    for path in list_files(place, Problems()):
        try:
            text = DISK.read(path, _READ_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        found = _NAMED.search(text)
        if found:
            return found[1]
    return None
