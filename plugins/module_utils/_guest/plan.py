# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the requests that create a guest, change its configuration, convert it to a template, or delete it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._api.client import segment
from .._api.errors import GUEST_LOCKED, INVALID_PARAMETER, PROTECTED, UNSUPPORTED, PveError, refuse_values
from .._module.plan import Step
from .config import Wish
from .disk_plan import plan_disk_changes
from .disks import is_slot, must_grow, render_new_disk
from .drives import DriveStep, read_source
from .guest import Guest
from .nics import render_new_nic as new_nic
from .options import default_value, encode, parse_flag, read_option
from .pending import find_restart_options

# What Proxmox VE takes away from no container.
_REQUIRED_OF_CONTAINERS = ("memory", "ostype")
_BOOTABLE = re.compile(r"(?:ide|sata|scsi|virtio|net|usb|hostpci)\d+")


@dataclass(frozen=True)
class Observed:
    """A guest with its configuration, which includes pending changes, or one that does not exist yet.

    I(pending) are the pending changes. I(current) is the configuration without them, if it was read. I(sizes) are the
    true sizes in bytes of volumes that may have to grow, None for those that couldn't be read. These may be read only
    when they are looked at, which a guest that is as wished does not need.
    I(snapshots) are snapshots that have a volume which is to be moved away, by volume; I(all_snapshots) the names of
    all of a guest that is to become a template.
    I(has_case_sensitive_tags) says how the cluster compares tags, where some are not in lower case. I(problem) is what
    prevented reading one of several guests. I(disks) are the wishes for its disks, with the sizes that they grow to.
    """

    guest: Guest
    exists: bool = False
    config: dict[str, Any] = field(default_factory=dict)
    running: bool = False
    pending: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    current: Mapping[str, Any] | None = None
    sizes: Mapping[str, int | None] = field(default_factory=dict)
    has_case_sensitive_tags: bool = False
    problem: PveError | None = None
    disks: list[dict[str, Any]] | None = None
    snapshots: dict[str, str] = field(default_factory=dict)
    all_snapshots: tuple[str, ...] = ()

    @property
    def is_template(self) -> bool:
        return parse_flag(self.config.get("template", 0))

    @property
    def is_protected(self) -> bool:
        return parse_flag(self.config.get("protection", 0))


def plan_creation(observed: Observed, wish: Wish, params: Mapping[str, Any]) -> list[Step]:
    """The requests that create a guest as wished."""
    guest = observed.guest
    options: dict[str, Any] = {"vmid": guest.vmid}
    if guest.type == "lxc":
        _require_container(wish, params)
        options["ostemplate"] = params["ostemplate"]
        if params["password"]:
            options["password"] = params["password"]
        if params["ssh_public_keys"]:
            options["ssh-public-keys"] = "\n".join(params["ssh_public_keys"])
    if params["pool"]:
        options["pool"] = params["pool"]
    options.update({key: encode(guest.type, key, value) for key, value in wish.options.items() if value is not None})
    present = [disk for disk in wish.disks if disk["state"] == "present"]
    options.update({disk["slot"]: render_new_disk(guest.type, disk) for disk in present})
    options.update({w["slot"]: new_nic(guest.type, w) for w in wish.nics if w["state"] == "present"})
    check_together(wish, {}, options)
    what = f"there is no such guest on {guest.node} or elsewhere"
    steps = [
        Step("POST", f"/nodes/{segment(guest.node)}/{guest.type}", what, options, secrets=("password",)),
    ]
    for disk in present:
        if disk.get("import_from") and must_grow(read_source(disk, observed.sizes), disk):
            why = f"{disk['slot']} has the size of what it is imported from"
            size = {"disk": disk["slot"], "size": f"{disk['size']}G"}
            steps.append(Step("PUT", f"{guest.path}/resize", why, size))
    return steps


def _require_container(wish: Wish, params: Mapping[str, Any]) -> None:
    lacking = [] if params["ostemplate"] else ["ostemplate"]
    if not any(disk["slot"] == "rootfs" for disk in wish.disks):
        lacking.append("a disk rootfs with storage and size")
    if lacking:
        raise PveError(INVALID_PARAMETER, f"A new container needs {' and '.join(lacking)}.", "Give it.")


