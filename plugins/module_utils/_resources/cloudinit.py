# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_cloudinit: the cloud-init options of guests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._api.client import Client
from .._api.errors import UNSUPPORTED, PveError
from .._guest.cloudinit import (
    describe_doubts,
    describe_options,
    encode_value,
    find_cloudinit_drive,
    find_differences,
    parse_desired_options,
    require_public_key,
)
from .._guest.guest import Guest
from .._guest.inventory import read_each
from .._guest.lookup import find_guests_to_change, with_config
from .._guest.pending import build_current_config, read_pending
from .._guest.power import STOPPED, read_power
from .._guest.selection import guests_spec
from .._module.options import applying_spec
from .._module.plan import Plan, Step
from .._run.resource import GuestResource


@dataclass(frozen=True)
class ConfiguredGuest:
    """A guest with its configuration, pending changes included, or with the problem that prevented reading it.

    I(outdated) are the options that the drive which a running guest has does not have yet.
    """

    guest: Guest
    config: dict[str, Any]
    running: bool = False
    outdated: frozenset[str] = frozenset()
    problem: PveError | None = None


class CloudInit(GuestResource[ConfiguredGuest]):
    late_keys = frozenset()

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[ConfiguredGuest]:
        inventory, guests = find_guests_to_change(client, params, everywhere=False)
        client.notices += describe_doubts(params)

        def read(guest: Guest) -> ConfiguredGuest:
            return self._read(client, guest)

        def record_problem(guest: Guest, problem: PveError) -> ConfiguredGuest:
            return ConfiguredGuest(guest, {}, problem=problem)

        return read_each(inventory, guests, params["throttle"], read, record_problem)

    def _read(self, client: Client, guest: Guest) -> ConfiguredGuest:
        guest = with_config(client, guest)
        config = dict(guest.config or {})
        running = read_power(client, guest) != STOPPED
        if guest.type != "qemu" or not running or find_cloudinit_drive(config) is None:
            return ConfiguredGuest(guest, config, running)
        entries = client.get(f"{guest.path}/cloudinit")
        outdated = frozenset(e["key"] for e in entries if "pending" in e or int(e.get("delete") or 0))
        if outdated:
            current = build_current_config(config, read_pending(client, guest.path))
            # A drive that only comes with a restart can't be rewritten, and is written then.
            outdated = outdated if find_cloudinit_drive(current) else frozenset()
        return ConfiguredGuest(guest, config, running, outdated)

    def plan(self, observed: ConfiguredGuest, params: dict[str, Any]) -> Plan:
        if observed.problem:
            raise observed.problem
        guest = observed.guest
        if guest.type != "qemu":
            raise PveError(
                UNSUPPORTED,
                f"Guest {guest.label} is a container, and containers have no cloud-init.",
                "Set its network and keys in the container's own configuration.",
            )
        before, after, values = find_differences(observed.config, parse_desired_options(params), params)
        require_public_key(values.get("sshkeys"))
        steps = []
        if values:
            steps.append(_build_update_step(observed, values))
        if observed.running and (values or observed.outdated & set(after)):
            why = "the drive of a running guest is rewritten"
            steps.append(Step("PUT", f"{guest.path}/cloudinit", why, task=False))
        digest = observed.config.get("digest")
        return Plan(self.target(observed), tuple(steps), before, after, digest, basis={"before": before})

    def read_state(self, client: Client, observed: ConfiguredGuest, plan: Plan) -> dict[str, Any]:
        return describe_options(client.get(f"{observed.guest.path}/config"), plan.after)


def _build_update_step(observed: ConfiguredGuest, values: dict[str, Any]) -> Step:
    options = {key: encode_value(key, value) for key, value in values.items() if value is not None}
    unset = sorted(key for key, value in values.items() if value is None)
    if unset:
        options["delete"] = ",".join(unset)
    options["digest"] = observed.config.get("digest")
    named = ", ".join("password" if key == "cipassword" else key for key in sorted(values))
    return Step(
        "PUT",
        f"{observed.guest.path}/config",
        f"these differ: {named}",
        {key: value for key, value in options.items() if value is not None},
        task=False,
        secrets=("cipassword",),
    )


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "mutually_exclusive": [("vmid", "guests"), ("name", "guests")],
    "required_one_of": [("vmid", "name", "guests")],
}


def argument_spec() -> dict[str, Any]:
    text = {"type": "str"}
    return {
        **guests_spec(),
        **applying_spec(),
        "user": text,
        "password": {"type": "str", "no_log": True},
        "update_password": {
            "type": "str",
            "choices": ["on_create", "always"],
            "default": "on_create",
            "no_log": False,
        },
        "ssh_keys": {"type": "list", "elements": "str", "no_log": False},
        "ipconfig": {
            "type": "list",
            "elements": "dict",
            "options": {
                "interface": {"type": "int", "required": True},
                "ip": text,
                "gw": text,
                "ip6": text,
                "gw6": text,
            },
        },
        "nameservers": {"type": "list", "elements": "str"},
        "searchdomain": {"type": "list", "elements": "str"},
        "citype": {"type": "str", "choices": ["nocloud", "configdrive2", "opennebula"]},
        "upgrade": {"type": "bool"},
        "custom": {
            "type": "dict",
            "options": {
                "user": text,
                "network": text,
                "meta": text,
                "vendor": text,
            },
        },
        "drive": {"type": "str", "default": "ide2"},
        "drive_storage": text,
    }
