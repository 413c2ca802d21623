# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Consoles: the request that asks for one, and what its answer is good for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .inventory import require_online

if TYPE_CHECKING:
    from .guest import Guest
    from .inventory import Inventory

_SERIAL = re.compile(r"serial\d")


def require_console(inventory: Inventory, guest: Guest, params: dict[str, Any]) -> None:
    """Raise what keeps a guest from having the console that the options ask for."""
    if params["serial"] and (guest.type == "lxc" or params["console"] != "terminal"):
        hint = "Leave serial out, or use it with console=terminal."
        raise PveError(INVALID_PARAMETER, "serial is for the terminal of a QEMU guest only.", hint)
    require_online(inventory, guest)
    # For a guest that is off, the API answers all the same and only the task of the proxy fails.
    if guest.status != "running":
        hint = "Start it first, as with pve_guest_state."
        raise PveError(UNSUPPORTED, f"Guest {guest.label} does not run, so it has no console.", hint)


def require_serial(guest: Guest, serial: str | None) -> None:
    """Raise C(unsupported) for the terminal of a QEMU guest that has no such serial port, or none at all."""
    config: Mapping[str, Any] = guest.config or {}
    ports = sorted(key for key, value in config.items() if _SERIAL.fullmatch(key) and value == "socket")
    if guest.type == "qemu" and (serial not in ports if serial else not ports):
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} has no serial port{f' {serial}' if serial else ''}, so it has no text terminal.",
            "Open its screen, or give it serial0=socket and restart it.",
        )


def build_ticket_request(path: str, type_: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Path and parameters of the request that asks for a console of what has this path in the API."""
    if params["console"] == "vnc":
        return f"{path}/vncproxy", {"websocket": 1}
    return f"{path}/termproxy", {"serial": params["serial"]} if params["serial"] and type_ == "qemu" else {}


def describe_ticket(url: str, path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The ticket that the API answered, and the websocket URL to use it with.

    Playvisor's gateway keeps the ticket, and answers with the id by which it knows the console.
    """
    found = {"user": answer.get("user"), "port": int(answer["port"]), "upid": answer["upid"]}
    if "console" in answer:
        return {**found, "console": answer["console"], "ticket": None, "password": None, "websocket": None}
    query = urlencode({"port": answer["port"], "vncticket": answer["ticket"]})
    return {
        **found,
        "ticket": answer["ticket"],
        "password": answer.get("password"),
        "websocket": f"{url.replace('https://', 'wss://', 1)}/api2/json{path}/vncwebsocket?{query}",
    }
