# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /nodes/{node}/status."""

from __future__ import annotations

from typing import Any

from pve_simulator.guests.feed import node_figures
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.product import KERNEL, KERNEL_BUILD, REPOID, VERSION

_CPU_FLAGS = (
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht"
    " syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl cpuid pni pclmulqdq ssse3 fma"
    " cx16 sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand svm avx2 bmi1 bmi2 rdseed adx"
)


@route("GET", "/nodes/{node}/status")
def read_status(call: Call) -> dict[str, Any]:
    """A node's hardware and load."""
    node = call.cluster.nodes[call.node]
    figures = node_figures(call.world, node)
    free = node.maxmem - figures["mem"]
    disk_free = node.maxdisk - figures["disk"]
    load = f"{figures['cpu'] * node.cpus:.2f}"
    return {
        "boot-info": {"mode": "efi", "secureboot": 0},
        "cpu": figures["cpu"],
        "cpuinfo": {
            "cores": node.cpus,
            "cpus": node.cpus,
            "family": "25",
            "flags": _CPU_FLAGS,
            "hvm": "1",
            "mhz": "2794.750",
            "model": "AMD EPYC 7543P 32-Core Processor",
            "sockets": 1,
            "user_hz": 100,
            "vendor": "AuthenticAMD",
        },
        "current-kernel": {
            "machine": "x86_64",
            "release": KERNEL,
            "sysname": "Linux",
            "version": KERNEL_BUILD,
        },
        "idle": 0,
        "ksm": {"shared": 0},
        "kversion": f"Linux {KERNEL} {KERNEL_BUILD}",
        "loadavg": [load, load, load],
        "memory": {"available": free, "free": free, "total": node.maxmem, "used": figures["mem"]},
        "pveversion": f"pve-manager/{VERSION}/{REPOID}",
        "rootfs": {
            "avail": disk_free,
            "free": disk_free,
            "total": node.maxdisk,
            "used": figures["disk"],
        },
        "swap": {"free": 0, "total": 0, "used": 0},
        "uptime": figures["uptime"],
        "wait": 0,
    }
