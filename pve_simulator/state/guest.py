# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest: its configuration as its file holds it, its snapshots and its power."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pve_simulator.state.conf_file import digest_of, render_section
from pve_simulator.state.parts import WithParts

GuestType = Literal["qemu", "lxc"]
Config = dict[str, str]


@dataclass
class Snapshot:
    """A saved configuration; `config` holds snaptime, parent, vmstate and description too."""

    config: Config = field(default_factory=dict)


@dataclass
class Guest(WithParts):
    """A virtual machine or container.

    All configuration values are text, as in the guest's file; `config_types` gives them their JSON types.
    """

    vmid: int
    type: GuestType
    node: str
    config: Config = field(default_factory=dict)
    pending: Config = field(default_factory=dict)
    pending_delete: list[str] = field(default_factory=list)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    running: bool = False
    paused: bool = False
    started_at: float = 0.0
    pid: int = 0
    # Whether an operating system is there that answers a shutdown request.
    acpi: bool = True
    # Whether the guest agent inside answers (when the configuration enables it).
    agent_alive: bool = True

    @property
    def name(self) -> str:
        """The guest's name, as lists show it."""
        return self.config.get("name" if self.type == "qemu" else "hostname", self.placeholder)

    @property
    def placeholder(self) -> str:
        """What lists show when the configuration has no name."""
        return f"VM {self.vmid}" if self.type == "qemu" else f"CT{self.vmid}"

    @property
    def template(self) -> bool:
        """Whether the guest is a template."""
        return self.config.get("template") == "1"

    @property
    def lock(self) -> str | None:
        """The lock in the configuration, such as `backup`."""
        return self.config.get("lock")

    @property
    def label(self) -> str:
        """`VM` or `CT`, as messages call it."""
        return "VM" if self.type == "qemu" else "CT"

    @property
    def conf_path(self) -> str:
        """The configuration file, as error texts name it."""
        return conf_path(self.type, self.node, self.vmid)

    def file_text(self) -> str:
        """The configuration file's text; its SHA-1 is the digest."""
        sections = [render_section(None, self.config)]
        if self.pending or self.pending_delete:
            pending = dict(self.pending)
            if self.pending_delete:
                pending["delete"] = ",".join(self.pending_delete)
            sections.append(render_section("PENDING", pending))
        sections += [render_section(name, snap.config) for name, snap in sorted(self.snapshots.items())]
        return "\n".join(sections)

    @property
    def digest(self) -> str:
        """SHA-1 of the configuration file."""
        return digest_of(self.file_text())

    def effective_config(self) -> Config:
        """The configuration with pending changes applied, as a plain GET shows it."""
        merged = {**self.config, **self.pending}
        for key in self.pending_delete:
            merged.pop(key, None)
        return merged

    def apply_pending(self) -> None:
        """Make pending changes real, as a start does."""
        self.config = self.effective_config()
        self.pending = {}
        self.pending_delete = []


def conf_path(kind: GuestType, node: str, vmid: int) -> str:
    """Where a guest's file would be."""
    folder = "qemu-server" if kind == "qemu" else "lxc"
    return f"nodes/{node}/{folder}/{vmid}.conf"
