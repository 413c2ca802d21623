# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may use a volume (PVE::Storage::check_volume_access)."""

from __future__ import annotations

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster
from pve_simulator.storage.lookup import parse_volid
from pve_simulator.storage.names import split_volid

_READ = ("Datastore.AllocateSpace", "Datastore.Audit")
_ANYONE_READS = frozenset({"iso", "vztmpl", "import"})


def check_volume_access(
    subject: Subject, cluster: Cluster, volid: str, *, vmid: int = 0, content: str | None = None
) -> None:
    """Raise unless the subject may use a volume, as the owner `vmid` may; `content` is what it must hold."""
    parts = split_volid(volid)
    if parts is None:
        if subject.user == "root@pam" and subject.token is None:
            return
        raise failure("Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.")
    storage, parsed = parse_volid(cluster, volid)
    # The plugins call volumes of containers images, too.
    if content not in (None, parsed.content) and not (content == "rootdir" and parsed.content == "images"):
        raise failure(f"unable to use volume {volid} - content type needs to be '{content}'")
    path = f"/storage/{storage.id}"
    if subject.may(path, "Datastore.Allocate"):
        return
    if parsed.content in _ANYONE_READS:
        subject.require(path, *_READ)
    elif parsed.vmid and parsed.vmid == vmid:
        return
    elif parsed.content == "backup" and parsed.vmid:
        subject.require(path, "Datastore.AllocateSpace")
        subject.require(f"/vms/{parsed.vmid}", "VM.Backup")
    elif parsed.content in ("images", "rootdir") and parsed.vmid:
        subject.require(path, "Datastore.Audit")
        subject.require(f"/vms/{parsed.vmid}", "VM.Config.Disk")
    else:
        subject.require(path, "Datastore.Allocate")


def may_access_volume(subject: Subject, cluster: Cluster, volid: str) -> bool:
    """Whether lists show the volume to the subject."""
    try:
        check_volume_access(subject, cluster, volid)
    except ApiError:
        return False
    return True
