"""The life of fleets on a live cluster: by changes of each consequence, and with guests of many shapes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from scenarios.fleet_life import User, live, live_with_shapes
from scenarios.shapes import list_all_shapes, list_shapes, split


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def user(found, client, connection_env, tmp_path):
    """Somebody with files, a ledger and a history of their own."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))}
    environment = {**others, **connection_env, "PLAYVISOR_STATE_DIR": str(tmp_path / "state")}

    def run(*words):
        command = [sys.executable, "-m", "playvisor", *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return User(found.place, client, tmp_path, run)


@pytest.mark.cluster
def test_a_fleet_lives_by_changes_of_each_consequence(user):
    live(user)


@pytest.mark.cluster
def test_guests_of_many_shapes_are_fleets(user, found, say_lacking):
    place = found.place
    for shape in list_all_shapes():
        if lacking := place.lacking(shape):
            say_lacking(f"fleet: {shape.title}", lacking)

    for batch in split(list_shapes(place), place.last_vmid - place.first_vmid + 1):
        live_with_shapes(user, batch)
