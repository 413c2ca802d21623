# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}: vncproxy, termproxy, spiceproxy, vncwebsocket, monitor, sendkey, dbus-vmstate."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure, invalid
from pve_simulator.guests.views import qmp_status
from pve_simulator.requests.auth import is_console_ticket_valid
from pve_simulator.requests.call import Call
from pve_simulator.requests.consoles import make_one_time_password, open_console
from pve_simulator.requests.router import route
from pve_simulator.state.guest import Guest

_BASE = "/nodes/{node}/qemu/{vmid}"
# Commands of the monitor that everybody may use, and some that change something.
_HARMLESS = frozenset({"?", "help", "info"})
_COMMANDS = frozenset({"balloon", "cont", "eject", "sendkey", "set_link", "stop", "system_powerdown", "system_reset"})


@route("POST", f"{_BASE}/vncproxy")
def open_vnc(call: Call) -> dict[str, Any]:
    """A VNC console, with the password that VNC itself asks for unless it shows a serial port."""
    guest = call.guest("qemu")
    on_serial = guest.config.get("vga", "").removeprefix("type=").startswith("serial")
    if not (call.flag("websocket") or call.flag("generate-password") or not on_serial):
        return open_console(call, f"/vms/{guest.vmid}", guest.vmid, guest=guest)
    password = make_one_time_password()
    answer = open_console(call, f"/vms/{guest.vmid}", guest.vmid, guest=guest, password=password)
    return {**answer, "password": password, "ticket": f"{password}:{answer['ticket']}"}


@route("POST", f"{_BASE}/termproxy")
def open_terminal(call: Call) -> dict[str, Any]:
    """A terminal on a serial port; its task has the type of a VNC proxy's."""
    guest = call.guest("qemu")
    return open_console(call, f"/vms/{guest.vmid}", guest.vmid, vnc=False, guest=guest)


@route("POST", f"{_BASE}/spiceproxy")
def open_spice(call: Call) -> dict[str, Any]:
    """A SPICE console of a running machine; this QEMU has none."""
    guest = call.guest("qemu")
    _need_running(guest)
    reason = "The command query-spice has not been found"
    raise failure(f"VM {guest.vmid} qmp command 'query-spice' failed - {reason}")


@route("GET", f"{_BASE}/vncwebsocket")
def open_websocket(call: Call) -> dict[str, Any]:
    """The port of the websocket; raises for a ticket of another console."""
    path, now = f"/vms/{call.vmid}", call.world.clock.time()
    ticket = "PVEVNC:" + call.need("vncticket").partition("PVEVNC:")[2]
    if not is_console_ticket_valid(call.cluster, ticket, call.subject.userid, path, now):
        raise ApiError(401, "permission denied - invalid PVEVNC ticket")
    return {"port": str(call.integer("port"))}


@route("POST", f"{_BASE}/monitor")
def monitor(call: Call) -> str:
    """A command of QEMU's human monitor: what it prints, or why it could not be run."""
    command = " ".join(call.need("command").split())
    name = command.partition(" ")[0]
    if name not in _HARMLESS | _COMMANDS:
        what = "non-existent or not assigned a required permission yet, limiting to root user"
        raise failure(f"command '{name}' {what}")
    if name in _COMMANDS:
        call.subject.require("/", "Sys.Modify")
    guest = call.guest("qemu")
    if not guest.running:
        return f"ERROR: VM {guest.vmid} not running\n"
    answers = {
        "info status": f"VM status: {qmp_status(guest)}\r\n",
        "info version": "10.0.13pve-qemu-kvm_10.0.13-1\r\n",
        "info name": f"{guest.name},debug-threads=on\r\n",
    }
    return answers.get(command, "")


@route("PUT", f"{_BASE}/sendkey")
def send_key(call: Call) -> None:
    """Press keys of a running machine."""
    call.only_root("skiplock")
    _need_running(call.guest("qemu"))


@route("POST", f"{_BASE}/dbus-vmstate")
def dbus_vmstate(call: Call) -> None:
    """Part of live migrations: helpers of a machine that runs here."""
    guest = call.find_guest("qemu")
    if guest is None or not guest.running:
        raise invalid({"node": f"VM {call.vmid} not running locally on node '{call.node}'"})


def _need_running(guest: Guest) -> None:
    if not guest.running:
        raise failure(f"VM {guest.vmid} not running")
