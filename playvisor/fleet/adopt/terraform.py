# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests of a Terraform state: of bpg's provider and of Telmate's, as `terraform show -json` or in its own file.

Of their attributes Proxmox VE tells most, and the others are said not to be carried over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from playvisor.fleet.adopt.mentions import Mention, read_list, read_mapping, read_vmid

# Guests of bpg's provider and of Telmate's, by type of resource.
_GUESTS = {
    "qemu": re.compile(r"proxmox_(virtual_environment_(vm|vm2|vm_legacy|cloned_vm)|vm|vm_legacy|cloned_vm|vm_qemu)"),
    "lxc": re.compile(r"proxmox_(virtual_environment_container|container|lxc|lxc_disk|lxc_guest)"),
}
# Attributes that say how Terraform works, and what the API never shows.
_ONLY_TERRAFORM = re.compile(
    r"timeout_\w+|timeouts?|\w+_timeout|stop_on_destroy|delete_\w+|purge_on_destroy|reboot\w*|migrate|clone\w*|full|"
    r"full_clone|additional_wait|automatic_reboot\w*|ci_wait|force\w*|define_connection_info|ssh_\w+|connection|"
    r"provisioner|preprovision|os_type|os_network_config|cipassword|password|skip_ipv[46]|wait_for_ip|ostemplate|"
    r"bwlimit|ignore_unpack_errors|restore|unique|start|pxe|iso"
)
# The same within blocks; containers keep no keys of SSH in their configuration.
_ONLY_WITHIN = re.compile(
    r"agent\.(timeout|wait_for_ip)|clone\..*|(disk|disks\..*)\.(file_id|import_from)|operating_system\.template_file_id|"
    r"initialization\.user_account\.password|initialization\.file_format|template\.file_id"
)
_KEYS_OF_CONTAINERS = "initialization.user_account.keys"
# Attributes of which the cluster tells what they say, and those that are no wish.
_TOLD = re.compile(
    r"acpi|agent|amd_sev|arch|args|audio|audio_device|balloon|bios|boot|boot_order|bootdisk|cdrom|"
    r"cicustom|ciupgrade|ciuser|cmode|console|cores|cpu|cpu_type|cpulimit|cpuunits|current_node|"
    r"default_ipv4_address|default_ipv6_address|desc|description|device_passthrough|devices|disk|disks|"
    r"efi_disk|efidisk|entrypoint|environment_variables|features|guest_id|hagroup|hastate|"
    r"hook_script_file_id|hookscript|hostname|hostpci|hotplug|id|idmap|initialization|ipv4|"
    r"ipv4_addresses|ipv6|ipv6_addresses|keyboard_layout|kvm|kvm_arguments|linked_vmid|lock|mac_addresses|"
    r"machine|memory|mount|mount_point|mountpoint|name|nameserver|network|network_device|"
    r"network_interface|network_interface_names|node|node_name|numa|on_boot|onboot|operating_system|"
    r"ostype|pci|pcis|pool|pool_id|power_state|privileged|protection|qemu_os|rng|root_mount|rootfs|"
    r"scsi_hardware|scsihw|searchdomain|serial|serial_device|smbios|sockets|sshkeys|start_at_node_boot|"
    r"start_on_boot|started|startup|startup_shutdown|swap|tablet|tablet_device|tags|target_node|"
    r"target_nodes|template|tpm_state|tty|unprivileged|unused_disk|usb|usbs|vcpus|vga|virtiofs|vm_id|"
    r"vm_state|vmid|watchdog"
    r"|ipconfig\d+"
)


def is_terraform(data: Any) -> bool:
    """Whether this is what Terraform writes: a state, or a plan, which has the state before it."""
    return isinstance(data, Mapping) and bool({"terraform_version", "format_version", "values"} & data.keys())


def read_terraform(data: Mapping[str, Any]) -> Iterator[Mention]:
    """The guests of a state, and what else of a Proxmox VE it has."""
    first: dict[int, str] = {}
    for resource in _list_resources(data):
        mention = _read_resource(resource)
        if mention is None:
            continue
        if mention.vmid in first:
            twice = f"it is guest {mention.vmid}, which {first[mention.vmid]} is, too"
            mention = replace(mention, notes=(*mention.notes, twice))
        elif mention.vmid is not None:
            first[mention.vmid] = mention.label
        yield mention


