from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.consoles import (
    build_ticket_request,
    describe_ticket,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.modules.pve_console_info import build_link

URL = "https://pve.example.com:8006"
QEMU = Guest(101, "web 1", "pve1", "qemu", "running")
LXC = Guest(201, "ct", "pve2", "lxc", "running")


@pytest.mark.parametrize(
    ("guest", "console", "query"),
    [
        (QEMU, "vnc", "console=kvm&novnc=1&vmid=101&vmname=web+1&node=pve1&resize=off&cmd="),
        (LXC, "vnc", "console=lxc&novnc=1&vmid=201&vmname=ct&node=pve2&resize=off&cmd="),
        (LXC, "terminal", "console=lxc&xtermjs=1&vmid=201&vmname=ct&node=pve2&cmd="),
    ],
)
def test_a_link_is_the_one_of_the_web_interface(guest, console, query):
    assert build_link(URL, guest, console) == f"{URL}/?{query}"


@pytest.mark.parametrize(
    ("guest", "params", "request_"),
    [
        (QEMU, {"console": "vnc", "serial": None}, ("/nodes/pve1/qemu/101/vncproxy", {"websocket": 1})),
        (QEMU, {"console": "terminal", "serial": "serial1"}, ("/nodes/pve1/qemu/101/termproxy", {"serial": "serial1"})),
        (LXC, {"console": "terminal", "serial": None}, ("/nodes/pve2/lxc/201/termproxy", {})),
    ],
)
def test_a_ticket_is_asked_for_by_this_request(guest, params, request_):
    assert build_ticket_request(guest.path, guest.type, params) == request_


def test_a_client_finds_the_ticket_quoted_in_its_address():
    answer = {"port": "5900", "ticket": "PVEVNC:6B::a+/b==", "upid": "UPID:x", "user": "root@pam"}

    found = describe_ticket(URL, QEMU.path, answer)

    assert found["websocket"] == (
        "wss://pve.example.com:8006/api2/json/nodes/pve1/qemu/101/vncwebsocket"
        "?port=5900&vncticket=PVEVNC%3A6B%3A%3Aa%2B%2Fb%3D%3D"
    )
    assert (found["port"], found["password"]) == (5900, None)
