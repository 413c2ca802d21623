# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that a tool typically plans, to ask a policy about it without a cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue import Tool
from mcp_bridge.policy.facts import Moment, Part, Question, make_question
from mcp_bridge.policy.places import Step, get_text, is_on
from mcp_bridge.policy.targets import Target


@dataclass(frozen=True)
class Sample:
    """A request: `fixed` parameters unless options say otherwise, and options by the names that they have in it.

    `default` stands where no options are given, and `only_with` names the option without which it is not sent.
    """

    method: str
    path: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)
    only_with: str = ""


_GUEST = "/nodes/{node}/{type}/{vmid}"
_STORE = "/nodes/{node}/storage/local"
_CONFIG = {"new_name": "name", "add_tags": "tags", "remove_tags": "tags", "nics": "net0", "disks": "scsi0"}
_CLOUDINIT = {
    "user": "ciuser",
    "password": "cipassword",
    "ssh_keys": "sshkeys",
    "ipconfig": "ipconfig0",
    "nameservers": "nameserver",
    "upgrade": "ciupgrade",
    "custom": "cicustom",
}
_RESTORED = {"volid": "archive", "target_storage": "storage", "new_name": "name"}
_JOB = {"vmids": "vmid", "retention": "prune-backups"}
_KEYS = {"sshkeys": "ssh-ed25519 AAAA"}
_RULE = {"type": "in", "action": "ACCEPT", "enable": 1}

SAMPLES: Mapping[str, tuple[Sample, ...]] = {
    "start_guest": (Sample("POST", f"{_GUEST}/status/start"),),
    "stop_guest": (Sample("POST", f"{_GUEST}/status/shutdown", names={"force": "forceStop"}),),
    "reboot_guest": (Sample("POST", f"{_GUEST}/status/reboot"),),
    "reset_guest": (Sample("POST", f"{_GUEST}/status/reset"),),
    "suspend_guest": (Sample("POST", f"{_GUEST}/status/suspend"),),
    "hibernate_guest": (Sample("POST", f"{_GUEST}/status/suspend", {"todisk": 1}),),
    "resume_guest": (Sample("POST", f"{_GUEST}/status/resume"),),
    "snapshot_guest": (Sample("POST", f"{_GUEST}/snapshot", {"snapname": "before"}),),
    "rollback_guest": (Sample("POST", f"{_GUEST}/snapshot/before/rollback"),),
    "delete_snapshot": (Sample("DELETE", f"{_GUEST}/snapshot/before"),),
    "prune_snapshots": (Sample("DELETE", f"{_GUEST}/snapshot/before"),),
    "clone_guest": (
        Sample("POST", f"{_GUEST}/clone", {"newid": 9999}, {"new_name": "name"}),
        Sample("POST", "/nodes/{node}/{type}/9999/status/start", only_with="start"),
    ),
    "create_guest": (Sample("POST", "/nodes/{node}/{type}", {"vmid": 9999}, {"new_name": "name"}),),
    "resize_guest": (
        Sample("PUT", f"{_GUEST}/config", names=_CONFIG, default={"cores": 64}),
        Sample("PUT", f"{_GUEST}/resize", {"disk": "scsi0", "size": "+10G"}, only_with="disks"),
    ),
    "set_guest_tags": (Sample("PUT", f"{_GUEST}/config", names=_CONFIG, default={"tags": "web"}),),
    "configure_guest": (Sample("PUT", f"{_GUEST}/config", names=_CONFIG, default={"description": "…"}),),
    "make_template": (Sample("POST", f"{_GUEST}/template"),),
    "open_console": (Sample("POST", f"{_GUEST}/vncproxy", {"websocket": 1}),),
    "set_pool": (Sample("PUT", "/pools", {"poolid": "example", "vms": "{vmid}"}, {"vmids": "vms"}),),
    "set_cloudinit": (Sample("PUT", f"{_GUEST}/config", names=_CLOUDINIT, default=_KEYS),),
    "backup_guest": (Sample("POST", "/nodes/{node}/vzdump", {"vmid": "{vmid}", "mode": "snapshot", "remove": 0}),),
    "restore_guest": (
        Sample(
            "POST",
            "/nodes/{node}/{type}",
            {"vmid": 9999, "archive": "local:backup/vzdump-{type}-{vmid}-2026_01_01-00_00_00.vma.zst"},
            _RESTORED,
        ),
        Sample("POST", "/nodes/{node}/{type}/9999/status/start", only_with="start"),
    ),
    "protect_backup": (Sample("PUT", f"{_STORE}/content/local:backup%2Fexample", {"protected": 1}),),
    "set_backup_job": (Sample("POST", "/cluster/backup", {"id": "nightly", "vmid": "{vmid}"}, _JOB),),
    "migrate_guest": (Sample("POST", f"{_GUEST}/migrate", {"target": "other"}, {"storage": "targetstorage"}),),
    "move_guest_disk": (
        Sample("POST", f"{_GUEST}/move_disk", {"disk": "scsi0", "storage": "other"}, {"disks": "disk"}),
    ),
    "drain_node": (Sample("POST", f"{_GUEST}/migrate", {"target": "other"}, {"storage": "targetstorage"}),),
    "return_node": (Sample("POST", f"{_GUEST}/migrate", {"target": "other"}, {"storage": "targetstorage"}),),
    "set_guest_ha": (
        Sample("POST", "/cluster/ha/resources", {"sid": "{vmid}"}, {"request_state": "state"}, {"state": "started"}),
    ),
    "set_ha_rule": (Sample("POST", "/cluster/ha/rules", {"rule": "example", "resources": "{vmid}"}),),
    "release_guest_ha": (Sample("DELETE", "/cluster/ha/resources/{vmid}"),),
    "add_firewall_rule": (Sample("POST", f"{_GUEST}/firewall/rules", default=_RULE),),
    "set_firewall": (Sample("PUT", f"{_GUEST}/firewall/options", default={"enable": 0}),),
    "download_template": (Sample("POST", "/nodes/{node}/aplinfo", {"storage": "local"}),),
    "download_iso": (
        Sample("POST", f"{_STORE}/download-url", default={"url": "https://cdimage.debian.org/debian.iso"}),
    ),
    "exec_guest": (Sample("POST", f"{_GUEST}/agent/exec"),),
    "plan_fleet": (Sample("PUT", f"{_GUEST}/config", default={"cores": 64}),),
    "prune_fleet": (Sample("DELETE", _GUEST),),
    "create_user": (Sample("POST", "/access/users", {"userid": "example@pve"}),),
    "set_role": (Sample("POST", "/access/roles", {"roleid": "example"}),),
    "set_acl": (Sample("PUT", "/access/acl", {"path": "/pool/example"}),),
    "grant_access": (Sample("PUT", "/access/acl", {"path": "/vms/{vmid}"}),),
    "create_token": (Sample("POST", "/access/users/example@pve/token/ci"),),
}

