"""Imports and loads, once, what every playbook run needs: ansible-core, its plugins, the collection."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from contextlib import suppress

from ansible import constants as C  # type: ignore[import-untyped]
from ansible import template as templating
from ansible.errors import AnsibleError  # type: ignore[import-untyped]
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
from ansible.plugins import loader as loaders  # type: ignore[import-untyped]

from mcp_bridge import catalogue, collection

COLLECTION = "playvisor.proxmox"
_MODULES = (
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.executor.task_executor",
    "ansible.inventory.manager",
    "ansible.module_utils.basic",
    "ansible.plugins.callback.default",
    "ansible.plugins.strategy.linear",
    # Its loader would keep the class and take it for the instance that it keeps otherwise.
    "ansible.plugins.vars.host_group_vars",
    "ansible.vars.manager",
    "concurrent.futures.thread",
    "multiprocessing.queues",
    "multiprocessing.synchronize",
)
_COMMANDS = (
    "ansible_runner",
    "mcp_bridge.cli.app",
    "mcp_bridge.cli.call",
    "mcp_bridge.gateway.serving",
    "mcp_bridge.judge",
    "mcp_bridge.ledger.artifacts",
    "mcp_bridge.ledger.store",
    "mcp_bridge.executor.terminal",
    "sqlalchemy.dialects.sqlite",
)
# Loading a plugin reads its options, too, which takes longer than its code.
_PLUGINS = {
    "action_loader": ("normal",),
    "cache_loader": ("memory",),
    "inventory_loader": tuple(C.INVENTORY_ENABLED),
    "strategy_loader": ("linear",),
}


def ansible() -> None:
    """Import what takes longest, and every playbook needs."""
    loaders.init_plugin_loader()
    for name in _MODULES:
        importlib.import_module(name)


def more() -> Iterator[None]:
    """Bring this process, bit by bit, to where a playbook's own work would begin."""
    for kind, plugins in _PLUGINS.items():
        for plugin in plugins:
            getattr(loaders, kind).get(plugin, class_only=True)
            yield
    # Each run loads all of these, and asks each callback whether it is wanted.
    for loader in (loaders.connection_loader, loaders.shell_loader, loaders.become_loader):
        for _plugin in loader.all(class_only=True):
            yield
    for info in pkgutil.iter_modules(importlib.import_module("ansible.plugins.callback").__path__):
        loaders.callback_loader.get(info.name, class_only=True)
        yield
    yield from _playbooks()
    yield from _collection()


def commands() -> Iterator[None]:
    """Import what Playvisor's own commands need, too."""
    for name in _COMMANDS:
        importlib.import_module(name)
        yield
    importlib.import_module("mcp_bridge.cli").command()
    yield
    for tool in catalogue.offered():
        # Kept with the tool.
        dict(tool.input_schema)
        yield


def _collection() -> Iterator[None]:
    modules = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules")
    for info in pkgutil.iter_modules(modules.__path__):
        name = f"{COLLECTION}.{info.name}"
        importlib.import_module(f"{modules.__name__}.{info.name}")
        loaders.module_loader.find_plugin_with_context(name)
        loaders.action_loader.get(name, class_only=True)
        yield


def _playbooks() -> Iterator[None]:
    """Compile what the playbooks' options are given by; with it, the plugins of its filters are loaded."""
    # Ansible-core 2.18 trusts every string.
    trusted = getattr(templating, "trust_as_template", str)
    templar = templating.Templar(DataLoader(), variables={"omit": None})
    for playbook in sorted((collection.root() / "playbooks").glob("*.yml")):
        for expression in re.findall("{{.*?}}", playbook.read_text(encoding="utf-8")):
            with suppress(AnsibleError):
                templar.template(trusted(expression))
        yield
