"""What is read of a module's documentation and argument spec, wherever in the collection that spec stands."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from mcp_bridge.catalogue.docs import read_module_docs

RESOURCES = "ansible_collections.playvisor.proxmox.plugins.module_utils._resources"
NAMES = ["guest", "clone", "cloudinit", "firewall", "guest_state", "pool", "ha", "storage", "backup_job", "access"]


def list_secrets(options: dict[str, Any], inner: str) -> Iterator[str]:
    for name, option in options.items():
        if option.get("no_log"):
            yield name
        yield from (f"{name}.{one}" for one in list_secrets(option.get(inner) or {}, inner))


@pytest.mark.parametrize("name", NAMES)
def test_secrets_and_constraints_are_those_of_the_argument_spec(name):
    module = import_module(f"{RESOURCES}.{name}")
    docs = read_module_docs(f"pve_{name}")

    assert sorted(list_secrets(docs.options, "suboptions")) == sorted(list_secrets(module.argument_spec(), "options"))
    assert docs.constraints == getattr(module, "RULES", {})


def test_there_are_secrets_to_be_found():
    assert list(list_secrets(read_module_docs("pve_storage").options, "suboptions"))
