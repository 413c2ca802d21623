"""Where the recordings are: PLAYVISOR_PVE_FACTS, or beside the checkout. Without them the tests skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).parents[2].parent / "shared" / "pve"


@pytest.fixture(scope="session")
def recordings() -> Path:
    folder = Path(os.environ.get("PLAYVISOR_PVE_FACTS") or _DEFAULT)
    if not (folder / "traces").is_dir():
        pytest.skip(f"no recordings in {folder}: set PLAYVISOR_PVE_FACTS")
    return folder
