# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node's DNS, time, hosts file, own configuration, and calls that concern the machine."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from pve_simulator.errors import ApiError, failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.conf_file import digest_of, render_section
from pve_simulator.state.node_system import NodeSystem
from pve_simulator.world.product import REPOID, VERSION
from pve_simulator.world.tasks import Task

_STALE = "detected modified configuration - file changed by other user? Try again."


def _get_system(call: Call) -> NodeSystem:
    return call.cluster.nodes[call.node].part(NodeSystem)


@route("GET", "/nodes/{node}/dns")
def read_dns(call: Call) -> dict[str, str]:
    """Resolver settings."""
    return dict(_get_system(call).dns)


@route("PUT", "/nodes/{node}/dns")
def write_dns(call: Call) -> None:
    """Replace the resolver settings."""
    _get_system(call).dns = {
        name: call.need(name) for name in ("search", "dns1", "dns2", "dns3") if name in call.params
    }


@route("GET", "/nodes/{node}/time")
def read_time(call: Call) -> dict[str, Any]:
    """Time zone and seconds since the epoch; local time as seconds too."""
    zone = _get_system(call).timezone
    now = int(call.world.clock.time())
    offset = datetime.fromtimestamp(now, zoneinfo.ZoneInfo(zone)).utcoffset()
    local = now + int(offset.total_seconds() if offset else 0)
    return {"timezone": zone, "time": now, "localtime": local}


@route("PUT", "/nodes/{node}/time")
def write_time(call: Call) -> None:
    """Set the time zone."""
    zone = call.need("timezone")
    if zone not in zoneinfo.available_timezones():
        raise invalid({"timezone": "No such timezone"})
    _get_system(call).timezone = zone


@route("GET", "/nodes/{node}/hosts")
def read_hosts(call: Call) -> dict[str, str]:
    """The hosts file and its digest."""
    text = _get_hosts(call)
    return {"data": text, "digest": digest_of(text)}


@route("POST", "/nodes/{node}/hosts")
def write_hosts(call: Call) -> None:
    """Replace the hosts file."""
    digest = call.text("digest")
    if digest is not None and digest != digest_of(_get_hosts(call)):
        raise failure(_STALE)
    _get_system(call).hosts = call.need("data")


@route("GET", "/nodes/{node}/config")
def read_config(call: Call) -> dict[str, Any]:
    """The node's own options, as text; an empty file has not even a digest."""
    config = _get_system(call).config
    option = call.text("property")
    if option is not None:
        return {option: config[option]} if option in config else {}
    return {**config, "digest": digest_of(render_section(None, config))} if config else {}


@route("PUT", "/nodes/{node}/config")
def write_config(call: Call) -> None:
    """Set and delete options."""
    config = _get_system(call).config
    digest = call.text("digest")
    if digest is not None and digest != digest_of(render_section(None, config)):
        raise failure(_STALE)
    for name in call.items("delete"):
        config.pop(name, None)
    for name, value in call.params.items():
        if name not in ("node", "delete", "digest"):
            config[name] = f"{value}\n" if name == "description" else str(int(value) if value is True else value)


@route("POST", "/nodes/{node}/wakeonlan")
def wake(call: Call) -> str:
    """Wake another node: it is online again."""
    name = call.need("node")
    if name == call.cluster.local_node:
        raise failure(f"'{name}' is local node, cannot wake my self!")
    node = call.cluster.nodes.get(name)
    mac = node.part(NodeSystem).config.get("wakeonlan") if node else None
    if node is None or mac is None:
        raise failure(f"No wake on LAN MAC address defined for '{name}'!")
    node.online = True
    node.boot_time = call.world.clock.time()
    return mac


@route("POST", "/nodes/{node}/status")
def power(call: Call) -> None:
    """Reboot or shut down the node: it is offline for everybody; a reboot brings it back."""
    node = call.cluster.nodes[call.node]
    call.world.take_node_down(node.name, reboot=call.text("command") == "reboot")


@route("GET", "/nodes/{node}/report")
def report(call: Call) -> str:
    """A short system report."""
    guests = sum(guest.node == call.node for guest in call.cluster.guests.values())
    return f"==== general system info ====\n\npve-manager/{VERSION}/{REPOID}\nguests: {guests}\n"


@route("PUT", "/nodes/{node}/subscription")
def set_subscription(call: Call) -> None:
    """Set a subscription key, which is not checked."""
    _get_system(call).subscription_key = call.need("key")


@route("POST", "/nodes/{node}/subscription")
def check_subscription(call: Call) -> None:
    """Check the key again: there is nobody to ask."""


@route("DELETE", "/nodes/{node}/subscription")
def delete_subscription(call: Call) -> None:
    """Delete the subscription key."""
    _get_system(call).subscription_key = None


@route("GET", "/nodes/{node}/subscription")
def read_subscription(call: Call) -> dict[str, Any]:
    """The subscription: none, or the key that was entered."""
    url = "https://www.proxmox.com/en/proxmox-virtual-environment/pricing"
    key = _get_system(call).subscription_key
    server = digest_of(call.node)[:32].upper()
    if key is None:
        return {"status": "notfound", "message": "There is no subscription key", "serverid": server, "url": url}
    return {"status": "new", "key": key, "serverid": server, "url": url}


@route("POST", "/nodes/{node}/apt/update")
def refresh_packages(call: Call) -> str:
    """Refresh the package lists."""

    async def worker(task: Task) -> None:
        task.say("starting apt-get update")
        await task.work()

    return call.task("aptupdate", "", worker)


@route("POST", "/nodes/{node}/execute")
def execute(call: Call) -> Any:
    """Several calls in one request: not simulated beyond its permission check."""
    raise ApiError(501, f"Method 'POST {call.path}' not simulated")


def _get_hosts(call: Call) -> str:
    text = _get_system(call).hosts
    if text:
        return text
    lines = [f"{node.ip} {node.name}.sim.local {node.name}" for node in call.cluster.nodes.values()]
    return "\n".join(["127.0.0.1 localhost.localdomain localhost", *lines, ""])
