#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_cloudinit
short_description: Configure cloud-init of QEMU guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Sets the cloud-init options of one guest or many, adds the cloud-init drive where it is missing, and has the drive
    of a running guest rewritten.
  - Options that are not given stay as they are; an empty string or list unsets one.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  user:
    description: Name of the user to set up, instead of the image's default one.
    type: str
  password:
    description: Password of that user.
    type: str
  update_password:
    description:
      - V(on_create) sets O(password) only where none is set, since it can't be read back to be compared.
      - V(always) sets it every time, and reports a change every time.
    type: str
    choices: [on_create, always]
    default: on_create
  ssh_keys:
    description: Public SSH keys that may log in, one in each entry, or in each line of one.
    type: list
    elements: str
  ipconfig:
    description: Addresses of network interfaces. Interfaces that are not in the list stay as they are.
    type: list
    elements: dict
    suboptions:
      interface:
        description: Number of the interface; 0 goes with C(net0).
        type: int
        required: true
      ip:
        description: IPv4 address with prefix, such as V(192.0.2.10/24), or V(dhcp).
        type: str
      gw:
        description: IPv4 gateway.
        type: str
      ip6:
        description: IPv6 address with prefix, or V(dhcp) or V(auto).
        type: str
      gw6:
        description: IPv6 gateway.
        type: str
  nameservers:
    description: Addresses of DNS servers.
    type: list
    elements: str
  searchdomain:
    description: DNS search domains.
    type: list
    elements: str
  citype:
    description: Format of the drive. Proxmox VE chooses by the guest's operating system when it is not set.
    type: str
    choices: [nocloud, configdrive2, opennebula]
  upgrade:
    description: Whether packages are upgraded at the first boot.
    type: bool
  custom:
    description: Snippets to use instead of what Proxmox VE generates, as volumes such as V(local:snippets/user.yaml).
    type: dict
    suboptions:
      user:
        description: User data.
        type: str
      network:
        description: Network configuration.
        type: str
      meta:
        description: Meta data.
        type: str
      vendor:
        description: Vendor data.
        type: str
  drive:
    description: Where to add the cloud-init drive when the guest has none.
    type: str
    default: ide2
  drive_storage:
    description: Storage for the cloud-init drive. A guest without a drive gets none when this is not given.
    type: str
notes:
  - LXC containers have no cloud-init in Proxmox VE.
seealso:
  - module: playvisor.proxmox.pve_clone
"""

EXAMPLES = r"""
- name: Give a new clone its address, user and key
  playvisor.proxmox.pve_cloudinit:
    name: web-03
    user: debian
    ssh_keys:
      - "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
    ipconfig:
      - interface: 0
        ip: 192.0.2.13/24
        gw: 192.0.2.1
    nameservers: [192.0.2.53]
    drive_storage: local-lvm
"""

RETURN = r"""
guests:
  description: The chosen guests and what happened to each, by vmid.
  returned: when the guests could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 103
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-03
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: Always V(qemu) unless it failed.
      type: str
      returned: always
      sample: qemu
    before:
      description: The options given, as they were, by the names of the API. A password is only shown as set or not.
      type: dict
      returned: always
      sample: {ciuser: null}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {ciuser: debian}
    changed:
      description: Whether this guest was changed, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it; there are usually none.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can't be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why this guest failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings the options to the wished values.
  returned: when the guests could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the guest it is for and why. Passwords are not shown.
      type: list
      elements: dict
      returned: always
upids:
  description: All tasks of Proxmox VE that were started.
  returned: when the guests could be looked up
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from ..module_utils._api.client import Client
from ..module_utils._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError, refuse_values
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import read_each
from ..module_utils._guest.lookup import find_guests_to_change, with_config
from ..module_utils._guest.options import encode, normalize, read_option
from ..module_utils._guest.power import STOPPED, read_power
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.module import PveModule
from ..module_utils._module.options import applying_spec
from ..module_utils._module.plan import HIDDEN, Plan, Step
from ..module_utils._run.resource import GuestResource
from ..module_utils._run.runner import run_plans
from ..module_utils._values.ssh_keys import is_public_key

_BUSES = ("ide", "sata", "scsi", "virtio")
_UNCONDITIONAL = ("always",)
# Options of the guest's configuration, by ours.
_OPTIONS = {
    "user": "ciuser",
    "nameservers": "nameserver",
    "searchdomain": "searchdomain",
    "citype": "citype",
    "upgrade": "ciupgrade",
    "custom": "cicustom",
}


