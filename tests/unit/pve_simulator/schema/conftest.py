"""Where the recordings and the dump of the recorded server are, when they are there at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pve_simulator.schema import Facts, load_facts

_ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def facts() -> Facts:
    """The committed facts table."""
    return load_facts()


@pytest.fixture(scope="session")
def recorded_facts() -> Path:
    """The directory with apidoc.json and traces/; skips when it is absent."""
    place = Path(os.environ.get("PLAYVISOR_PVE_FACTS") or _ROOT.parent / "shared" / "pve")
    if not place.is_dir():
        pytest.skip("no recordings of a real server here; set PLAYVISOR_PVE_FACTS")
    return place


@pytest.fixture(scope="session")
def exchanges(recorded_facts: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every recorded exchange: where it stands, its request, its response."""
    found = []
    for file in sorted((recorded_facts / "traces").glob("*.json")):
        for number, exchange in enumerate(json.loads(file.read_text())):
            found.append((f"{file.name}:{number}", exchange["request"], exchange["response"]))
    return found
