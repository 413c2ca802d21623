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
  - What the list shows of a guest, such as its status, may be 10 seconds old.
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
      - Ask each running guest for its addresses. C(pve_addresses) are those that are neither loopback nor link-local;
        the first one becomes C(ansible_host). C(pve_interfaces) are all interfaces, each with its C(name), its C(mac)
        and all its C(addresses). A QEMU guest needs the guest agent for that.
      - It costs one request for each running guest that O(filters) let through.
    type: bool
    default: false
  want_config:
    description:
      - Add each guest's configuration as C(pve_config). Drives, network devices and other options that are made of
        properties are mappings there, such as C(pve_config.net0.bridge), C(pve_config.ipconfig0.ip) and
        C(pve_config.scsi0.size); C(pve_config_raw) has all options as the text that Proxmox VE returns.
      - It costs one request for each guest that O(filters) let through.
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
      - Those that need only what the list of guests shows are evaluated first, so that nothing more is read of the
        guests that they leave out.
      - One that can't be evaluated for a guest is a warning and leaves it out, or with O(strict=true) an error.
    type: list
    elements: str
    default: []
  throttle:
    description: At most this many requests at the same time.
    type: int
    default: 10
notes:
  - Templates in the configuration file are evaluated with extra vars as variables, apart from the expressions of
    O(compose), O(groups) and O(keyed_groups), which are evaluated for each host. A template that comes out empty
    counts as not given.
  - Cached guests are used again only for the same cluster, user or token, and options.
  - When several guests have one name, each of them becomes the host C(<name>-<vmid>), and so does a guest whose name
    means something else to Ansible, such as V(all), V(ungrouped) or V(localhost).
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

# A second cluster, with its connection from other variables, and the static addresses of its containers
---
plugin: playvisor.proxmox.pve
api_url: "{{ lookup('ansible.builtin.env', 'LAB_URL') }}"
api_token_id: "{{ lookup('ansible.builtin.env', 'LAB_TOKEN_ID') }}"
api_token_secret: "{{ lookup('ansible.builtin.env', 'LAB_TOKEN_SECRET') }}"
want_config: true
filters:
  - pve_type == 'lxc'
compose:
  ansible_host: pve_config.net0.ip | split('/') | first
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

import jinja2
from ansible import constants as C
from ansible.errors import AnsibleParserError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from jinja2.meta import find_undeclared_variables

from ..module_utils._api.client import IMPORT_ERROR, Client
from ..module_utils._api.concurrency import bounded_map
from ..module_utils._api.connection import Connection, describe_source
from ..module_utils._api.errors import PveError
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._guest.addresses import read_interfaces, select_reachable
from ..module_utils._guest.described import parse_config
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import Inventory
from ..module_utils._guest.lookup import observe_guests
from ..module_utils._module.options import connection_spec

try:
    # Since ansible-core 2.19, only what is marked as a template is one.
    from ansible.template import trust_as_template as _trust
except ImportError:
    _trust = None