@dataclass(frozen=True)
class ConfiguredGuest:
    """A guest with its configuration, pending changes included, or with the problem that prevented reading it.

    I(outdated) are the options that the drive of a running guest does not have yet.
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
        _require_public_key(values.get("sshkeys"))
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


def parse_desired_options(params: dict[str, Any]) -> dict[str, Any]:
    """The options that are set, by their names in the API and as results show them; None for those to unset.

    Raises C(invalid_parameter) for what Proxmox VE would refuse.
    """
    values = {key: params[option] for option, key in _OPTIONS.items() if params[option] is not None}
    for entry in params["ipconfig"] or ():
        values[f"ipconfig{entry['interface']}"] = {
            key: entry[key] for key in ("ip", "gw", "ip6", "gw6") if entry.get(key)
        }
    desired = {key: _to_shown(key, normalize("qemu", key, value)) for key, value in values.items()}
    if params["ssh_keys"] is not None:
        desired["sshkeys"] = split_keys("\n".join(params["ssh_keys"])) or None
    return desired


def _require_public_key(keys: list[str] | None) -> None:
    """Raise C(invalid_parameter) where none of the keys is one, which Proxmox VE refuses."""
    if keys and not any(map(is_public_key, keys)):
        raise refuse_values([("ssh_keys", keys[0], "it must be a public key, such as ssh-ed25519 AAAAC3NzaC1l… jane")])


def describe_doubts(params: dict[str, Any]) -> list[str]:
    """What Proxmox VE takes although the guest can't use it, as sentences."""
    keys = split_keys("\n".join(params["ssh_keys"] or ()))
    doubts = [
        f"{key!r} in ssh_keys is no public key; no system will let anybody in with it."
        for key in keys
        if not is_public_key(key)
    ]
    for entry in params["ipconfig"] or ():
        for address, gateway in (("ip", "gw"), ("ip6", "gw6")):
            doubts += _describe_gateway(entry.get(address), entry.get(gateway))
    return doubts


def _describe_gateway(address: str | None, gateway: str | None) -> list[str]:
    try:
        network, router = ipaddress.ip_interface(address or "").network, ipaddress.ip_address(gateway or "")
    except ValueError:
        return []
    if router in network or router.is_link_local:
        return []
    return [f"The gateway {gateway} is not in the network {network} of {address}; the guest may not reach it."]


def split_keys(text: str) -> list[str]:
    """The SSH keys in a text that has one in each line, each once, without comments."""
    lines = [line.strip() for line in text.splitlines()]
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def normalize_value(key: str, config: dict[str, Any]) -> Any:
    """An option of the configuration in the form in which it is shown and compared."""
    if key == "sshkeys":
        return split_keys(unquote(config.get(key) or "")) or None
    return _to_shown(key, read_option("qemu", config, key))


def _to_shown(key: str, value: Any) -> Any:
    return " ".join(value) or None if isinstance(value, list) else value


def encode_value(key: str, value: Any) -> Any:
    """A value as the API takes it; SSH keys are percent-encoded inside the form value."""
    if key == "sshkeys":
        return quote("\n".join(value) + "\n", safe="")
    return value if key in ("cipassword", "drive") else encode("qemu", key, value)


def describe_options(config: dict[str, Any], keys: Any) -> dict[str, Any]:
    """The named options of a configuration as results show them; the password only as set or not."""
    described: dict[str, Any] = {
        key: normalize_value(key, config) for key in keys if key not in ("cipassword", "drive")
    }
    if "cipassword" in keys:
        described["cipassword"] = HIDDEN if config.get("cipassword") else None
    if "drive" in keys:
        described["drive"] = find_cloudinit_drive(config)
    return described


def find_cloudinit_drive(config: dict[str, Any]) -> str | None:
    """The drive that holds a cloud-init image, such as C(ide2)."""
    for key, value in config.items():
        volume = str(value).split(",", 1)[0]
        if key.rstrip("0123456789") in _BUSES and (volume.endswith(":cloudinit") or "-cloudinit" in volume):
            return key
    return None


def find_differences(
    config: dict[str, Any], values: dict[str, Any], params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The state before and after as results show it, and the options to set; None for those to unset."""
    before = describe_options(config, values)
    after = dict(values)
    changes = {key: value for key, value in values.items() if value != before[key]}
    if params["password"] and (params["update_password"] in _UNCONDITIONAL or not config.get("cipassword")):
        before["cipassword"] = HIDDEN if config.get("cipassword") else None
        after["cipassword"] = HIDDEN
        changes["cipassword"] = params["password"]
    if params["drive_storage"]:
        before["drive"] = find_cloudinit_drive(config)
        after["drive"] = before["drive"] or params["drive"]
        if before["drive"] is None:
            _require_free(config, params["drive"])
            changes[params["drive"]] = f"{params['drive_storage']}:cloudinit"
    return before, after, changes


def _require_free(config: dict[str, Any], drive: str) -> None:
    volume = str(config.get(drive) or "")
    if volume and not volume.startswith("none"):
        raise PveError(
            INVALID_PARAMETER,
            f"{drive} holds {volume.split(',', 1)[0]}, which the cloud-init drive would replace.",
            "Choose a free drive, such as ide0 or scsi30, or empty that one first.",
        )


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


def main() -> None:
    text = {"type": "str"}
    module = PveModule(
        argument_spec={
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
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests")],
        required_one_of=[("vmid", "name", "guests")],
    )
    run_plans(module, CloudInit())


if __name__ == "__main__":
    main()