def _list_resources(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if isinstance(data.get("resources"), list):
        yield from _list_instances(data)
        return
    state = read_mapping(read_mapping(data.get("prior_state")).get("values")) or read_mapping(data.get("values"))
    yield from _list_in_module(read_mapping(state.get("root_module")))


def _list_in_module(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from map(read_mapping, read_list(module.get("resources")))
    for child in read_list(module.get("child_modules")):
        yield from _list_in_module(read_mapping(child))


def _list_instances(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resources of a state's own file, in the form of `terraform show -json`."""
    for resource in map(read_mapping, read_list(data.get("resources"))):
        module = f"{resource['module']}." if resource.get("module") else ""
        for instance in map(read_mapping, read_list(resource.get("instances"))):
            key = instance.get("index_key")
            index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
            yield {
                "address": f"{module}{resource.get('type')}.{resource.get('name')}{index}",
                "mode": resource.get("mode"),
                "type": resource.get("type"),
                "values": instance.get("attributes"),
                "depends_on": instance.get("dependencies"),
                "deposed_key": instance.get("deposed"),
            }


def _read_resource(resource: Mapping[str, Any]) -> Mention | None:
    """A resource of Proxmox VE; None for any other, and for data that is only read."""
    kind, label = str(resource.get("type")), str(resource.get("address"))
    if resource.get("mode", "managed") != "managed" or not kind.startswith("proxmox_"):
        return None
    if resource.get("deposed_key"):
        return Mention(label, notes=("it was replaced, and waits to be deleted",))
    for type_, pattern in _GUESTS.items():
        if pattern.fullmatch(kind):
            return _read_guest(type_, label, read_mapping(resource.get("values")), resource)
    return Mention(label, notes=(f"{kind} is no guest; --part imports what a fleet has beside guests",))


def _read_guest(type_: str, label: str, values: Mapping[str, Any], resource: Mapping[str, Any]) -> Mention:
    ids = (values.get("vm_id"), values.get("vmid"), str(values.get("id") or "").rpartition("/")[2])
    vmid = next(filter(None, map(read_vmid, ids)), None)
    name = values.get("name") or values.get("hostname") or _find_hostname(values)
    named = [key for key, value in values.items() if value not in (None, [], {}, "", False)]
    only = [key for key in named if _ONLY_TERRAFORM.fullmatch(key)]
    unknown = [key for key in named if key not in only and not _TOLD.fullmatch(key)]
    paths = {path for path in _list_paths(values) if path.partition(".")[0] not in only}
    within = {path for path in paths if _ONLY_WITHIN.fullmatch(path)}
    if type_ == "lxc":
        within |= paths & {_KEYS_OF_CONTAINERS}
    notes = [", ".join([*sorted(only), *sorted(within)])] if only or within else []
    if unknown:
        notes.append(f"what is not known here, so look whether the fleet has it: {', '.join(sorted(unknown))}")
    needs = [address for address in map(str, read_list(resource.get("depends_on"))) if _is_guest(address)]
    if needs:
        notes.append(f"it depends on {', '.join(sorted(needs))}; write `depends_on` where that is meant")
    return Mention(label, vmid, str(name or ""), tuple(notes), type_, is_name_certain=bool(name))


def _find_hostname(values: Mapping[str, Any]) -> Any:
    blocks = values.get("initialization")
    named = [read_mapping(block).get("hostname") for block in (blocks if isinstance(blocks, list) else [blocks])]
    return next(filter(None, named), None)


def _is_guest(address: str) -> bool:
    kinds = [part for part in address.split(".") if part.startswith("proxmox_")]
    return any(pattern.fullmatch(kind) for pattern in _GUESTS.values() for kind in kinds)


def _list_paths(value: Any, above: str = "") -> Iterator[str]:
    """The paths of all that is set within blocks, each of which may be one of several."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _list_paths(item, f"{above}.{key}" if above else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _list_paths(item, above)
    elif value not in (None, "", False):
        yield above
