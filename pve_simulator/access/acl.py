# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access control lists: which paths there are, and what one may grant on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pve_simulator.errors import failure, invalid
from pve_simulator.state.access import Access, AclEntry

_NAME = r"[A-Za-z0-9.\-_]+"
_FORMS = (
    "/",
    "/access",
    "/access/groups",
    f"/access/groups/{_NAME}",
    "/access/realm",
    f"/access/realm/{_NAME}",
    "/mapping",
    f"/mapping/{_NAME}(?:/{_NAME})?",
    "/nodes",
    f"/nodes/{_NAME}",
    "/pool",
    f"/pool/{_NAME}(?:/{_NAME}){{0,2}}",
    "/sdn",
    r"/sdn/controllers(?:/[A-Za-z0-9_\-]+)?",
    "/sdn/dns(?:/[A-Za-z0-9]+)?",
    f"/sdn/fabrics(?:/{_NAME})?",
    "/sdn/ipams(?:/[A-Za-z0-9]+)?",
    f"/sdn/zones(?:/{_NAME}(?:/{_NAME}(?:/[1-9][0-9]{{0,3}})?)?)?",
    "/storage",
    f"/storage/{_NAME}",
    "/vms",
    "/vms/[1-9][0-9]{2,}",
)
_PATH = re.compile("|".join(_FORMS))
_GRANT_ALL = "Permissions.Modify"
_ALLOCATE = (("/storage/", "Datastore.Allocate"), ("/vms/", "VM.Allocate"), ("/pool/", "Pool.Allocate"))


def is_acl_path(path: str) -> bool:
    """Whether rules can be made for a (normalised) path."""
    return _PATH.fullmatch(path) is not None


def modifying_privileges(path: str) -> list[str]:
    """The privileges that each allow changing the rules of a path and the pool of its object."""
    return [_GRANT_ALL, *(privilege for prefix, privilege in _ALLOCATE if path.startswith(prefix))]


def set_entry(access: Access, entry: AclEntry) -> None:
    """Grant a role, or change whether it propagates."""
    remove_entry(access, entry)
    access.acl.append(entry)


def remove_entry(access: Access, entry: AclEntry) -> None:
    """Remove an entry; a missing one is fine."""
    key = (entry.path, entry.kind, entry.ugid, entry.role)
    access.acl = [other for other in access.acl if (other.path, other.kind, other.ugid, other.role) != key]


def check_role_exists(access: Access, role: str) -> None:
    """Raise for an unknown role."""
    if role not in access.roles:
        raise failure(f"role '{role}' does not exist")


def check_grantable(
    role: str, role_privileges: Iterable[str], own: Mapping[str, bool], *, propagate: bool, delete: bool
) -> None:
    """Raise unless someone with these privileges on the path may add or remove the role there.

    Who may only allocate guests, storages or pools can hand out no more than what they have.
    """
    if _GRANT_ALL in own:
        return
    verb, needed = "remove" if delete else "add", list(role_privileges)
    if propagate and not delete and any(own.get(privilege) is False for privilege in needed):
        raise _not_grantable(
            f"Cannot {verb} role '{role}' with propagation - requires '{_GRANT_ALL}'"
            " or propagated superset of privileges."
        )
    if any(privilege not in own for privilege in needed):
        raise _not_grantable(f"Cannot {verb} role '{role}' - requires '{_GRANT_ALL}' or superset of privileges.")
    if role == "NoAccess":
        raise _not_grantable(f"Cannot {verb} role '{role}' - requires '{_GRANT_ALL}'")


def _not_grantable(text: str) -> Exception:
    return invalid({"role": text})
