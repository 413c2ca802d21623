# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API request does in plain words, where method, path and parameters would mislead whoever approves it. Pure.

What there are no words for is still shown with all its parameters. Facts are those of Proxmox VE's API viewer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Params = Mapping[str, Any]
_OFF = (None, "", 0, "0", "no", "off", "false")
_EVERYBODY = frozenset({None, "", "0.0.0.0/0", "::/0", "0/0"})

# By parameters that mean the same wherever they are sent.
_BY_PARAM: Mapping[str, str] = {
    "skiplock": "passes by a lock of the guest",
    "overrule-shutdown": "breaks off a shutdown that is under way",
    "purge": "also takes it out of backup jobs, replication and HA",
    "destroy-unreferenced-disks": "also destroys disks with its id that no configuration names",
    "vmstate": "also saves its memory: it stands still meanwhile",
    "background": "goes on in the background",
}


def describe_request(method: str, path: str, params: Params) -> list[str]:
    """What a request does, in no, one or several short sentences."""
    request = f"{method} {path}"
    found = [words for pattern, describe in _BY_PATH if re.search(pattern, request) for words in describe(params)]
    found += [words for name, words in _BY_PARAM.items() if _is_on(params, name)]
    if _is_on(params, "force") and not any("(force)" in words for words in found):
        found.append("force: goes on where Proxmox VE would refuse")
    if method == "PUT" and params.get("delete"):
        found.append(f"removes {params['delete']}")
    if method in ("POST", "PUT") and params.get("revert"):
        found.append(f"takes back what waits for a restart: {params['revert']}")
    return found


def _is_on(params: Params, name: str) -> bool:
    return params.get(name) not in _OFF


def _describe_shutdown(params: Params) -> Iterator[str]:
    timeout = params.get("timeout")
    if not _is_on(params, "forceStop"):
        yield f"asks it to shut down cleanly, and waits {timeout} s" if timeout else "asks it to shut down cleanly"
    elif timeout is not None and str(timeout) == "0":
        yield "pulls the plug: no clean shutdown"
    else:
        when = f"after {timeout} s" if timeout else "in time"
        yield f"pulls the plug if it is not off {when}: no clean shutdown"


def _describe_suspend(params: Params) -> Iterator[str]:
    yield "saves its memory to disk, and turns it off" if _is_on(params, "todisk") else "pauses it: it stands still"


def _describe_backup(params: Params) -> Iterator[str]:
    mode = params.get("mode")
    if mode == "stop":
        yield "shuts each guest down for its backup, and starts it again"
    elif mode == "suspend":
        yield "pauses each guest for its backup"
    if _is_on(params, "all"):
        yield "covers every guest"
    if params.get("prune-backups") or _is_on(params, "remove"):
        yield "removes older backups afterwards"


def _describe_migration(params: Params) -> Iterator[str]:
    if _is_on(params, "restart"):
        yield "shuts it down, moves it, and starts it again"
    elif _is_on(params, "online"):
        yield "moves it while it runs"


def _describe_creation(params: Params) -> Iterator[str]:
    if params.get("archive") and _is_on(params, "force"):
        yield "overwrites the guest that has this id (force)"
    if _is_on(params, "start"):
        yield "starts it afterwards"
    if _is_on(params, "unique"):
        yield "gives it new MAC addresses"


def _describe_ha(params: Params) -> Iterator[str]:
    state = params.get("state")
    words = {
        "stopped": "HA stops it, and keeps it stopped",
        "disabled": "HA stops it, and no longer cares for it",
        "ignored": "HA leaves it alone",
        "started": "HA starts it, and keeps it running",
    }
    if state in words:
        yield words[state]


def _describe_firewall_options(params: Params) -> Iterator[str]:
    if "enable" in params:
        yield "switches this firewall on" if _is_on(params, "enable") else "switches this firewall off"
    for name, way in (("policy_in", "in"), ("policy_out", "out")):
        if params.get(name) == "ACCEPT":
            yield f"lets {way} whatever no rule speaks of"


def _describe_firewall_rule(params: Params) -> Iterator[str]:
    if params.get("enable") in (0, "0", False):
        yield "the rule is not in force"
    elif params.get("action") == "ACCEPT" and params.get("type") == "in" and params.get("source") in _EVERYBODY:
        ports = f" to port {params['dport']}" if params.get("dport") else ""
        macro = f" for {params['macro']}" if params.get("macro") else ""
        yield f"lets everybody in{macro}{ports}"


def _say(words: str) -> Callable[[Params], Iterator[str]]:
    return lambda _params: iter([words])


# By method and path.
_BY_PATH: tuple[tuple[str, Callable[[Params], Iterator[str]]], ...] = (
    (r"/status/stop$", _say("pulls the plug: no clean shutdown")),
    (r"/status/reset$", _say("resets it hard: no clean shutdown")),
    (r"/status/shutdown$", _describe_shutdown),
    (r"/status/reboot$", _say("shuts it down, and starts it again")),
    (r"/status/suspend$", _describe_suspend),
    (r"/vzdump$|/cluster/backup(/|$)", _describe_backup),
    (r"/migrate$", _describe_migration),
    (r"^POST /nodes/[^/]+/(qemu|lxc)$", _describe_creation),
    (r"^DELETE /nodes/[^/]+/(qemu|lxc)/\d+$", _say("destroys the guest with its disks")),
    (r"^POST .*/snapshot/[^/]+/rollback$", _say("loses everything that changed since that snapshot")),
    (r"^DELETE .*/snapshot/[^/]+$", _say("loses that snapshot")),
    (r"/template$", _say("makes it a template: it can't be started again")),
    (r"/(move_disk|move_volume)$", lambda params: iter(["deletes the old disk"] if _is_on(params, "delete") else [])),
    (r"^(POST|PUT) /cluster/ha/resources(/|$)", _describe_ha),
    (r"^DELETE /cluster/ha/resources/", _say("HA no longer cares for it")),
    (r"^PUT .*/firewall/options$", _describe_firewall_options),
    (r"^(POST|PUT) .*/firewall/(rules|groups/[^/]+)(/\d+)?$", _describe_firewall_rule),
    (r"/agent/exec$", _say("runs a command in the guest")),
)
