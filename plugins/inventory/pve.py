# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pve
short_description: Guests of a Proxmox VE cluster as an inventory
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes every QEMU and LXC guest of a cluster that is no template a host, from one API request.
  - The name of its configuration file ends in C(pve.yml) or C(pve.yaml).
  - Each host has what M(playvisor.proxmox.pve_guest_info) returns of it as variables that begin with C(pve_), such as
    C(pve_vmid), C(pve_node), C(pve_type), C(pve_status), C(pve_tags) and C(pve_pool).
  - Guests are in the groups C(pve_qemu), C(pve_lxc), C(pve_running), C(pve_stopped), C(pve_node_<node>),
    C(pve_pool_<pool>) and C(pve_tag_<tag>), and with O(want_config=true) in C(pve_os_<ostype>).
  - A node that does not answer is a warning; its guests are hosts with C(pve_status) V(unknown).
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - constructed
  - inventory_cache
options:
  plugin:
    description: Name of this plugin.
    type: str
    required: true
    choices: [playvisor.proxmox.pve]
  want_addresses:
    description:
      - Ask each running guest for its addresses, as C(pve_addresses), and use the first one that is neither loopback
        nor link-local as C(ansible_host). A QEMU guest needs the guest agent for that.
      - It costs one request for each running guest.
    type: bool
    default: false
  want_config:
    description: Add each guest's configuration as C(pve_config). It costs one request for each guest.
    type: bool
    default: false
    aliases: [want_facts]
  templates:
    description: Make hosts of templates too.
    type: bool
    default: false
  filters:
    description:
      - Jinja expressions over a host's variables; only guests for which all of them are true become hosts.
      - One that can't be evaluated for a guest is a warning and leaves it out, or with O(strict=true) an error.
    type: list
    elements: str
    default: []
  throttle:
    description: At most this many requests at the same time.
    type: int
    default: 10
notes:
  - When several guests have one name, each of them becomes the host C(<name>-<vmid>).
  - In AWX, make the configuration file part of a project, and choose it as a source of an inventory of that project.
    The connection comes from the environment, which a credential of your own type sets.
"""

EXAMPLES = r"""
# production.pve.yml, with the connection in the environment (PROXMOX_URL, PROXMOX_TOKEN_ID, PROXMOX_TOKEN_SECRET)
plugin: playvisor.proxmox.pve
want_addresses: true
filters:
  - pve_status == 'running'
  - "'prod' in pve_tags"
keyed_groups:
  - key: pve_config.ostype
    prefix: os
compose:
  ansible_user: "'debian' if pve_type == 'qemu' else 'root'"
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._api.client import IMPORT_ERROR, Client
from ..module_utils._api.concurrency import bounded_map
from ..module_utils._api.connection import Connection
from ..module_utils._api.errors import PveError
from ..module_utils._guest.addresses import read_addresses
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.lookup import observe_guests
from ..module_utils._module.options import connection_spec

try:
    # Since ansible-core 2.19, only what is marked as a template is one.
    from ansible.template import trust_as_template as _marks_templates
