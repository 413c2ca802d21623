# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/metrics: external metric servers, and the export of current metrics."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.sections import Sections
from pve_simulator.guests.feed import node_figures
from pve_simulator.guests.views import list_entry
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.sections import Options, Section

_PATH = "/cluster/metrics/server"
_GUEST_GAUGES = {"cpu_current": "cpu", "mem_used": "mem", "uptime": "uptime", "cpu_max": "cpus", "mem_total": "maxmem"}
_GUEST_COUNTERS = {"disk_read": "diskread", "disk_write": "diskwrite", "net_in": "netin", "net_out": "netout"}


_NEEDED = "server port"
_EVERY = "disable mtu timeout"
_INFLUXDB = "organization bucket token influxdbproto max-body-size api-path-prefix verify-certificate"
_OTEL = "protocol path timeout headers verify-ssl max-body-size resource-attributes compression"


def _without_secrets(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key != "token"}


_SERVERS = Sections(
    file="metrics",
    key="id",
    missing="status server entry '{name}' does not exist",
    missing_later="no such server '{name}'",
    exists="Metric server '{name}' already exists",
    options={
        "graphite": Options.build(f"{_EVERY} path proto", _NEEDED),
        "influxdb": Options.build(f"{_EVERY} {_INFLUXDB}", _NEEDED),
        "opentelemetry": Options.build(" ".join(["disable", *(f"otel-{name}" for name in _OTEL.split())]), _NEEDED),
    },
    view=_without_secrets,
    with_digest=False,
)
route("GET", f"{_PATH}/{{id}}")(_SERVERS.read)
route("POST", f"{_PATH}/{{id}}")(_SERVERS.create)
route("PUT", f"{_PATH}/{{id}}")(_SERVERS.update)


@route("GET", _PATH)
def list_servers(call: Call) -> list[dict[str, Any]]:
    """The servers, by id."""
    return [
        {
            "id": name,
            "type": section["type"],
            "server": section["server"],
            "port": section["port"],
            "disable": section.get("disable", 0),
        }
        for name, section in sorted(_SERVERS.sections_of(call).sections.items())
    ]


@route("DELETE", f"{_PATH}/{{id}}")
def delete_server(call: Call) -> None:
    """Remove a server; a missing one is fine."""
    _SERVERS.sections_of(call).sections.pop(call.need("id"), None)


@route("GET", "/cluster/metrics/export")
def export(call: Call) -> dict[str, Any]:
    """What the status daemons measured last, unless `start-time` is later."""
    now = int(call.world.clock.time())
    moment = now // 10 * 10
    if call.integer("start-time") > moment:
        return {"data": []}
    points = [
        point for node in call.cluster.nodes.values() if node.online for point in _make_node_points(call, node.name)
    ]
    return {"data": [{**point, "timestamp": moment} for point in points]}


def _make_node_points(call: Call, name: str) -> list[dict[str, Any]]:
    node = call.cluster.nodes[name]
    figures = node_figures(call.world, node)
    load = figures["cpu"] * node.cpus
    gauges = {
        "uptime": figures["uptime"],
        "cpu_avg1": load,
        "cpu_avg5": load,
        "cpu_avg15": load,
        "cpu_max": node.cpus,
        "cpu_current": figures["cpu"],
        "cpu_iowait": 0,
        "mem_total": node.maxmem,
        "mem_used": figures["mem"],
        "swap_total": 0,
        "swap_used": 0,
        "disk_total": figures["maxdisk"],
        "disk_used": figures["disk"],
    }
    identity = f"node/{name}"
    points = [_make_point(identity, metric, value) for metric, value in gauges.items()]
    points += [_make_point(identity, metric, 0, "derive") for metric in ("net_in", "net_out")]
    for guest in call.cluster.guests.values():
        if guest.node != name or not guest.running:
            continue
        entry, identity = list_entry(call.world, guest, full=True), f"{guest.type}/{guest.vmid}"
        points += [_make_point(identity, metric, entry[key]) for metric, key in _GUEST_GAUGES.items()]
        points += [
            _make_point(identity, metric, entry.get(key, 0), "derive") for metric, key in _GUEST_COUNTERS.items()
        ]
        points.append(_make_point(identity, "disk_total", entry["maxdisk"]))
    return points


def _make_point(identity: str, metric: str, value: float, kind: str = "gauge") -> dict[str, Any]:
    return {"id": identity, "metric": metric, "type": kind, "value": value}