def plan_update(observed: Observed, wish: Wish, params: Mapping[str, Any]) -> list[Step]:
    """The requests that change an existing guest as wished; the first has the digest that the plan was made from."""
    guest, config = observed.guest, observed.config
    options = wish.changed_options(config)
    if "unprivileged" in options:
        negation = "" if parse_flag(config.get("unprivileged", 0)) else "not "
        raise PveError(
            UNSUPPORTED,
            f"Container {guest.label} is {negation}unprivileged, and Proxmox VE can't change that.",
            "Leave unprivileged out, or make a new container.",
        )
    if guest.type == "lxc":
        required = [key for key in _REQUIRED_OF_CONTAINERS if key in options and options[key] is None]
        if required:
            raise refuse_values([(key, None, "a container can't be without it") for key in required])
    disks = plan_disk_changes(
        guest,
        config,
        wish.disks,
        running=observed.running,
        current=observed.current,
        sizes=observed.sizes,
        snapshots=observed.snapshots,
    )
    # A protected container can't even get another mount point.
    _require_unprotected(observed, [*disks.lost_slots, *(disks.values if guest.type == "lxc" else ())])
    changes = {**options, **disks.values, **wish.changed_nics(config), **dict.fromkeys(disks.removed_slots)}
    check_together(wish, config, changes)
    steps = [*disks.first_steps]
    returning = _find_returning(observed, wish, changes)
    if returning:
        why = f"these would come back with a restart: {', '.join(returning)}"
        revert = {"revert": ",".join(returning)}
        steps.append(DriveStep("PUT", f"{guest.path}/config", why, revert, task=False))
    if changes:
        reverts = _find_reverts(observed, wish, changes)
        steps.append(_build_config_step(observed, changes, disks.drives, reverts, makes_volumes=disks.makes_volumes))
    steps += disks.steps
    if steps and config.get("lock") == "suspended":
        raise PveError(
            GUEST_LOCKED, f"Guest {guest.label} is hibernated and can't be changed.", "Start it first, to resume it."
        )
    if steps and config.get("digest"):
        steps[0] = replace(steps[0], params={**steps[0].params, "digest": config["digest"]})
    steps += _plan_pool(observed, params)
    if params["restart_if_required"] and observed.running:
        steps += _plan_restart(observed, find_restart_options(guest.type, config, changes), params)
    return steps


