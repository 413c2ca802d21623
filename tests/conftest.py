"""Makes the working tree importable as the collection, as `make link` lets Ansible see it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".collections"


def _link_collection() -> None:
    link = COLLECTIONS / "ansible_collections" / "playvisor" / "proxmox"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        try:
            link.symlink_to("../../..", target_is_directory=True)
        except FileExistsError:
            # Another worker of the same test run made it just now.
            return


# Nothing is borrowed from, or lent to, what else runs on this machine.
os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="pv-tests-")
_link_collection()
sys.path.insert(0, str(COLLECTIONS))


@pytest.fixture(scope="session")
def collections_path() -> Path:
    """The directory to give as ANSIBLE_COLLECTIONS_PATH."""
    return COLLECTIONS
