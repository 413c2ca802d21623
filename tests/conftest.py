"""Makes the working tree importable as the collection, as `make link` lets Ansible see it; short ids for tests."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".collections"

# Characters in the name of a test with its parameters, and in what stands there for a text and for a table or list.
LONGEST_NAME = 120
LONGEST_TEXT = 28
LONGEST_DATA = 20


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


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Plain data as the start of its text; None leaves the rest to pytest, which also tells equal ids apart."""
    text = _describe(val)
    if text is None:
        return None
    if isinstance(val, str | bytes):
        return _shorten(text, LONGEST_TEXT)
    return _shorten(text, LONGEST_DATA) or f"no_{argname}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test fail whose name with its parameters nobody can read or type."""
    if len(item.name) > LONGEST_NAME:
        pytest.fail(f"A test's name has at most {LONGEST_NAME} characters: give its parameters ids.", pytrace=False)


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 2]}.."


def _describe(value: Any) -> str | None:
    """Plain data as one line of text; None for anything else."""
    if isinstance(value, str):
        return value.encode("unicode_escape").decode("ascii")
    if isinstance(value, bytes):
        return _describe(value.decode("latin-1"))
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, Mapping):
        return _join([(key, _describe(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return _join([(None, _describe(item)) for item in value])
    return None


def _join(items: list[tuple[Any, str | None]]) -> str | None:
    texts = [text if key is None or text is None else f"{key}={text}" for key, text in items]
    return None if None in texts else ",".join(text for text in texts if text is not None)