def check_together(wish: Wish, config: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Raise C(invalid_parameter) for changed options of a machine that don't go with the rest of its configuration.

    What is None in I(changes) is removed.
    """
    if wish.kind != "qemu":
        return
    after = {key: value for key, value in {**config, **changes}.items() if value is not None}
    memory, balloon = (_read(after, key) for key in ("memory", "balloon"))
    if {"memory", "balloon"} & changes.keys() and memory is not None and balloon is not None and balloon > memory:
        raise refuse_values([("balloon", balloon, f"it must be at most the memory, {memory} MiB")])
    order = filter(None, (wish.options.get("boot") or {}).get("order", "").split(";"))
    missing = [device for device in order if device not in after and ("boot" in changes or device in changes)]
    if missing:
        present = ", ".join(sorted(key for key in after if _BOOTABLE.fullmatch(key))) or "none"
        problem = f"the guest has no {', '.join(missing)}; it can boot from {present}"
        raise refuse_values([("boot", encode("qemu", "boot", wish.options["boot"]), problem)])


def _read(config: Mapping[str, Any], key: str) -> Any:
    return read_option("qemu", config, key)


def _require_unprotected(observed: Observed, slots: Iterable[str]) -> None:
    if observed.is_protected and (listed := ", ".join(sorted(slots))):
        raise PveError(
            PROTECTED,
            f"Guest {observed.guest.label} is protected, which keeps {listed} from being changed.",
            "Set protection: false in a task of its own first, if that is really meant.",
        )


def _find_reverts(observed: Observed, wish: Wish, changes: Mapping[str, Any]) -> set[str]:
    """The changed options that only a pending change sets: to unset one, that is taken back.

    Proxmox VE takes the deletion of what a container has not yet for nothing.
    """
    current = observed.config if observed.current is None else observed.current
    return {
        key
        for key, value in changes.items()
        if key in observed.config
        and not is_slot(wish.kind, key)
        and (value is None or wish.options.get(key) == default_value(wish.kind, key))
        and key not in current
    }


def _find_returning(observed: Observed, wish: Wish, changes: Mapping[str, Any]) -> list[str]:
    """The options that a container is to lose while a change of them waits, which their deletion would leave."""
    if wish.kind != "lxc" or observed.current is None:
        return []
    config, current = observed.config, observed.current
    return sorted(
        key
        for key, value in changes.items()
        if value is None and not is_slot("lxc", key) and key in current and config.get(key) not in (None, current[key])
    )


def _build_config_step(
    observed: Observed,
    changes: Mapping[str, Any],
    drives: dict[str, str | None],
    reverts: set[str],
    *,
    makes_volumes: bool,
) -> Step:
    options = {key: value for key, value in changes.items() if value is not None and key not in reverts}
    unset = sorted(key for key, value in changes.items() if value is None and key not in reverts)
    if unset:
        options["delete"] = ",".join(unset)
    if reverts:
        options["revert"] = ",".join(sorted(reverts))
    # A PUT must end within 30 seconds, in which a new disk may not be made; containers have no POST.
    method = "POST" if makes_volumes and observed.guest.type == "qemu" else "PUT"
    why = f"these differ: {', '.join(sorted(changes))}"
    return DriveStep(method, f"{observed.guest.path}/config", why, options, task=method == "POST", drives=drives)


def _plan_pool(observed: Observed, params: Mapping[str, Any]) -> list[Step]:
    wished_pool, current_pool = params["pool"], observed.guest.pool
    if wished_pool is None or wished_pool == (current_pool or ""):
        return []
    member = {"poolid": wished_pool or current_pool, "vms": str(observed.guest.vmid)}
    if not wished_pool:
        return [Step("PUT", "/pools", "it is to be in no pool", {**member, "delete": 1}, task=False)]
    move = {"allow-move": 1} if current_pool else {}
    return [Step("PUT", "/pools", f"it is in {current_pool or 'no pool'}", {**member, **move}, task=False)]


def _plan_restart(observed: Observed, new_pending: list[str], params: Mapping[str, Any]) -> list[Step]:
    guest, keys = observed.guest, sorted({*observed.pending, *new_pending})
    if not keys:
        return []
    if params["force"] and guest.hastate:
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is managed by HA, which answers a stop before it happens; it can't be restarted "
            "by force.",
            "Leave force out.",
        )
    limit = params["shutdown_timeout"]
    why = f"these may wait for it: {', '.join(keys)}"
    options = {"timeout": limit} if limit else {}
    if not params["force"]:
        return [Step("POST", f"{guest.path}/status/reboot", why, options, grace=limit)]
    return [
        Step("POST", f"{guest.path}/status/shutdown", why, {**options, "forceStop": 1}, grace=limit),
        Step("POST", f"{guest.path}/status/start", "it ran before", {}),
    ]


def plan_template(observed: Observed) -> list[Step]:
    """The request that converts a guest, which the same plan may create, to a template."""
    guest = observed.guest
    if observed.is_template:
        return []
    if observed.running:
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is running, and only a stopped guest can become a template.",
            "Stop it first, with pve_guest_state.",
        )
    if observed.all_snapshots:
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} has snapshots ({', '.join(observed.all_snapshots)}), and templates have none.",
            "Delete them first, or make the template of a full clone.",
        )
    return [Step("POST", f"{guest.path}/template", "it is no template")]


def plan_removal(observed: Observed, params: Mapping[str, Any]) -> list[Step]:
    """The request that deletes a guest with its disks; it must be stopped and unprotected."""
    guest = observed.guest
    if not observed.exists:
        return []
    if observed.is_protected:
        raise PveError(
            PROTECTED,
            f"Guest {guest.label} is protected and is not deleted.",
            "Set protection: false in a task of its own first, if that is really meant.",
        )
    if observed.running:
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is running, and only a stopped guest is deleted.",
            "Make sure that it is the one you mean, and stop it first, with pve_guest_state.",
        )
    if observed.guest.hastate and not params["purge"]:
        raise PveError(
            UNSUPPORTED,
            f"Guest {guest.label} is under HA, and only a guest that is not is deleted.",
            "Set purge: true to take it out of HA, jobs and replication as well, or remove it from HA first.",
        )
    switches = {"purge": params["purge"], "destroy-unreferenced-disks": params["destroy_unreferenced_disks"]}
    options = {key: 1 for key, value in switches.items() if value}
    return [Step("DELETE", guest.path, "it exists, and absent is asked for", options)]
