"""What `ansible-galaxy collection build` publishes: the collection, and nothing of the rest of the repository."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BELONGS = {
    "CHANGELOG.rst",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The paths in the archive."""
    destination = tmp_path_factory.mktemp("archive")
    command = [Path(sys.executable).with_name("ansible-galaxy"), "collection", "build", "--output-path", destination]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (archive,) = destination.glob("playvisor-proxmox-*.tar.gz")
    with tarfile.open(archive) as collection:
        return set(collection.getnames())


def test_only_what_belongs_to_a_collection_is_published(published: set[str]) -> None:
    assert {path.split("/")[0] for path in published} <= BELONGS


def test_every_module_and_playbook_is_published(published: set[str]) -> None:
    modules = {f"plugins/modules/{path.name}" for path in (ROOT / "plugins/modules").glob("*.py")}
    playbooks = {f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml")}

    assert published >= modules | playbooks


def test_no_compiled_python_is_published(published: set[str]) -> None:
    assert [path for path in published if "__pycache__" in path or path.endswith(".pyc")] == []


def test_the_licence_of_galaxy_is_the_one_of_reuse() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "LICENSES/GPL-3.0-or-later.txt").read_bytes()
