# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants of powers over guests: the roles and ACLs that give them and take nothing away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from .._api.errors import NOT_FOUND, UNSUPPORTED, PveError
from .access import HOLDERS, Access, make_acl_id
from .desired import DesiredEntry, normalize_acl_path
from .plan import Login, plan_entry
from .rights import NO_ACCESS, find_privileges, find_roles, list_privileges

# From powers to the privileges on guests that they take; of admin, all that begin so.
POWERS: dict[str, tuple[str, ...]] = {
    "view": (),
    "power": ("VM.PowerMgmt",),
    "console": ("VM.Console",),
    "snapshot": ("VM.Snapshot", "VM.Snapshot.Rollback"),
    "backup": ("VM.Backup",),
    "configure": (
        "VM.Config.CDROM",
        "VM.Config.CPU",
        "VM.Config.Cloudinit",
        "VM.Config.Disk",
        "VM.Config.HWType",
        "VM.Config.Memory",
        "VM.Config.Network",
        "VM.Config.Options",
    ),
    "admin": ("VM.",),
}
_VIEW = "VM.Audit"
# How many paths a warning names.
_NAMED_PATHS = 5


@dataclass(frozen=True)
class Place:
    """A path of the permission tree that a grant is for; of a guest with its pool."""

    path: str
    pool: str | None = None


def name_role(power: str) -> str:
    """The name of the role that consists of a power."""
    return f"Playvisor{power.capitalize()}"


def list_power(power: str, access: Access) -> list[str]:
    """The privileges that a power takes."""
    prefixes = [name for name in POWERS[power] if name.endswith(".")]
    families = [name for name in access.privileges if name.startswith(tuple(prefixes))]
    return sorted({_VIEW, *families, *(name for name in POWERS[power] if name not in prefixes)})


def expand_grants(params: dict[str, Any], places: Sequence[Place], access: Access) -> dict[str, Any]:
    """The options with the roles and ACLs that their grants take on these places.

    An ACL on a path replaces what its holder inherits there from above, so that it names these roles as well. What a
    holder may do already takes none. Raises PveError for a grant that would have no effect, or take rights away.
    """
    made = {("group", group["group"]) for group in params["groups"] or ()}
    made |= {("user", user["user"]) for user in params["users"] or ()}
    made |= {("token", token["token"]) for token in params["tokens"] or ()}
    known = _with_groups_and_tokens(access, params)
    roles: dict[str, list[str]] = {}
    acls: dict[str, dict[str, Any]] = {}
    for grant in params["grants"] or ():
        (kind,) = (kind for kind in HOLDERS if grant[kind] is not None)
        holder, role, power = grant[kind], name_role(grant["power"]), list_power(grant["power"], access)
        if (kind, holder) not in made and not access.get_state(kind, holder)["exists"]:
            what = "API token" if kind == "token" else kind
            realm = "" if kind == "group" or "@" in holder else f"A {kind} has a realm, as {holder}@pve has. "
            raise PveError(NOT_FOUND, f"There is no {what} {holder}.", f"{realm}Make it first, or in the same call.")
        if kind == "token" and not known.get_state("token", holder)["privsep"]:
            raise PveError(
                UNSUPPORTED,
                f"The token {holder} has no privilege separation: it may do what its user may, and grants of its own "
                "do not count.",
                f"Grant it to the user {holder.partition('!')[0]}, or give the token privilege separation.",
            )
        for place in places:
            own = access.get_state("acl", make_acl_id(place.path, kind, holder))["roles"]
            inherited = find_roles(known, kind, holder, place.path)
            if NO_ACCESS in find_roles(known, kind, holder, place.path, place.pool):
                message = f"The role {NO_ACCESS} keeps the {kind} {holder} from {place.path}; a grant would not count."
                raise PveError(UNSUPPORTED, message, "Take that role away first, if it is not meant any more.")
            if role not in own and set(power) <= find_privileges(known, kind, holder, place.path, place.pool):
                continue
            roles[role] = power
            options: dict[str, Any] = dict.fromkeys(HOLDERS)
            options |= {"path": place.path, kind: holder, "propagate": True, "exact": False, "state": "present"}
            acl = acls.setdefault(make_acl_id(place.path, kind, holder), {**options, "roles": [] if own else inherited})
            acl["roles"] = sorted({*acl["roles"], role})
    new_roles = [{"role": role, "privileges": power, "state": "present"} for role, power in sorted(roles.items())]
    return {
        **params,
        "roles": [*(params["roles"] or ()), *new_roles],
        "acls": [*(params["acls"] or ()), *acls.values()],
    }


