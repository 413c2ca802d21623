# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The privileges of Proxmox VE 9.2, and the roles that come with it (GET /access/roles)."""

from __future__ import annotations

_VM_CONFIG = frozenset(
    f"VM.Config.{what}" for what in ("CDROM", "CPU", "Cloudinit", "Disk", "HWType", "Memory", "Network", "Options")
)
_AGENT_USER = frozenset(f"VM.GuestAgent.{what}" for what in ("Audit", "FileRead", "FileSystemMgmt", "FileWrite"))
_VM_USER = _AGENT_USER | {
    "VM.Audit",
    "VM.Backup",
    "VM.Config.CDROM",
    "VM.Config.Cloudinit",
    "VM.Console",
    "VM.PowerMgmt",
}
_VM_ADMIN = (
    _VM_USER
    | _VM_CONFIG
    | {
        "VM.Allocate",
        "VM.Clone",
        "VM.GuestAgent.Unrestricted",
        "VM.Migrate",
        "VM.Replicate",
        "VM.Snapshot",
        "VM.Snapshot.Rollback",
    }
)
_DATASTORE_USER = frozenset({"Datastore.AllocateSpace", "Datastore.Audit"})
_DATASTORE_ADMIN = _DATASTORE_USER | {"Datastore.Allocate", "Datastore.AllocateTemplate"}
_SYS_ADMIN = frozenset({"Sys.Audit", "Sys.Console", "Sys.Syslog"})
_USER_ADMIN = frozenset({"Group.Allocate", "Realm.AllocateUser", "User.Modify"})
_POOL_ADMIN = frozenset({"Pool.Allocate", "Pool.Audit"})
_SDN_USER = frozenset({"SDN.Audit", "SDN.Use"})
_MAPPING_USER = frozenset({"Mapping.Audit", "Mapping.Use"})
_ADMIN = (
    _VM_ADMIN | _DATASTORE_ADMIN | _SYS_ADMIN | _USER_ADMIN | _POOL_ADMIN | _SDN_USER | _MAPPING_USER | {"SDN.Allocate"}
)

# The Administrator role has every privilege there is.
PRIVILEGES: frozenset[str] = _ADMIN | {
    "Mapping.Modify",
    "Permissions.Modify",
    "Realm.Allocate",
    "Sys.AccessNetwork",
    "Sys.Incoming",
    "Sys.Modify",
    "Sys.PowerMgmt",
}

ROLES: dict[str, frozenset[str]] = {
    "Administrator": PRIVILEGES,
    "NoAccess": frozenset(),
    "PVEAdmin": _ADMIN,
    "PVEAuditor": frozenset(
        {
            "Datastore.Audit",
            "Mapping.Audit",
            "Pool.Audit",
            "SDN.Audit",
            "Sys.Audit",
            "VM.Audit",
            "VM.GuestAgent.Audit",
        }
    ),
    "PVEDatastoreAdmin": _DATASTORE_ADMIN,
    "PVEDatastoreUser": _DATASTORE_USER,
    "PVEMappingAdmin": _MAPPING_USER | {"Mapping.Modify"},
    "PVEMappingUser": _MAPPING_USER,
    "PVEPoolAdmin": _POOL_ADMIN,
    "PVEPoolUser": frozenset({"Pool.Audit"}),
    "PVESDNAdmin": _SDN_USER | {"SDN.Allocate"},
    "PVESDNUser": _SDN_USER,
    "PVESysAdmin": _SYS_ADMIN,
    "PVETemplateUser": frozenset({"VM.Audit", "VM.Clone"}),
    "PVEUserAdmin": _USER_ADMIN,
    "PVEVMAdmin": _VM_ADMIN,
    "PVEVMUser": _VM_USER,
}