# Evaluated for each host, and not when the file is read.
_EXPRESSIONS = ("compose", "groups", "keyed_groups", "filters")
# The variables that cost requests, and the names by which a filter can reach all variables.
_FURTHER_VARIABLES = ("pve_config", "pve_config_raw", "pve_addresses", "pve_interfaces", "ansible_host")
_ALL_VARIABLES = re.compile(r"\b(vars|varnames|hostvars)\b")
# What these mean to Ansible is not a host of that name.
_RESERVED_NAMES = frozenset({"all", "ungrouped", *C.LOCALHOST})


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "playvisor.proxmox.pve"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("pve.yml", "pve.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if IMPORT_ERROR:
            raise AnsibleParserError("This inventory needs the Python packages proxmoxer and requests.")
        self._read_config_data(path)
        filters = [self._prepare_filter(text) for text in self.get_option("filters")]
        members: dict[str, list[str]] = {}
        for name, variables in assign_host_names(self._load_guests(path, cache, filters)):
            variables = mark_untrusted(variables)
            self._add_guest(name, variables)
            for group in list_groups(variables):
                members.setdefault(group, []).append(name)
        for group, hosts in members.items():
            added = self.inventory.add_group(self._sanitize_group_name(group))
            for host in hosts:
                self.inventory.add_host(host, added)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Set the options of the file, which are I(direct), with their templates evaluated."""
        _require_known_options(direct or {}, C.config.get_configuration_definitions("inventory", self._load_name))
        options = {name: self._evaluate_option(name, value) for name, value in (direct or {}).items()}
        given = {name: value for name, value in options.items() if value != "" or direct[name] == ""}
        super().set_options(task_keys=task_keys, var_options=var_options, direct=given)

    def _evaluate_option(self, name: str, value: Any) -> Any:
        if name in _EXPRESSIONS:
            return value
        self.templar.available_variables = self._vars
        try:
            return self.templar.template(value)
        except Exception as error:
            raise AnsibleParserError(f"The option {name} can't be evaluated: {error}") from error

    def _prepare_filter(self, text: Any) -> Any:
        """The expression of a filter, with templates that stand in it evaluated without any guest's variables."""
        if not isinstance(text, str) or "{{" not in text:
            return text
        inner = re.fullmatch(r"\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*", text, re.DOTALL)
        expression = inner[1].strip() if inner else self._evaluate_option("of filters", text)
        return _trust(expression) if _trust and isinstance(expression, str) else expression

    def _load_guests(self, path: str, cache: bool, filters: Sequence[Any]) -> list[dict[str, Any]]:
        """The variables of the wanted guests, from the cache if it has them."""
        try:
            connection = self._build_connection()
            key = f"{self.get_cache_key(path)}_{self._describe_source(connection, filters)}"
            use_cache = cache and self.get_option("cache")
            if use_cache:
                try:
                    return self._cache[key]
                except KeyError:
                    # Expired, or never filled: it is read and cached below.
                    use_cache = False
            guests = self._read_guests(Client(connection), filters)
        except PveError as error:
            raise AnsibleParserError(f"{error.message} {error.hint or ''}".strip()) from error
        if self.get_option("cache"):
            self._cache[key] = guests
        return guests

    def _describe_source(self, connection: Connection, filters: Sequence[Any]) -> str:
        """A short digest of all that determines which guests are read, as whom, and what of them."""
        options = [self.get_option(name) for name in ("want_config", "want_addresses", "templates", "strict")]
        extra = self._vars if self.get_option("use_extra_vars") and filters else None
        source = [connection.url, connection.gateway, connection.identity, options, filters, extra]
        return sha256(json.dumps(source, default=str, sort_keys=True).encode()).hexdigest()[:16]

    def _read_guests(self, client: Client, filters: Sequence[Any]) -> list[dict[str, Any]]:
        """The variables of the guests for which all filters are true; what costs requests is read of those alone."""
        inventory = observe_guests(client)
        blind = [] if inventory.guests else warn_of_blindness(client, "guests", "VM.Audit", "/vms")
        for notice in [*client.notices, *blind]:
            self.display.warning(notice)
        early = [text for text in filters if not needs_further_variables(str(text))]
        late = [text for text in filters if needs_further_variables(str(text))]
        listed = [
            (guest, variables)
            for guest in inventory.guests
            if self.get_option("templates") or not guest.template
            for variables in [build_base_variables(guest)]
            if self._is_wanted(variables, early)
        ]

        def read(entry: tuple[Guest, dict[str, Any]]) -> dict[str, Any]:
            return {**entry[1], **self._read_further_variables(client, entry[0], inventory)}

        if self.get_option("want_config") or self.get_option("want_addresses"):
            read_entries = bounded_map(self.get_option("throttle"), read, listed)
        else:
            read_entries = [variables for dummy, variables in listed]
        return [variables for variables in read_entries if self._is_wanted(variables, late)]

    def _build_connection(self) -> Connection:
        spec = connection_spec()
        options = {name: self.get_option(name) for name in spec}
        checked = ArgumentSpecValidator(spec).validate({n: v for n, v in options.items() if v is not None})
        if checked.error_messages:
            sources = filter(None, map(describe_source, checked.error_messages))
            raise AnsibleParserError("; ".join([*checked.error_messages, *sources]))
        return Connection.from_params({**checked.validated_parameters, "throttle": self.get_option("throttle")})

    def _read_further_variables(self, client: Client, guest: Guest, inventory: Inventory) -> dict[str, Any]:
        variables: dict[str, Any] = {}
        online = inventory.is_online(guest.node)
        if self.get_option("want_config") and online:
            try:
                variables.update(build_config_variables(guest.type, client.get(f"{guest.path}/config")))
            except PveError as error:
                self.display.warning(f"The configuration of guest {guest.label} can't be read: {error.message}")
        if self.get_option("want_addresses") and online and guest.status == "running":
            try:
                variables.update(build_address_variables(read_interfaces(client, guest)))
            except PveError as error:
                # Most guests without an agent are meant to have none.
                self.display.vv(f"{guest.label}: {error.message}")
        return variables

    def _is_condition_true(self, condition: Any, variables: dict[str, Any], strict: bool) -> bool:
        try:
            return bool(self._compose(condition, variables))
        except Exception as error:
            message = f"The filter {condition!r} can't be evaluated: {error}"
            if strict:
                raise AnsibleParserError(message) from error
            self.display.warning(f"{message} Guests for which it can't are left out.")
            return False

    def _is_wanted(self, variables: dict[str, Any], filters: Sequence[Any]) -> bool:
        strict = self.get_option("strict")
        untrusted = mark_untrusted(variables) if filters else variables
        return all(self._is_condition_true(condition, untrusted, strict) for condition in filters)

    def _add_guest(self, name: str, variables: dict[str, Any]) -> None:
        self.inventory.add_host(name)
        # All at once: the names are valid, and the values are plain data, which need no check one by one.
        self.inventory.get_host(name).vars.update(variables)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)

    def _add_host_to_composed_groups(self, *args: Any, **kwargs: Any) -> None:
        with self._use_inventory(_HostsOnly(self.inventory)):
            super()._add_host_to_composed_groups(*args, **kwargs)

    def _add_host_to_keyed_groups(self, *args: Any, **kwargs: Any) -> None:
        with self._use_inventory(_PossibleParents(self.inventory, self.display)):
            super()._add_host_to_keyed_groups(*args, **kwargs)

    @contextmanager
    def _use_inventory(self, inventory: Any) -> Iterator[None]:
        original, self.inventory = self.inventory, inventory
        try:
            yield
        finally:
            self.inventory = original


