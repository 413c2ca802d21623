"""The tables of options are those of Proxmox VE's schema: the simulator's, and the real one where it is at hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.drives import NICS, find_drive
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.guests import OPTIONS, find_option
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.kinds import (
    Choice,
    Flag,
    Integer,
    Number,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.properties import Properties
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.storages import OPTIONS as STORAGE_OPTIONS

from pve_simulator.schema.facts import load_facts
from pve_simulator.schema.formats.property_strings import named_property_string

_FACTS = os.environ.get("PLAYVISOR_PVE_FACTS") or Path(__file__).resolve().parents[6] / "shared" / "pve"
APIDOC = Path(_FACTS) / "apidoc.json"
CONFIG = {kind: f"/nodes/{{node}}/{kind}/{{vmid}}/config" for kind in ("qemu", "lxc")}


def words(*texts):
    return {word for text in texts for word in text.split()}


# What describes requests and not guests, what is refused, and secrets.
NO_OPTIONS = words(
    "background_delay cdrom cipassword delete digest force import-working-storage lock node revert skiplock",
    "sshkeys vmid",
)
# The schema has no properties for the one, and one word for the other.
SPECIAL = {"memory", "startup"}
# Only models that somebody defines have it.
NO_PROPERTY = "reported-model"
# What a drive's own options are for.
NO_PROPERTIES = {"file", "format", "import-from", "size", "volume"}
STORAGE_IDENTITY = words(
    "storage type digest delete password keyring encryption-key master-pubkey authsupported options"
)


def describe_schema(schema):
    """A schema of the simulator's as plain data."""
    described = {"type": schema.type}
    if schema.enum:
        return {"type": "string", "enum": sorted(map(str, schema.enum))}
    if schema.type in ("integer", "number"):
        described["range"] = (schema.minimum, schema.maximum)
    form = schema.format
    inner = named_property_string(form) if isinstance(form, str) else form
    if inner:
        described["first"] = next((name for name, one in inner.items() if one.default_key), "")
        own = {name: one for name, one in inner.items() if not one.alias and name != NO_PROPERTY}
        described["properties"] = {name: describe_schema(one) for name, one in own.items()}
        described["required"] = {name for name, one in own.items() if not one.optional}
    return described


def describe_value(value):
    """A kind of value in the same form."""
    if isinstance(value, Properties):
        properties = {name: describe_value(one) for name, one in value.table.items()}
        required = set(value.required)
        return {"type": "string", "first": value.first, "properties": properties, "required": required}
    if isinstance(value, Choice):
        return {"type": "string", "enum": sorted(value.choices)}
    if isinstance(value, Number):
        kind = "integer" if isinstance(value, Integer) else "number"
        return {"type": kind, "range": (value.minimum, value.maximum)}
    return {"type": "boolean" if isinstance(value, Flag) else "string"}


def read_endpoint(method, path):
    return load_facts().endpoint(method, path).parameters.properties


def list_options(kind):
    return sorted(read_endpoint("PUT", CONFIG[kind]).keys() - NO_OPTIONS)


def is_device(name):
    return re.fullmatch(r"(ide|sata|scsi|virtio|efidisk|tpmstate|mp|net|unused)\d*|rootfs", name) is not None


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_every_option_of_a_guest_is_as_in_the_schema(kind):
    schemas = read_endpoint("PUT", CONFIG[kind])
    differing = {}
    for name in list_options(kind):
        if is_device(name) or name in SPECIAL:
            continue
        value = find_option(kind, name)
        wanted = describe_schema(schemas[name])
        if value is None or describe_value(value) != wanted:
            differing[name] = (value and describe_value(value), wanted)

    assert differing == {}


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_there_is_no_option_that_the_schema_lacks(kind):
    known = {re.sub(r"\[n\]$", "0", name) for name in OPTIONS[kind]}

    assert known - set(list_options(kind)) <= {"numa0"}
    assert "numa0" not in known or find_option(kind, "numa0").table


@pytest.mark.parametrize(
    ("kind", "slot"),
    [
        *(("qemu", slot) for slot in ("ide0", "sata0", "scsi0", "virtio0", "efidisk0", "tpmstate0")),
        ("lxc", "rootfs"),
        ("lxc", "mp0"),
    ],
)
def test_every_property_of_a_drive_is_as_in_the_schema(kind, slot):
    wanted = describe_schema(read_endpoint("PUT", CONFIG[kind])[slot])["properties"]
    drive = find_drive(slot)

    assert describe_value(drive)["properties"] == {n: p for n, p in wanted.items() if n not in NO_PROPERTIES}


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_every_property_of_a_network_device_is_as_in_the_schema(kind):
    wanted = describe_schema(read_endpoint("PUT", CONFIG[kind])["net0"])["properties"]

    assert describe_value(NICS[kind])["properties"] == wanted


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_a_declared_default_is_what_an_unset_option_amounts_to(kind):
    schemas = read_endpoint("PUT", CONFIG[kind])
    declared = {
        name: str(schemas[name].default)
        for name in list_options(kind)
        if schemas[name].default is not None and not re.search(r"cgroup|autogenerated", str(schemas[name].default))
    }
    known = {name: find_option(kind, name).default for name in declared}

    # It is 0 there and must be at least 1.
    declared.pop("vcpus", None), known.pop("vcpus", None)
    assert {**known, "hotplug": None} == {**declared, "hotplug": None}


def test_every_option_of_a_storage_is_as_in_the_schema():
    schemas = {**read_endpoint("POST", "/storage")}
    options = {name: schema for name, schema in schemas.items() if name not in STORAGE_IDENTITY}
    differing = {
        name: (STORAGE_OPTIONS.get(name) and describe_value(STORAGE_OPTIONS[name]), describe_schema(schema))
        for name, schema in options.items()
        if describe_schema(schema) != {"type": "string"}
        and (name not in STORAGE_OPTIONS or describe_value(STORAGE_OPTIONS[name]) != describe_schema(schema))
    }

    assert differing == {}
    assert STORAGE_OPTIONS.keys() <= schemas.keys()


@pytest.mark.skipif(not APIDOC.exists(), reason="the schema of a real server is not at hand")
@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_the_schema_of_a_real_server_has_the_same_options_and_words(kind):
    def find(nodes, path):
        for node in nodes:
            if node["path"] == path:
                return node["info"]["PUT"]["parameters"]["properties"]
            if path.startswith(node["path"] + "/"):
                return find(node["children"], path)
        raise LookupError(path)

    declared = find(json.loads(APIDOC.read_text()), CONFIG[kind])
    options = {name for name in declared if not is_device(name.replace("[n]", "0")) and name not in NO_OPTIONS}
    words = {name: sorted(declared[name]["enum"]) for name in options if "enum" in declared[name]}
    formats = {
        name: {p: sorted(one["enum"]) for p, one in declared[name]["format"].items() if "enum" in one}
        for name in options
        if isinstance(declared[name].get("format"), dict)
    }

    assert options == set(OPTIONS[kind])
    assert words == {name: sorted(OPTIONS[kind][name].choices) for name in words}
    for name, properties in formats.items():
        for inner, enum in properties.items():
            assert sorted(OPTIONS[kind][name].table[inner].choices) == enum, (name, inner)
