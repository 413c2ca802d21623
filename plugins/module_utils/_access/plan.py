# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that bring users, groups, roles, API tokens and ACLs to what is wished. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .._api.errors import INVALID_PARAMETER, PROTECTED, UNSUPPORTED, PveError
from .._module.plan import Step
from .access import FIELDS, HOLDERS, Access, check_not_own, entry_path
from .desired import Wish, acl_path


@dataclass(frozen=True)
class Caller:
    """Who the requests come from; I(token) is its bare name, I(password) what the login was made with."""

    user: str
    token: str | None = None
    password: str | None = None


def plan_entry(wish: Wish, access: Access, caller: Caller, lost: bool = False) -> tuple[list[Step], dict[str, Any]]:
    """The requests for one entry and its state after them; I(lost): the file of a token's secret is not there."""
    before = access.state(wish.kind, wish.id)
    if wish.kind == "acl":
        steps, after = _plan_acl(wish, before)
    else:
        steps, after = _plan_named(wish, before, access)
    own = access.own(caller.user, caller.token)
    if wish.kind == "token" and not wish.absent and before["exists"] and _renewed(wish, lost):
        if caller.token and wish.id == f"{caller.user}!{caller.token}":
            raise PveError(
                PROTECTED,
                f"The token {wish.id} is the one that this task uses; a new secret would end it here.",
                "Do this with the password or another token.",
            )
        steps = [_with_new_secret(wish, steps)]
    if wish.kind == "user" and not wish.absent and before["exists"]:
        steps += _password(wish, caller)
    check_not_own(own, wish.kind, wish.id, before, after)
    return steps, after


def gives_secret(step: Step) -> bool:
    """Whether the answer to a request holds the secret of a token."""
    return "/token/" in step.path and (step.method == "POST" or "regenerate" in step.params)


def _plan_named(wish: Wish, before: dict[str, Any], access: Access) -> tuple[list[Step], dict[str, Any]]:
    kind, path = wish.kind, entry_path(wish.kind, wish.id)
    special = kind == "role" and wish.id in access.special
    if wish.absent:
        if special:
            raise _comes_with(wish)
        if not before["exists"]:
            return [], before
        step = Step("DELETE", path, f"the {kind} exists, and absent is asked for", task=False)
        return [step], {"exists": False, **FIELDS[kind]}
    wished = {name: _normal(wish.options[name]) for name in FIELDS[kind] if wish.options[name] is not None}
    if kind == "role":
        _check_privileges(wished.get("privileges", []), access)
    after = {**before, "exists": True, **wished}
    if not before["exists"]:
        return [_creation(wish, path, wished)], after
    changed = {name: value for name, value in wished.items() if value != before[name]}
    if not changed:
        return [], after
    if special:
        raise _comes_with(wish)
    params = _sent(changed)
    if kind == "token" and params.get("comment") == "":
        del params["comment"]
        params["delete"] = "comment"
    return [Step("PUT", path, f"differs: {', '.join(changed)}", params, task=False)], after


def _creation(wish: Wish, path: str, wished: dict[str, Any]) -> Step:
    why = f"there is no such {wish.kind}"
    params = {name: value for name, value in _sent(wished).items() if value != ""}
    if wish.kind == "token":
        return Step("POST", path, why, params, task=False)
    params = {f"{wish.kind}id": wish.id, **params}
    password = wish.options.get("password")
    if password is None:
        return Step("POST", path.rpartition("/")[0], why, params, task=False)
    params["password"] = password
    return Step("POST", path.rpartition("/")[0], why, params, task=False, secrets=("password",))


def _plan_acl(wish: Wish, before: dict[str, Any]) -> tuple[list[Step], dict[str, Any]]:
    options, now = wish.options, before["roles"]
    named = {} if options["roles"] is None else dict.fromkeys(sorted(options["roles"]), options["propagate"])
    if wish.absent:
        taken = now if options["roles"] is None else named
        after = {role: spread for role, spread in now.items() if role not in taken}
    else:
        after = {**({} if options["exact"] else now), **named}
    added = [role for role in named if role in after and now.get(role) is not after[role]]
    removed = sorted(set(now) - set(after))
    (kind,) = (kind for kind in HOLDERS if options[kind] is not None)
    where = {"path": acl_path(options), f"{kind}s": options[kind]}
    steps = []
    if added:
        params = {**where, "roles": ",".join(added), "propagate": int(options["propagate"])}
        steps.append(Step("PUT", "/access/acl", "these roles are not granted so", params, task=False))
    if removed:
        why = "absent is asked for" if wish.absent else "only the named roles are to be there"
        steps.append(Step("PUT", "/access/acl", why, {**where, "roles": ",".join(removed), "delete": 1}, task=False))
    return steps, {"roles": after}


def _renewed(wish: Wish, lost: bool) -> bool:
    return wish.options["regenerate"] == "always" or (wish.options["regenerate"] == "lost" and lost)


def _with_new_secret(wish: Wish, steps: list[Step]) -> Step:
    why = "a new secret is asked for" if wish.options["regenerate"] == "always" else "its secret is lost"
    if not steps:
        return Step("PUT", entry_path("token", wish.id), why, {"regenerate": 1}, task=False)
    (step,) = steps
    return replace(step, why=f"{step.why}; {why}", params={**step.params, "regenerate": 1})


def _password(wish: Wish, caller: Caller) -> list[Step]:
    password = wish.options["password"]
    if password is None or wish.options["update_password"] != "always":  # noqa: S105
        return []
    if caller.token or not caller.password:
        raise PveError(
            UNSUPPORTED,
            f"The password of {wish.id} can't be changed with an API token.",
            "Log in with api_password for this, or leave update_password at on_create.",
        )
    params = {"userid": wish.id, "password": password}
    if caller.user != "root@pam":
        # Proxmox VE has everybody else prove once more who they are.
        params["confirmation-password"] = caller.password
    secrets = tuple(name for name in params if name.endswith("password"))
    why = "update_password is always, and passwords can't be compared"
    return [Step("PUT", "/access/password", why, params, task=False, secrets=secrets)]


def _sent(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the API takes them."""
    sent = {}
    for name, value in values.items():
        if isinstance(value, list):
            value = ",".join(value)
        sent["privs" if name == "privileges" else name] = int(value) if isinstance(value, bool) else value
    return sent


def _normal(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(set(value))
    return value.rstrip("\n") if isinstance(value, str) else value


def _check_privileges(privileges: list[str], access: Access) -> None:
    unknown = sorted(set(privileges) - access.privileges)
    # Administrator has every privilege that there is.
    if unknown and "Administrator" in access.special:
        raise PveError(
            INVALID_PARAMETER,
            f"This Proxmox VE has no privilege {', '.join(unknown)}.",
            "GET /access/roles/Administrator lists those that it has; names have changed between its versions.",
        )


def _comes_with(wish: Wish) -> PveError:
    return PveError(
        PROTECTED,
        f"The role {wish.id} comes with Proxmox VE and can't be changed or deleted.",
        "Make a role of your own with the privileges that you want.",
    )