# Options that choose guests, or say how to wait and not what to do.
_CHOOSING = frozenset(
    {"guests", "vmid", "name", "timeout", "shutdown_timeout", "check", "start", "restart", "throttle", "max_age"}
)


def make_steps(tool: Tool, options: Mapping[str, Any], guests: Sequence[Target]) -> list[Step]:
    """Make the requests that a tool with these options typically plans for these guests."""
    samples = SAMPLES.get(tool.name, ())
    return [
        {"method": sample.method, "path": _fill(sample.path, guest), "params": _make_params(sample, options, guest)}
        for guest in guests
        for sample in samples
        if not sample.only_with or is_on(options.get(sample.only_with))
    ]


def make_sample_question(
    tool: Tool,
    caller: Caller,
    guests: Sequence[Target],
    moment: Moment,
    options: Mapping[str, Any],
    *,
    steps: Sequence[Step] = (),
    effects: Sequence[str] = (),
    recent_targets: int = 0,
    cluster: str = "",
) -> Question:
    """Make a question as it would be about such guests: with these steps, or these effects, or what the tool plans."""
    methods = frozenset({"POST"})
    if effects:
        step: Step = {"method": "POST", "path": "/", "params": options}
        parts = tuple(Part(guest, frozenset(effects), "changed", (step,)) for guest in guests)
        known = frozenset(effects)
        return Question(tool, caller, parts, moment, methods, known, (known,), recent_targets, cluster)
    planned = steps or make_steps(tool, options, guests)
    known_guests = {guest.vmid: guest for guest in guests if guest.vmid is not None}
    return make_question(tool, caller, planned, known_guests, moment, recent_targets, cluster=cluster)


def _make_params(sample: Sample, options: Mapping[str, Any], guest: Target) -> dict[str, Any]:
    chosen = {sample.names.get(name, name): value for name, value in options.items() if name not in _CHOOSING}
    params = {**sample.fixed, **(chosen or sample.default)}
    if sample.path.endswith("/migrate") and guest.may_run:
        params |= {"restart": 1} if guest.type == "lxc" else {"online": 1}
    return {name: _fill(value, guest) if isinstance(value, str) else get_text(value) for name, value in params.items()}


def _fill(text: str, guest: Target) -> str:
    values = {"node": guest.node or "pve1", "type": guest.type or "qemu", "vmid": str(guest.vmid or 100)}
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