class _HostsOnly:
    """An inventory whose groups get hosts as members: C(add_child) takes a host that is named like a group for it."""

    def __init__(self, inventory: Any) -> None:
        self._inventory = inventory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inventory, name)

    def add_child(self, group: str, child: str) -> None:
        self._inventory.add_host(child, group)


class _PossibleParents:
    """An inventory in which a group that can't be below another one stays beside it: tags name groups, too."""

    def __init__(self, inventory: Any, display: Any) -> None:
        self._inventory, self._display = inventory, display

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inventory, name)

    def add_child(self, group: str, child: str) -> None:
        try:
            self._inventory.add_child(group, child)
        except Exception as error:
            # Ansible raises a bare one for a group within itself.
            self._display.warning(f"The group {child} is not made a child of {group}: {error}")


def _require_known_options(given: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    aliases = [alias for definition in definitions.values() for alias in definition.get("aliases") or ()]
    known = {*definitions, *aliases}
    unknown = [name for name in given if name not in known]
    if unknown:
        near = [guess for name in unknown for guess in find_similar_options(str(name), known)]
        guess = f" Did you mean {', '.join(near)}?" if near else ""
        raise AnsibleParserError(
            f"The file has options that this plugin does not have: {', '.join(map(str, unknown))}.{guess} "
            "`ansible-doc -t inventory playvisor.proxmox.pve` lists them."
        )


def find_similar_options(name: str, known: set[str]) -> list[str]:
    """The option that was probably meant, if any."""
    return [option for option in (f"api_{name}",) if option in known] or get_close_matches(name, sorted(known), n=1)


def needs_further_variables(expression: str) -> bool:
    """Whether a filter uses more of a guest than the list of guests shows."""
    try:
        names = find_undeclared_variables(jinja2.Environment(autoescape=True).parse(f"{{{{ {expression} }}}}"))
    except jinja2.TemplateSyntaxError:
        # When it is evaluated, the error is told.
        return False
    return not names.isdisjoint(_FURTHER_VARIABLES) or bool(_ALL_VARIABLES.search(expression))


def build_base_variables(guest: Guest) -> dict[str, Any]:
    """A guest's variables, all plain data, so that any cache plugin can store them."""
    return {f"pve_{field}": value for field, value in guest.as_dict().items()}


def mark_untrusted(variables: dict[str, Any]) -> dict[str, Any]:
    """The variables so that Ansible never evaluates them as templates: users who may edit a guest wrote them."""
    return variables if _trust else wrap_var(variables)


def assign_host_names(guests: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each guest with its host name, which has the vmid appended where the guest's own name is not its alone."""
    shared = Counter(guest["pve_name"] for guest in guests)
    taken = {"", *_RESERVED_NAMES, *(name for name, count in shared.items() if count > 1)}
    while True:
        appended = {append_vmid(guest) for guest in guests if guest["pve_name"] in taken}
        clashing = appended & shared.keys() - taken
        if not clashing:
            break
        taken |= clashing
    for guest in guests:
        yield (append_vmid(guest) if guest["pve_name"] in taken else guest["pve_name"]), guest


def append_vmid(guest: dict[str, Any]) -> str:
    return f"{guest['pve_name'] or 'guest'}-{guest['pve_vmid']}"


def list_groups(variables: dict[str, Any]) -> list[str]:
    """The groups that a guest is in without any configuration."""
    names = [f"pve_{variables['pve_type']}", f"pve_{variables['pve_status']}", f"pve_node_{variables['pve_node']}"]
    if variables["pve_pool"]:
        names.append(f"pve_pool_{variables['pve_pool']}")
    ostype = variables.get("pve_config", {}).get("ostype")
    if ostype:
        names.append(f"pve_os_{ostype}")
    return names + [f"pve_tag_{tag}" for tag in variables["pve_tags"]]


def build_config_variables(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """C(pve_config), in which properties are mappings, and C(pve_config_raw)."""
    return {"pve_config": parse_config(kind, config), "pve_config_raw": config}


def build_address_variables(interfaces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """C(pve_interfaces), C(pve_addresses), and C(ansible_host) when there is one."""
    addresses = select_reachable(address for interface in interfaces for address in interface["addresses"])
    host = {"ansible_host": addresses[0]} if addresses else {}
    return {"pve_interfaces": list(interfaces), "pve_addresses": addresses, **host}
