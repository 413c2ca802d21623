# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads, once, what every playbook run needs: ansible-core, its plugins, the collection."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible import constants as C  # type: ignore[import-untyped]
from ansible import template as templating
from ansible.errors import AnsibleError  # type: ignore[import-untyped]
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
from ansible.plugins import loader as loaders  # type: ignore[import-untyped]

from mcp_bridge import collection
from mcp_bridge.executor.environment import RUNNER_CONSTANTS
from mcp_bridge.executor.forkserver import ansible_settings

COLLECTION = "playvisor.proxmox"
_MODULES = (
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.executor.task_executor",
    "ansible.inventory.manager",
    "ansible.module_utils.basic",
    "ansible.playbook.handler_task_include",
    "ansible.plugins.callback.default",
    "ansible.plugins.doc_fragments.vars_plugin_staging",
    "ansible.plugins.strategy.linear",
    # Its loader would cache the class and take it for the instance that it caches otherwise.
    "ansible.plugins.vars.host_group_vars",
    "ansible.vars.manager",
    "concurrent.futures.thread",
    "multiprocessing.popen_fork",
    "multiprocessing.queues",
    "multiprocessing.synchronize",
)
_PROFILES = ("_module_legacy_c2m", "_module_legacy_m2c")
# Loading a plugin also reads its options, which takes longer than its code.
_PLUGINS = {
    "action_loader": ("normal",),
    "cache_loader": ("memory",),
    "inventory_loader": tuple(C.INVENTORY_ENABLED),
    "strategy_loader": ("linear",),
}


def import_ansible() -> None:
    """Import what every playbook needs and takes longest."""
    loaders.init_plugin_loader()
    ansible_settings.find_settings_by_variable()
    _read_options_once()
    for name in _MODULES:
        importlib.import_module(name)


def load_plugins() -> Iterator[None]:
    """Load plugins, playbooks and the collection, a bit with each step, up to where a playbook's own work begins."""
    for kind, plugins in _PLUGINS.items():
        for plugin in plugins:
            getattr(loaders, kind).get(plugin, class_only=True)
            yield
    # Each run loads all of these, and checks each callback whether it is enabled.
    for loader in (loaders.connection_loader, loaders.shell_loader, loaders.become_loader):
        for _plugin in loader.all(class_only=True):
            yield
    for info in pkgutil.iter_modules(importlib.import_module("ansible.plugins.callback").__path__):
        loaders.callback_loader.get(info.name, class_only=True)
        yield
    _load_runner_callback_options()
    # The serialization between modules and Ansible; ansible-core 2.18 has no such modules.
    with suppress(ImportError):
        for name in _PROFILES:
            importlib.import_module(f"ansible.module_utils._internal._json._profiles.{name}")
    yield
    yield from _compile_playbooks()
    yield from _load_collection()


def _load_runner_callback_options() -> None:
    """Read the options from the documentation; importing the plugin would bind it to the run whose events it writes."""
    name = RUNNER_CONSTANTS["ANSIBLE_STDOUT_CALLBACK"]
    path = loaders.callback_loader.find_plugin(name)
    for statement in ast.parse(Path(path).read_bytes()).body if path else ():
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "DOCUMENTATION":
            module = SimpleNamespace(DOCUMENTATION=ast.literal_eval(statement.value))
            loaders.callback_loader._load_config_defs(name, module, path)


def _read_options_once() -> None:
    """Keep forks from reading a plugin's documentation again, which Ansible does for every plugin without options."""
    read = loaders.PluginLoader._load_config_defs
    already_read: set[tuple[str, str, str]] = set()

    def read_once(self: Any, name: str, module: Any, path: str) -> None:
        if (self.class_name, name, path) not in already_read:
            read(self, name, module, path)
            already_read.add((self.class_name, name, path))

    loaders.PluginLoader._load_config_defs = read_once


def load_programs(modules: Iterable[str]) -> Iterator[None]:
    """Load what the lent programs need."""
    for name in modules:
        yield from importlib.import_module(name).preload()


def _load_collection() -> Iterator[None]:
    loaders.action_loader.get(f"{COLLECTION}.pve_task", class_only=True)
    modules = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules")
    for info in pkgutil.iter_modules(modules.__path__):
        name = f"{COLLECTION}.{info.name}"
        importlib.import_module(f"{modules.__name__}.{info.name}")
        loaders.module_loader.find_plugin_with_context(name)
        yield


def _compile_playbooks() -> Iterator[None]:
    """Compile the templates of the playbooks' options, which also loads the plugins of their filters."""
    for playbook in sorted((collection.root() / "playbooks").glob("*.yml")):
        template_options(playbook)
        yield


def template_options(playbook: Path) -> None:
    """Render the templates in a playbook, which are the options of its task."""
    # ansible-core 2.18 trusts every string.
    trust = getattr(templating, "trust_as_template", str)
    templar = templating.Templar(DataLoader(), variables={"omit": None})
    for expression in re.findall("{{.*?}}", playbook.read_text(encoding="utf-8")):
        with suppress(AnsibleError):
            templar.template(trust(expression))
