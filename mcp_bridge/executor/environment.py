# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment of a playbook: an allow-list, since ansible-runner writes all of it into the artifacts."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mcp_bridge import collection
from mcp_bridge.executor import JOURNAL, RESULTS, TASK_LOG, WAITS

_NAMES = frozenset({"HOME", "LOGNAME", "USER", "LANG", "LANGUAGE", "TZ", "REQUESTS_CA_BUNDLE"})
# ansible-core 2.21 keeps a socket below TMPDIR, whose whole path may have 107 bytes.
_LONGEST_TMPDIR = 70
_PREFIXES = ("LC_", "PYTHON", "SSL_")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
# What ansible-runner sets for its own callback plugin and event stream: the values that are the same for every run,
RUNNER_CONSTANTS = {
    "ANSIBLE_STDOUT_CALLBACK": "awx_display",
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
}
# and the names of all of them.
RUNNER_VARIABLES = frozenset(
    {*RUNNER_CONSTANTS, "AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS", "RUNNER_ONLY_FAILED_EVENTS"}
)
TEMPORARY = "temporary"
"""The folder in a run's folder for temporary files, removed when the run has ended."""
_HOME = Path(__file__).parent / "ansible_home"


def build_playbook_env(inherited: Mapping[str, str], connection: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The whole environment of one run in `folder`; `connection` are the PROXMOX_* variables, none of them secret."""
    allowed = {name: value for name, value in inherited.items() if _may_pass(name, value)}
    binaries = str(Path(sys.executable).parent)
    return {
        **allowed,
        **_choose_locale(inherited),
        "PATH": os.pathsep.join(filter(None, (binaries, inherited.get("PATH", os.defpath)))),
        **_build_ansible_settings(folder),
        **connection,
    }


def _may_pass(name: str, value: str) -> bool:
    if name.lower() in _PROXIES:
        # A proxy with a password in its address would put that password into the artifacts.
        return "@" not in urlsplit(value if "://" in value else f"//{value}").netloc
    if name == "TMPDIR":
        return len(os.fsencode(value)) <= _LONGEST_TMPDIR
    return name in _NAMES or name.lower() == "no_proxy" or name.startswith(_PREFIXES)


def _choose_locale(inherited: Mapping[str, str]) -> dict[str, str]:
    """A UTF-8 locale, unless there is one: Ansible refuses to start without, and MCP clients often pass none at all."""
    locale = next((inherited[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if inherited.get(name)), "")
    return {} if locale.lower().replace("-", "").endswith("utf8") else {"LC_ALL": "C.UTF-8"}


def _build_ansible_settings(folder: Path) -> dict[str, str]:
    """Ansible's settings: as many as possible are the same for all runs, since a fork server has read them already."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(collection.collections_path()),
        # An empty file of our own: neither the user's nor the system's ansible.cfg is read.
        "ANSIBLE_CONFIG": str(_HOME / "ansible.cfg"),
        # No user's plugins are in it, and nothing is written there.
        "ANSIBLE_HOME": str(_HOME),
        # There is nothing but the inventory file; Ansible would search for more.
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_VARS_ENABLED": "",
        "PVE_TASK_JOURNAL": str(folder / JOURNAL),
        "PVE_TASK_LOG": str(folder / TASK_LOG),
        "PVE_WAITS": str(folder / WAITS),
        "PVE_RESULTS": str(folder / RESULTS),
        "PVE_ONE_TASK": "1",
        # What playbooks print for people at a terminal; the bridge has the results.
        "ANSIBLE_SKIP_TAGS": "print",
        "ANSIBLE_LOCAL_TEMP": str(folder / TEMPORARY / "controller"),
        "ANSIBLE_REMOTE_TEMP": str(folder / TEMPORARY / "modules"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_DEVEL_WARNING": "false",
    }