except ImportError:
    _marks_templates = None


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "playvisor.proxmox.pve"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("pve.yml", "pve.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if IMPORT_ERROR:
            raise AnsibleParserError("This inventory needs the Python packages proxmoxer and requests.")
        self._read_config_data(path)
        members: dict[str, list[str]] = {}
        for name, variables in assign_host_names(self._load_guests(path, cache)):
            variables = mark_untrusted(variables)
            if self._is_wanted(variables):
                self._add_guest(name, variables)
                for group in list_groups(variables):
                    members.setdefault(group, []).append(name)
        for group, hosts in members.items():
            added = self.inventory.add_group(self._sanitize_group_name(group))
            for host in hosts:
                self.inventory.add_child(added, host)

    def _load_guests(self, path: str, cache: bool) -> list[dict[str, Any]]:
        """The variables of every guest, from the cache if it has them."""
        key = self.get_cache_key(path)
        use_cache = cache and self.get_option("cache")
        if use_cache:
            try:
                return self._cache[key]
            except KeyError:
                # Expired, or never filled: it is read and cached below.
                use_cache = False
        try:
            guests = self._read_guests()
        except PveError as error:
            raise AnsibleParserError(f"{error.message} {error.hint or ''}".strip()) from error
        if self.get_option("cache"):
            self._cache[key] = guests
        return guests

    def _read_guests(self) -> list[dict[str, Any]]:
        client = Client(self._build_connection())
        inventory = observe_guests(client)
        for notice in client.notices:
            self.display.warning(notice)
        guests = [guest for guest in inventory.guests if self.get_option("templates") or not guest.template]
        if not self.get_option("want_config") and not self.get_option("want_addresses"):
            return [build_base_variables(guest) for guest in guests]

        def read(guest: Guest) -> dict[str, Any]:
            return {
                **build_base_variables(guest),
                **self._read_extra_variables(client, guest, inventory.is_online(guest.node)),
            }

        return bounded_map(self.get_option("throttle"), read, guests)

    def _build_connection(self) -> Connection:
        spec = connection_spec()
        options = {name: self.get_option(name) for name in spec}
        checked = ArgumentSpecValidator(spec).validate({n: v for n, v in options.items() if v is not None})
        if checked.error_messages:
            raise AnsibleParserError("; ".join(checked.error_messages))
        return Connection.from_params({**checked.validated_parameters, "throttle": self.get_option("throttle")})

    def _read_extra_variables(self, client: Client, guest: Guest, online: bool) -> dict[str, Any]:
        variables: dict[str, Any] = {}
        if self.get_option("want_config") and online:
            try:
                variables["pve_config"] = client.get(f"{guest.path}/config")
            except PveError as error:
                self.display.warning(f"The configuration of guest {guest.label} can't be read: {error.message}")
        if self.get_option("want_addresses") and online and guest.status == "running":
            try:
                variables.update(build_address_variables(read_addresses(client, guest)))
            except PveError as error:
                # Most guests without an agent are meant to have none.
                self.display.vv(f"{guest.label}: {error.message}")
        return variables

    def _is_condition_true(self, condition: str, variables: dict[str, Any], strict: bool) -> bool:
        try:
            return bool(self._compose(condition, variables))
        except Exception as error:
            message = f"The filter {condition!r} can't be evaluated: {error}"
            if strict:
                raise AnsibleParserError(message) from error
            self.display.warning(f"{message} Guests for which it can't are left out.")
            return False

    def _is_wanted(self, variables: dict[str, Any]) -> bool:
        strict = self.get_option("strict")
        return all(self._is_condition_true(condition, variables, strict) for condition in self.get_option("filters"))

    def _add_guest(self, name: str, variables: dict[str, Any]) -> None:
        self.inventory.add_host(name)
        # All at once: the names are valid, and the values are plain data, which need no check one by one.
        self.inventory.get_host(name).vars.update(variables)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


def build_base_variables(guest: Guest) -> dict[str, Any]:
    """A guest's variables, all plain data, so that any cache plugin can store them."""
    return {f"pve_{field}": value for field, value in guest.as_dict().items()}


def mark_untrusted(variables: dict[str, Any]) -> dict[str, Any]:
    """The variables so that Ansible never evaluates them as templates: users who may edit a guest wrote them."""
    return variables if _marks_templates else wrap_var(variables)


def assign_host_names(guests: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each guest with its host name; guests that share a name, or have none, get their vmid appended."""
    shared = Counter(guest["pve_name"] for guest in guests)
    for guest in guests:
        name, vmid = guest["pve_name"] or "guest", guest["pve_vmid"]
        yield (name if shared[guest["pve_name"]] == 1 and guest["pve_name"] else f"{name}-{vmid}"), guest


def list_groups(variables: dict[str, Any]) -> list[str]:
    """The groups that a guest is in without any configuration."""
    names = [f"pve_{variables['pve_type']}", f"pve_{variables['pve_status']}", f"pve_node_{variables['pve_node']}"]
    if variables["pve_pool"]:
        names.append(f"pve_pool_{variables['pve_pool']}")
    ostype = variables.get("pve_config", {}).get("ostype")
    if ostype:
        names.append(f"pve_os_{ostype}")
    return names + [f"pve_tag_{tag}" for tag in variables["pve_tags"]]


def build_address_variables(addresses: Sequence[str]) -> dict[str, Any]:
    """C(pve_addresses), and C(ansible_host) when there is one."""
    return {"pve_addresses": list(addresses), **({"ansible_host": addresses[0]} if addresses else {})}
