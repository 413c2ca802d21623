"""When the code that a fork server has loaded was changed last."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import mcp_bridge
from mcp_bridge import collection

Stamp = tuple[object, ...]
_PARTS = ("plugins", "meta", "galaxy.yml", "playbooks")


def collection_stamp() -> Stamp:
    """Of the collection and of Ansible itself."""
    root = collection.root()
    files = [path for part in _PARTS for path in (root / part, *(root / part).rglob("*.py"))]
    ansible = find_spec("ansible")
    if ansible is not None and ansible.origin:
        files.append(Path(ansible.origin))
    return _times(files)


def code_stamp() -> Stamp:
    """Of those, and of Playvisor."""
    package = Path(mcp_bridge.__file__).parent
    return (*collection_stamp(), *_times([path for path in package.rglob("*.py") if "_collections" not in path.parts]))


def _times(files: list[Path]) -> Stamp:
    return tuple((str(path), path.stat().st_mtime_ns) for path in files if path.exists())
