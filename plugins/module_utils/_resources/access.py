# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_access: roles, groups, users, tokens and what they may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._access.access import Access, read_access
from .._access.desired import DesiredEntry, parse_desired_entries
from .._access.grants import Place, expand_grants, find_warnings, preview, require_no_loss
from .._access.plan import Login, gives_secret, plan_entry
from .._access.secret_files import check_writable, has_secret, reserve_secret_file
from .._api.client import Client
from .._api.errors import NOT_FOUND, PveError
from .._checks.existing import Existing
from .._guest.lookup import find_guests_to_change
from .._guest.selection import guests_spec
from .._module.plan import Plan, Step
from .._run.resource import Outcome, Resource

# The kinds of which one may see none, or only one's own.
HIDEABLE = ("group", "user", "token")


@dataclass(frozen=True)
class Entry:
    """The desired state of one role, group, user, token or ACL, and all access rights that exist."""

    desired: DesiredEntry
    access: Access
    login: Login
    # Whether the file for the token's secret holds none.
    is_secret_lost: bool = False

    @property
    def secret_file(self) -> str | None:
        return self.desired.options.get("secret_file")


class Entries(Resource[Entry]):
    noun = "entries"
    settle_seconds = 0.0
    late_keys = frozenset()

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Entry]:
        desired_entries = parse_desired_entries(params)
        connection = client.connection
        login = Login(connection.user, connection.token_id, connection.password)
        access = read_access(client)
        places = find_places(client, params) if params["grants"] else []
        if places:
            desired_entries = parse_desired_entries(expand_grants(params, places, access))
        after = preview(desired_entries, access, login)
        require_no_loss(access, after, desired_entries, places)
        client.notices.extend(find_warnings(desired_entries, access, after))
        existing = Existing(client)
        entries = []
        for desired in desired_entries:
            if (
                desired.is_absent
                and desired.kind in HIDEABLE
                and not access.get_state(desired.kind, desired.id)["exists"]
            ):
                client.notices += existing.warn_of_hidden(desired.kind, desired.id)
            path = desired.options.get("secret_file")
            entry = Entry(desired, access, login, is_secret_lost=bool(path) and not has_secret(path))
            gets_new_secret = desired.is_absent or desired.options.get("regenerate") != "never"
            if entry.is_secret_lost and not gets_new_secret and access.get_state("token", desired.id)["exists"]:
                client.notices.append(f"The token {desired.id} exists, but its secret is not in {path}.")
            entries.append(entry)
        return entries

    def target(self, observed: Entry) -> dict[str, Any]:
        return {"kind": observed.desired.kind, "id": observed.desired.id}

    def plan(self, observed: Entry, params: dict[str, Any]) -> Plan:
        desired = observed.desired
        steps, after = plan_entry(desired, observed.access, observed.login, observed.is_secret_lost)
        if observed.secret_file and any(map(gives_secret, steps)):
            check_writable(observed.secret_file)
        return Plan(self.target(observed), tuple(steps), observed.access.get_state(desired.kind, desired.id), after)

    def read_state(self, client: Client, observed: Entry, plan: Plan) -> dict[str, Any]:
        desired = observed.desired
        return read_access(client, (desired.kind,)).get_state(desired.kind, desired.id)

    def needs_answer(self, step: Step) -> bool:
        return gives_secret(step)

    def send(self, client: Client, observed: Entry, step: Step, outcome: Outcome) -> Any:
        if not gives_secret(step):
            return super().send(client, observed, step, outcome)
        if not observed.secret_file:
            outcome.facts["secret"] = super().send(client, observed, step, outcome)["value"]
            return None
        with reserve_secret_file(observed.secret_file) as write_secret:
            write_secret(super().send(client, observed, step, outcome)["value"])
        outcome.facts["secret_file"] = observed.secret_file
        return None


def entry_spec(name: str, **options: Any) -> dict[str, Any]:
    """The specification of a list of entries, each with its name and state."""
    # None of these is a secret, though their names look like it to Ansible.
    name_spec = {"type": "str", "required": True, "no_log": False}
    state = {"type": "str", "choices": ["present", "absent"], "default": "present"}
    return {
        "type": "list",
        "elements": "dict",
        "no_log": False,
        "options": {name: name_spec, **options, "state": state},
    }


def find_places(client: Client, params: dict[str, Any]) -> list[Place]:
    """The paths of the guests that grants are for; raises C(not_found) where there are none."""
    chosen = {name: value for name, value in params["guests"].items() if value is not None}
    if set(chosen) == {"pool"}:
        pools = sorted(pool["poolid"] for pool in client.get("/pools"))
        if chosen["pool"] not in pools:
            raise PveError(NOT_FOUND, f"There is no pool {chosen['pool']}.", f"There are these: {', '.join(pools)}.")
        return [Place(f"/pool/{chosen['pool']}")]
    _inventory, guests = find_guests_to_change(
        client, {"vmid": None, "name": None, "node": None, "guests": chosen}, everywhere=False
    )
    if not guests:
        raise PveError(NOT_FOUND, "No guest matches, so that there is nothing to grant.", "Choose others.")
    if set(chosen) != {"vmids"}:
        count = "the guest that meets" if len(guests) == 1 else f"the {len(guests)} guests that meet"
        client.notices.append(
            f"The grant is for {count} {' and '.join(sorted(chosen))} now, and for none that does later: only a pool "
            "is a path of permissions."
        )
    return [Place(f"/vms/{guest.vmid}", guest.pool) for guest in guests]


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "required_one_of": [("roles", "groups", "users", "tokens", "acls", "grants")],
    "required_together": [("grants", "guests")],
}


def argument_spec() -> dict[str, Any]:
    text, flag, number, names = {"type": "str"}, {"type": "bool"}, {"type": "int"}, {"type": "list", "elements": "str"}
    return {
        "roles": entry_spec("role", privileges=names),
        "groups": entry_spec("group", comment=text),
        "users": entry_spec(
            "user",
            groups=names,
            enable=flag,
            expire=number,
            comment=text,
            email=text,
            firstname=text,
            lastname=text,
            password={"type": "str", "no_log": True},
            update_password={
                "type": "str",
                "choices": ["on_create", "always"],
                "default": "on_create",
                "no_log": False,
            },
        ),
        "tokens": entry_spec(
            "token",
            privsep=flag,
            expire=number,
            comment=text,
            secret_file={"type": "path", "no_log": False},
            regenerate={"type": "str", "choices": ["never", "lost", "always"], "default": "never"},
        ),
        "acls": {
            **entry_spec(
                "path",
                user=text,
                group=text,
                token={"type": "str", "no_log": False},
                roles=names,
                propagate={"type": "bool", "default": True},
                exact={"type": "bool", "default": False},
            ),
            "mutually_exclusive": [("user", "group", "token")],
            "required_one_of": [("user", "group", "token")],
            "required_if": [("state", "present", ["roles"])],
        },
        "grants": {
            "type": "list",
            "elements": "dict",
            "options": {
                "user": text,
                "group": text,
                "token": {"type": "str", "no_log": False},
                "power": {
                    "type": "str",
                    "required": True,
                    "choices": ["view", "power", "console", "snapshot", "backup", "configure", "admin"],
                },
            },
            "mutually_exclusive": [("user", "group", "token")],
            "required_one_of": [("user", "group", "token")],
        },
        "guests": guests_spec()["guests"],
        "timeout": {"type": "int", "default": 300},
        "expect_plan": {"type": "str"},
    }
