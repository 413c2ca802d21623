# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may change what of a container's configuration (`check_ct_modify_config_perm`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pve_simulator.errors import ApiError, forbidden
from pve_simulator.guests.lxc.mountpoints import is_mount_key, parse_mount
from pve_simulator.guests.lxc.values import features, network_options
from pve_simulator.guests.rights import require_bridge, require_tags
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config
from pve_simulator.storage.access import check_volume_access

_CPU = frozenset({"cores", "cpuunits", "cpulimit"})
_MEMORY = frozenset({"memory", "swap"})
_NETWORK = frozenset({"nameserver", "searchdomain", "hostname"})
_NET = re.compile(r"net\d+")
_DEVICE = re.compile(r"dev\d+")


@dataclass(frozen=True, slots=True)
class ConfigRights:
    """What a subject may change of one container; `pool` is the one that a new container goes into."""

    cluster: Cluster
    subject: Subject
    vmid: int
    pool: str | None = None

    def check(self, old: Config, new: Config, deleted: Iterable[str] = (), *, unprivileged: bool) -> None:
        """Raise 403 for the first change that the subject may not make; root@pam may make all."""
        if self.subject.is_root_password_login:
            return
        for key, value in new.items():
            self._check_one(key, old.get(key), value, unprivileged=unprivileged)
        for key in deleted:
            self._check_one(key, old.get(key), None, unprivileged=unprivileged)

    def require(self, privilege: str) -> None:
        """Require a privilege on the container, or on the pool it is to be in."""
        if self.pool is None or not self.subject.may(f"/pool/{self.pool}", privilege):
            self.subject.require(f"/vms/{self.vmid}", privilege)

    def _check_one(self, key: str, old: str | None, new: str | None, *, unprivileged: bool) -> None:
        if key in _CPU:
            self.require("VM.Config.CPU")
        elif is_mount_key(key):
            self._check_mount(key, new)
        elif key in _MEMORY:
            self.require("VM.Config.Memory")
        elif _NET.fullmatch(key) or key in _NETWORK:
            self.require("VM.Config.Network")
            for value in (old, new) if _NET.fullmatch(key) else ():
                require_bridge(self.subject, network_options(value or ""))
        elif _DEVICE.fullmatch(key):
            raise _root_only("configuring device passthrough")
        elif key == "features":
            self._check_features(old, new, unprivileged=unprivileged)
        elif key == "hookscript":
            raise _root_only("changing the hookscript")
        else:
            self.require("VM.Config.Options")
            if key == "tags":
                require_tags(self.cluster, self.subject, old or "", new or "")

    def _check_mount(self, key: str, new: str | None) -> None:
        self.require("VM.Config.Disk")
        if new is None:
            return
        mount = parse_mount(key, new)
        if mount.kind != "volume":
            raise forbidden(f"Permission check failed (mount point type {mount.kind} is only allowed for root@pam)")
        if mount.new_volume is not None:
            self.subject.require(f"/storage/{mount.new_volume[0]}", "Datastore.AllocateSpace")
        else:
            check_volume_access(self.subject, self.cluster, mount.volume, vmid=self.vmid, content="rootdir")

    def _check_features(self, old: str | None, new: str | None, *, unprivileged: bool) -> None:
        if not unprivileged:
            raise _root_only("changing feature flags for privileged container")
        before, after = features(old), features(new)
        if old is None or new is None:
            # The server looks at the flags that come or go, and takes `nesting=0` for another flag.
            flags = after if new is not None else before
            nesting = set(flags) == {"nesting"} and flags["nesting"] == "1"
            other = bool(flags) and not nesting
        else:
            changed = {name for name in {*before, *after} if before.get(name, "") != after.get(name, "")}
            nesting, other = "nesting" in changed, bool(changed - {"nesting"})
        if other:
            raise _root_only("changing feature flags (except nesting)")
        if nesting:
            self.require("VM.Allocate")


def _root_only(what: str) -> ApiError:
    return forbidden(f"Permission check failed ({what} is only allowed for root@pam)")
