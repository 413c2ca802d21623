# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the web interface learns at login: the user's privileges by section."""

from __future__ import annotations

from pve_simulator.requests.privileges import known_paths, privileges
from pve_simulator.state.cluster import Cluster

_GRANT = "Permissions.Modify"
_PREFIXES: dict[str, tuple[str, ...]] = {
    "vms": ("VM.", _GRANT),
    "access": ("User.", "Group.", _GRANT),
    "storage": ("Datastore.", _GRANT),
    "nodes": ("Sys.", _GRANT),
    "sdn": ("SDN.", _GRANT),
    "dc": ("Sys.Audit", "Sys.Modify", "SDN."),
    "mapping": ("Mapping.", _GRANT),
}
_ALWAYS = ("/", "/nodes", "/access/groups", "/vms", "/storage", "/sdn", "/mapping")
# Pools give privileges on their members.
_BY_POOL = ("vms", "storage")


def list_capabilities(cluster: Cluster, userid: str) -> dict[str, dict[str, int]]:
    """The sections of the web interface, each with the user's privileges on any path that belongs to it."""
    sections: dict[str, dict[str, int]] = {section: {} for section in _PREFIXES}
    for path in {*_ALWAYS, *known_paths(cluster.access)}:
        top = path.split("/")[1] or "dc"
        for section in _BY_POOL if top == "pool" else (top,):
            prefixes = _PREFIXES.get(section, ())
            names = privileges(cluster, userid, path) if prefixes else ()
            sections.get(section, {}).update({name: 1 for name in names if name.startswith(prefixes)})
    return sections
