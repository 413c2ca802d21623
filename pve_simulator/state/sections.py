# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cluster files made of named sections: metric servers, mappings, SDN, notifications, jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.parts import state_part

Section = dict[str, Any]


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
