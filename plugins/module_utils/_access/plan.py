# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that bring users, groups, roles, API tokens and ACLs to their desired state. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .._api.errors import INVALID_PARAMETER, PROTECTED, UNSUPPORTED, PveError, refuse_values
from .._module.plan import Step
from .access import FIELDS, HOLDERS, Access, check_no_lockout, entry_path
from .desired import DesiredEntry, normalize_acl_path


@dataclass(frozen=True)
class Login:
    """The login of the requests; I(token) is the token's name without the user, I(password) the one of the login."""

    user: str
    token: str | None = None
    password: str | None = None


def plan_entry(
    desired: DesiredEntry, access: Access, login: Login, is_secret_lost: bool = False
) -> tuple[list[Step], dict[str, Any]]:
    """The requests for one entry and its state after them; I(is_secret_lost): its file has no secret."""
    before = access.get_state(desired.kind, desired.id)
    if desired.kind == "acl":
        steps, after = _plan_acl(desired, before)
    else:
        steps, after = _plan_named(desired, before, access)
    own_entries = access.find_own_entries(login.user, login.token)
    if (
        desired.kind == "token"
        and not desired.is_absent
        and before["exists"]
        and _needs_new_secret(desired, is_secret_lost)
    ):
        if login.token and desired.id == f"{login.user}!{login.token}":
            raise PveError(
                PROTECTED,
                f"The token {desired.id} is the one that this task uses; a new secret would end it here.",
                "Do this with the password or another token.",
            )
        steps = [_add_new_secret(desired, steps)]
    if desired.kind == "user" and not desired.is_absent and before["exists"]:
        steps += _plan_password(desired, login)
    check_no_lockout(own_entries, desired.kind, desired.id, before, after)
    return steps, after


def gives_secret(step: Step) -> bool:
    """Whether the answer to a request contains the secret of a token."""
    return "/token/" in step.path and (step.method == "POST" or "regenerate" in step.params)


def _plan_named(desired: DesiredEntry, before: dict[str, Any], access: Access) -> tuple[list[Step], dict[str, Any]]:
    kind, path = desired.kind, entry_path(desired.kind, desired.id)
    is_built_in = kind == "role" and desired.id in access.special
    if desired.is_absent:
        if is_built_in:
            raise _built_in_role_error(desired)
        if not before["exists"]:
            return [], before
        step = Step("DELETE", path, f"the {kind} exists, and absent is asked for", task=False)
        return [step], {"exists": False, **FIELDS[kind]}
    values = {name: _normalize(desired.options[name]) for name in FIELDS[kind] if desired.options[name] is not None}
    if kind == "role":
        _check_privileges(values.get("privileges", []), access)
    after = {**before, "exists": True, **values}
    if not before["exists"]:
        return [_build_creation_step(desired, path, values)], after
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return [], after
    if is_built_in:
        raise _built_in_role_error(desired)
    params = _render_params(changed)
    if kind == "token" and params.get("comment") == "":
        del params["comment"]
        params["delete"] = "comment"
    return [Step("PUT", path, f"differs: {', '.join(changed)}", params, task=False)], after


def _build_creation_step(desired: DesiredEntry, path: str, values: dict[str, Any]) -> Step:
    if desired.kind == "role" and desired.id.lower().startswith("pve"):
        raise refuse_values([("role", desired.id, "names that start with PVE are those of Proxmox VE")])
    why = f"there is no such {desired.kind}"
    params = {name: value for name, value in _render_params(values).items() if value != ""}
    if desired.kind == "token":
        return Step("POST", path, why, params, task=False)
    params = {f"{desired.kind}id": desired.id, **params}
    password = desired.options.get("password")
    if password is None:
        return Step("POST", path.rpartition("/")[0], why, params, task=False)
    params["password"] = password
    return Step("POST", path.rpartition("/")[0], why, params, task=False, secrets=("password",))


def _plan_acl(desired: DesiredEntry, before: dict[str, Any]) -> tuple[list[Step], dict[str, Any]]:
    options, current = desired.options, before["roles"]
    named_roles = {} if options["roles"] is None else dict.fromkeys(sorted(options["roles"]), options["propagate"])
    if desired.is_absent:
        to_remove = current if options["roles"] is None else named_roles
        after = {role: propagates for role, propagates in current.items() if role not in to_remove}
    else:
        after = {**({} if options["exact"] else current), **named_roles}
    added = [role for role in named_roles if role in after and current.get(role) is not after[role]]
    removed = sorted(set(current) - set(after))
    (kind,) = (kind for kind in HOLDERS if options[kind] is not None)
    where = {"path": normalize_acl_path(options), f"{kind}s": options[kind]}
    steps = []
    if added:
        params = {**where, "roles": ",".join(added), "propagate": int(options["propagate"])}
        steps.append(Step("PUT", "/access/acl", "these roles are not granted so", params, task=False))
    if removed:
        why = "absent is asked for" if desired.is_absent else "only the named roles are to be there"
        steps.append(Step("PUT", "/access/acl", why, {**where, "roles": ",".join(removed), "delete": 1}, task=False))
    return steps, {"roles": after}


def _needs_new_secret(desired: DesiredEntry, is_secret_lost: bool) -> bool:
    return desired.options["regenerate"] == "always" or (desired.options["regenerate"] == "lost" and is_secret_lost)


def _add_new_secret(desired: DesiredEntry, steps: list[Step]) -> Step:
    why = "a new secret is asked for" if desired.options["regenerate"] == "always" else "its secret is lost"
    if not steps:
        return Step("PUT", entry_path("token", desired.id), why, {"regenerate": 1}, task=False)
    (step,) = steps
    return replace(step, why=f"{step.why}; {why}", params={**step.params, "regenerate": 1})


def _plan_password(desired: DesiredEntry, login: Login) -> list[Step]:
    password = desired.options["password"]
    if password is None or desired.options["update_password"] != "always":  # noqa: S105
        return []
    if login.token or not login.password:
        raise PveError(
            UNSUPPORTED,
            f"The password of {desired.id} can't be changed with an API token.",
            "Log in with api_password for this, or leave update_password at on_create.",
        )
    params = {"userid": desired.id, "password": password}
    if login.user != "root@pam":
        # Proxmox VE asks everybody else for their own password again.
        params["confirmation-password"] = login.password
    secrets = tuple(name for name in params if name.endswith("password"))
    why = "update_password is always, and passwords can't be compared"
    return [Step("PUT", "/access/password", why, params, task=False, secrets=secrets)]


def _render_params(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the parameters of a request."""
    params = {}
    for name, value in values.items():
        if isinstance(value, list):
            value = ",".join(value)
        params["privs" if name == "privileges" else name] = int(value) if isinstance(value, bool) else value
    return params


def _normalize(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(set(value))
    return value.strip() if isinstance(value, str) else value


def _check_privileges(privileges: list[str], access: Access) -> None:
    unknown = sorted(set(privileges) - access.privileges)
    # Only the role Administrator has every privilege.
    if unknown and "Administrator" in access.special:
        raise PveError(
            INVALID_PARAMETER,
            f"This Proxmox VE has no privilege {', '.join(unknown)}.",
            "GET /access/roles/Administrator lists those that it has; names have changed between its versions.",
        )


def _built_in_role_error(desired: DesiredEntry) -> PveError:
    return PveError(
        PROTECTED,
        f"The role {desired.id} comes with Proxmox VE and can't be changed or deleted.",
        "Make a role of your own with the privileges that you want.",
    )
