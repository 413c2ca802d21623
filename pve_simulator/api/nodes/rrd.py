# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""rrddata and rrd of nodes, guests and storages."""

from __future__ import annotations

from functools import partial
from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.guests import sizes
from pve_simulator.guests.runs import Runs
from pve_simulator.nodes.rrd import GUEST_PRESSURES, NODE_PRESSURES, series, wave
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.guest import GuestType

_FOLDER = "/var/lib/rrdcached/db"
# The smallest PNG there is: one pixel.
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


@route("GET", "/nodes/{node}/rrddata")
def node_data(call: Call) -> list[dict[str, Any]]:
    """A node's load, memory, network and pressure."""
    node = call.cluster.nodes.get(call.node)
    if node is None:
        raise _no_file(f"pve-node-9.0/{call.node}")
    key = f"node/{node.name}"

    def sample(moment: float) -> dict[str, Any]:
        level = wave(key, moment)
        used = node.maxmem * (0.3 + 0.2 * level)
        return {
            "arcsize": 0,
            "cpu": 0.4 * level,
            "iowait": 0.01 * level,
            "loadavg": node.cpus * 0.4 * level,
            "maxcpu": node.cpus,
            "memavailable": node.maxmem - used,
            "memtotal": node.maxmem,
            "memused": used,
            "netin": 1e6 * level,
            "netout": 8e5 * level,
            "rootused": node.maxdisk / 8,
            "roottotal": node.maxdisk,
            "swaptotal": 0,
            "swapused": 0,
            **{f"pressure{name}": 0 for name in NODE_PRESSURES},
        }

    return series(call.world.clock.time(), call.need("timeframe"), lambda _moment: True, sample)


def _make_guest_data_handler(kind: GuestType) -> Handler:
    def read(call: Call) -> list[dict[str, Any]]:
        guest = call.find_guest(kind)
        if guest is None:
            raise _no_file(f"pve-vm-9.0/{call.vmid}")
        node = call.cluster.nodes[guest.node]
        key, maxmem = f"guest/{guest.vmid}", sizes.memory(guest)

        def sample(moment: float) -> dict[str, Any]:
            level = wave(key, moment)
            used = maxmem * (0.3 + 0.3 * level)
            return {
                "cpu": 0.3 * level,
                "disk": 0,
                "diskread": 4e4 * level,
                "diskwrite": 3e4 * level,
                "maxcpu": sizes.cpus(guest, node.cpus),
                "maxdisk": sizes.disk(guest),
                "maxmem": maxmem,
                "mem": used,
                "memhost": used,
                "netin": 2e4 * level,
                "netout": 1e4 * level,
                **{f"pressure{name}": 0 for name in GUEST_PRESSURES},
            }

        runs = call.world.part(Runs)
        was_measured = partial(runs.has_run, call.world, guest)
        return series(call.world.clock.time(), call.need("timeframe"), was_measured, sample)

    return read


for _kind in ("qemu", "lxc"):
    route("GET", f"/nodes/{{node}}/{_kind}/{{vmid}}/rrddata")(
        _make_guest_data_handler("qemu" if _kind == "qemu" else "lxc")
    )


@route("GET", "/nodes/{node}/storage/{storage}/rrddata")
def storage_data(call: Call) -> list[dict[str, Any]]:
    """A storage's size and use."""
    storage = call.cluster.storages.get(call.need("storage"))
    if storage is None:
        raise _no_file(f"pve-storage-9.0/{call.node}/{call.need('storage')}")
    sample = {"total": storage.total, "used": storage.used_on(call.node)}
    return series(call.world.clock.time(), call.need("timeframe"), lambda _moment: True, lambda _moment: sample)


def _make_picture_handler(folder: str, *names: str) -> Handler:
    def read(call: Call) -> dict[str, str]:
        sources = "_".join(call.items("ds"))
        if not sources:
            raise invalid({"ds": "property is missing and it is not optional"})
        where = "/".join(str(call.params[name]) for name in names)
        return {"filename": f"{_FOLDER}/{folder}-9.0/{where}_{sources}.png", "image": _PIXEL.decode("latin-1")}

    return read


route("GET", "/nodes/{node}/rrd")(_make_picture_handler("pve-node", "node"))
route("GET", "/nodes/{node}/qemu/{vmid}/rrd")(_make_picture_handler("pve-vm", "vmid"))
route("GET", "/nodes/{node}/lxc/{vmid}/rrd")(_make_picture_handler("pve-vm", "vmid"))
route("GET", "/nodes/{node}/storage/{storage}/rrd")(_make_picture_handler("pve-storage", "node", "storage"))


def _no_file(name: str) -> Exception:
    opening = f"opening '{_FOLDER}/{name}': No such file or directory"
    return failure(f"RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: {opening}")
