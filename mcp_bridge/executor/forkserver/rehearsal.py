# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does in advance what every playbook of Playvisor begins with, so that its caches are filled.

Only for a process that will become a playbook: from here on, what it prints is printed as by one.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from ansible.cli.playbook import PlaybookCLI  # type: ignore[import-untyped]
from ansible.inventory.manager import InventoryManager  # type: ignore[import-untyped]
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
from ansible.playbook import Playbook  # type: ignore[import-untyped]
from ansible.plugins.loader import callback_loader  # type: ignore[import-untyped]
from ansible.vars.manager import VariableManager  # type: ignore[import-untyped]

from mcp_bridge import collection
from mcp_bridge.executor.cold import build_inventory
from mcp_bridge.executor.environment import RUNNER_CONSTANTS
from mcp_bridge.executor.forkserver.preload import template_options

_PLAYBOOK = "guest_info"
_CALLBACK = RUNNER_CONSTANTS["ANSIBLE_STDOUT_CALLBACK"]
# Settings that differ from run to run, and on which nothing that is made here depends.
_RUN_SETTINGS = frozenset({"DEFAULT_LOCAL_TMP"})
_parser: ArgumentParser | None = None


def rehearse(folder: Path) -> None:
    """Go as far as a playbook goes without running; the inventory for that is written to `folder`, and kept."""
    global _parser
    hosts = folder / "hosts.json"
    if not hosts.exists():
        hosts.write_text(json.dumps(build_inventory()), encoding="utf-8")
    playbook = collection.playbook_path(_PLAYBOOK)
    command = PlaybookCLI(["ansible-playbook", "-i", str(hosts), "--diff", str(playbook)])
    command.init_parser()
    command.parser.parse_args(command.args[1:])
    loader = DataLoader()
    hosts_and_groups = InventoryManager(loader=loader, sources=[str(hosts)])
    variables = VariableManager(loader=loader, inventory=hosts_and_groups)
    (host,) = hosts_and_groups.get_hosts("localhost")
    for play in Playbook.load(str(playbook), variable_manager=variables, loader=loader).get_plays():
        for block in play.compile():
            for task in block.block:
                variables.get_vars(play=play, host=host, task=task)
    template_options(playbook)
    callback_loader.get(_CALLBACK, class_only=True)
    _parser = command.parser


def use_rehearsal(changed_settings: set[str]) -> None:
    """Let this process's playbook use what the rehearsal made.

    The parser is not used if settings have changed since then that do not differ from run to run anyway.
    """
    callback = sys.modules.get(f"ansible.plugins.callback.{_CALLBACK}")
    if callback:
        # It reads where to write its events when it is imported.
        callback.event_context.cache.private_data_dir = os.environ["AWX_ISOLATED_DATA_DIR"]
    if _parser and changed_settings <= _RUN_SETTINGS:
        PlaybookCLI.init_parser = lambda command: setattr(command, "parser", _parser)
