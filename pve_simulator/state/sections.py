# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cluster files made of named sections: metric servers, mappings, SDN, notifications, jobs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.parts import state_part

Section = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """What sections of one type can be set to (the rules of PVE::SectionConfig); `fixed` ones never change."""

    names: frozenset[str]
    required: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()

    @classmethod
    def build(cls, optional: str = "", required: str = "") -> Options:
        """Options from their names, separated by spaces."""
        needed = frozenset(required.split())
        return cls(needed | frozenset(optional.split()), needed)

    def check(self, given: Collection[str], *, create: bool) -> None:
        """Refuse what sections of this type don't have, can't change, or lack."""
        for name in given:
            if not create and name in self.fixed:
                raise failure(f"can't change value of fixed parameter '{name}'")
            if name not in self.names:
                raise failure(f"unexpected property '{name}'")
        for name in sorted(self.required - set(given)) if create else ():
            raise failure(f"missing value for required option '{name}'")

    def delete(self, section: dict[str, Any], names: Iterable[str], given: Collection[str]) -> None:
        """Remove options from a section; `given` are those that the same request sets."""
        for name in names:
            if name not in self.names:
                raise failure(f"no such option '{name}'")
            if name in self.required:
                raise failure(f"unable to delete required option '{name}'")
            if name in self.fixed:
                raise failure(f"unable to delete fixed option '{name}'")
            if name in given:
                raise failure(f"cannot set and delete property '{name}' at the same time!")
            section.pop(name, None)


@dataclass
class SectionFile:
    """One file: sections by name, their values typed as the API shows them."""

    sections: dict[str, Section] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes with anything in the file."""
        return digest_of(json.dumps(self.sections, sort_keys=True) if self.sections else "")


@state_part("files")
@dataclass
class ClusterFiles:
    """The files by a short name of ours, such as `metrics` or `sdn/zones`."""

    files: dict[str, SectionFile] = field(default_factory=dict)

    def file(self, name: str) -> SectionFile:
        """A file, made empty on first use."""
        return self.files.setdefault(name, SectionFile())