def require_no_loss(before: Access, after: Access, desired: Iterable[DesiredEntry], places: Sequence[Place]) -> None:
    """Raise C(unsupported) where a grant to a group would take rights from a member, whose own it replaces."""
    groups = {entry.options["group"] for entry in desired if entry.kind == "acl"}
    users = [(key[1], state["groups"]) for key, state in after.entries.items() if key[0] == "user"]
    for member in (user for user, member_of in users if groups.intersection(member_of)):
        for place in places:
            had, has = (find_privileges(one, "user", member, place.path, place.pool) for one in (before, after))
            if not had <= has:
                raise PveError(
                    UNSUPPORTED,
                    f"The user {member} would lose {', '.join(sorted(had - has))} on {place.path}: what a group has on "
                    "a path replaces what its members have from above.",
                    "Grant it to the users themselves.",
                )


def preview(desired: Iterable[DesiredEntry], access: Access, login: Login) -> Access:
    """The access rights once all of these are as desired; one that will fail stays as it is."""
    entries = dict(access.entries)
    for entry in desired:
        with suppress(PveError):
            entries[entry.kind, entry.id] = plan_entry(entry, access, login)[1]
    return replace(access, entries=entries)


def find_warnings(desired: Iterable[DesiredEntry], before: Access, after: Access) -> list[str]:
    """What whoever gives these rights may not expect of them."""
    warnings: dict[str, list[str]] = {}
    for entry in desired:
        if entry.is_absent:
            continue
        if entry.kind == "acl":
            for warning in _find_acl_warnings(entry, before, after):
                warnings.setdefault(warning, []).append(normalize_acl_path(entry.options))
        if entry.kind == "token" and not before.get_state("token", entry.id)["exists"]:
            has_any = any(key[0] == "acl" and key[1].endswith(f" token {entry.id}") for key in after.entries)
            if after.get_state("token", entry.id)["privsep"] and not has_any:
                warnings[
                    f"The token {entry.id} has privilege separation, and no rights yet: it may do what both it and its "
                    f"user {entry.id.partition('!')[0]} are given."
                ] = []
    return [warning.replace("PATHS", _describe_paths(paths)) for warning, paths in warnings.items()]


def _describe_paths(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED_PATHS} more" if len(paths) > _NAMED_PATHS else ""
    return f"{', '.join(paths[:_NAMED_PATHS])}{more}"


def _find_acl_warnings(entry: DesiredEntry, before: Access, after: Access) -> list[str]:
    """Warnings about an ACL, with PATHS where its path belongs, so that several that say the same become one."""
    options, path = entry.options, normalize_acl_path(entry.options)
    (kind,) = (kind for kind in HOLDERS if options[kind] is not None)
    holder, warnings = options[kind], []
    lost = find_privileges(before, kind, holder, path) - find_privileges(after, kind, holder, path)
    if lost and not options["exact"]:
        warnings.append(
            f"The {kind} {holder} loses {', '.join(sorted(lost))} on PATHS: roles on a path replace those that are "
            "inherited from above. Name these as well, if they are to stay."
        )
    if kind == "token" and not after.get_state("token", holder)["privsep"]:
        warnings.append(
            f"The token {holder} has no privilege separation: it may do what its user may, and its own roles on PATHS "
            "do not count."
        )
    elif kind == "token":
        user = holder.partition("!")[0]
        # Whoever is in a pool gives its rights besides; in which pools this is, is not known here.
        pools = {key[1].split(" ")[0] for key in after.entries if key[0] == "acl" and key[1].startswith("/pool/")}
        held = [find_privileges(after, "user", user, each) for each in (path, *pools)]
        lacking = list_privileges(after, options["roles"]).difference(*held)
        if lacking:
            warnings.append(
                f"The token {holder} has privilege separation, and its user {user} lacks {', '.join(sorted(lacking))} "
                "on PATHS: the token has it only once the user has it, too."
            )
    return warnings


def _with_groups_and_tokens(access: Access, params: dict[str, Any]) -> Access:
    """The access rights with the groups of users and the tokens as these options want them."""
    entries = dict(access.entries)
    for user in params["users"] or ():
        if user["groups"] is not None:
            entries["user", user["user"]] = {**access.get_state("user", user["user"]), "groups": user["groups"]}
    for token in params["tokens"] or ():
        if token["privsep"] is not None:
            state = access.get_state("token", token["token"])
            entries["token", token["token"]] = {**state, "privsep": token["privsep"]}
    return replace(access, entries=entries)
