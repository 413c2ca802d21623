"""What every playbook of Playvisor begins with, done for nothing: what it reads and writes is then in place.

It changes nothing that a playbook would find: of what Ansible keeps for the whole process, only caches are filled.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible.cli.playbook import PlaybookCLI  # type: ignore[import-untyped]
from ansible.inventory.manager import InventoryManager  # type: ignore[import-untyped]
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
from ansible.playbook import Playbook  # type: ignore[import-untyped]
from ansible.vars.manager import VariableManager  # type: ignore[import-untyped]

from mcp_bridge import collection
from mcp_bridge.executor.cold import inventory

_PLAYBOOK = "guest_info"


def rehearse(folder: Path) -> None:
    """Go as far as a playbook goes without running; what it needs for that is written to `folder`, and kept."""
    hosts = folder / "hosts.json"
    if not hosts.exists():
        hosts.write_text(json.dumps(inventory()), encoding="utf-8")
    playbook = collection.playbook(_PLAYBOOK)
    command = PlaybookCLI([sys.argv[0], "-i", str(hosts), "--diff", str(playbook)])
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
