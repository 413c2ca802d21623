# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which endpoints of the API are simulated: `python -m pve_simulator.requests.coverage` prints it as Markdown.

`--write FILE` puts it between the two marks in a document.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pve_simulator.requests.router import load_handlers
from pve_simulator.schema import load_facts

BEGIN = "<!-- coverage: made by python -m pve_simulator.requests.coverage --write -->"
END = "<!-- end of coverage -->"
_METHODS = ("GET", "POST", "PUT", "DELETE")
# Areas by the beginning of their paths, the longest that fits; what is nowhere else is under its first step.
_AREAS = {
    "/access": "users, groups, roles, rights, tokens, realms",
    "/cluster": "cluster: lists, options, log, configuration, metrics, schedules",
    "/cluster/acme": "ACME",
    "/cluster/backup": "backup jobs",
    "/cluster/bulk-action": "bulk actions",
    "/cluster/ceph": "Ceph, which is not installed",
    "/cluster/firewall": "firewall of the cluster",
    "/cluster/ha": "high availability",
    "/cluster/mapping": "resource mappings",
    "/cluster/notifications": "notifications",
    "/cluster/replication": "replication",
    "/cluster/sdn": "software-defined network",
    "/nodes": "nodes: status, network, time, services, logs, packages, hardware, tasks",
    "/nodes/{node}/ceph": "Ceph, which is not installed",
    "/nodes/{node}/disks": "disks",
    "/nodes/{node}/firewall": "firewall of nodes",
    "/nodes/{node}/lxc": "containers",
    "/nodes/{node}/lxc/{vmid}/firewall": "firewall of guests",
    "/nodes/{node}/qemu": "virtual machines",
    "/nodes/{node}/qemu/{vmid}/agent": "guest agent",
    "/nodes/{node}/qemu/{vmid}/firewall": "firewall of guests",
    "/nodes/{node}/replication": "replication",
    "/nodes/{node}/sdn": "software-defined network",
    "/nodes/{node}/storage": "storages and their content",
    "/nodes/{node}/vzdump": "backups",
    "/pools": "pools",
    "/storage": "storage definitions",
    "/version": "version",
}


def list_endpoints() -> set[tuple[str, str]]:
    """Every endpoint of the schema: method and path template."""
    return {(endpoint.method, endpoint.path_template) for endpoint in load_facts().endpoints()}


def list_simulated() -> set[tuple[str, str]]:
    """Those of them that have a handler."""
    return list_endpoints() & set(load_handlers())


def area_of(template: str) -> str:
    """What an endpoint is about."""
    fitting = [prefix for prefix in _AREAS if template == prefix or template.startswith((f"{prefix}/", f"{prefix}-"))]
    return _AREAS[max(fitting, key=len)] if fitting else "index"


def render() -> str:
    """A table by area, and every endpoint that answers 501 `not simulated`."""
    everything, handled = list_endpoints(), list_simulated()
    areas: dict[str, list[int]] = {}
    for method, template in everything:
        counts = areas.setdefault(area_of(template), [0, 0])
        counts[0] += (method, template) in handled
        counts[1] += 1
    lines = [
        f"{len(handled)} of {len(everything)} endpoints have a handler.",
        "",
        "| area | simulated |",
        "| --- | --- |",
        *(f"| {area} | {have} of {total} |" for area, (have, total) in sorted(areas.items())),
        "",
        "Known, checked against the schema and the permissions, and then answered with 501 `not simulated`:",
        "",
    ]
    missing: dict[str, set[str]] = {}
    for method, template in everything - handled:
        missing.setdefault(template, set()).add(method)
    for template in sorted(missing):
        methods = ", ".join(method for method in _METHODS if method in missing[template])
        lines.append(f"- `{template}` ({methods})")
    return "\n".join(lines)


def update_table(text: str) -> str:
    """A document with a new table between its marks; raises ValueError when it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    dummy, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no marks for the coverage")
    return f"{before}{BEGIN}\n\n{render()}\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or write it into a document."""
    parser = argparse.ArgumentParser(prog="python -m pve_simulator.requests.coverage", description=__doc__)
    parser.add_argument("--write", metavar="FILE", help="put it into a document instead of printing it")
    options = parser.parse_args(arguments)
    if options.write is None:
        sys.stdout.write(f"{render()}\n")
        return 0
    document = Path(options.write)
    document.write_text(update_table(document.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
