"""What an installed playvisor carries: the packages, and the whole collection inside them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COLLECTIONS = "mcp_bridge/_collections"
COLLECTION = f"{COLLECTIONS}/ansible_collections/playvisor/proxmox"


def build(source: Path, target: str, destination: Path) -> Path:
    """Build one distribution as pip would, without its network; return the file."""
    code = "import sys, hatchling.build as backend; print(getattr(backend, sys.argv[1])(sys.argv[2]))"
    command = [sys.executable, "-c", code, f"build_{target}", str(destination)]
    # The web application is taken as it stands there: its tools come from the network.
    environment = {**os.environ, "PLAYVISOR_WEB_BUILD": "as-is"}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return destination / done.stdout.split()[-1]


def contents(wheel: Path) -> dict[str, int]:
    """Path and checksum of everything in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def sources(*parts: str) -> Iterator[str]:
    for part in parts:
        for path in (ROOT / part).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip would lay it out in site-packages."""
    site_packages = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    return site_packages


def test_the_wheel_carries_every_file_of_the_packages_and_of_the_collection(wheel: Path) -> None:
    packages = set(sources("mcp_bridge", "playvisor", "pve_simulator"))
    collection = {f"{COLLECTION}/{path}" for path in sources("plugins", "playbooks", "meta", "roles")}
    collection |= {f"{COLLECTION}/{name}" for name in ("galaxy.yml", "README.md", "LICENSE")}

    carried = {path for path in contents(wheel) if ".dist-info/" not in path}

    assert carried == packages | collection


def test_ansible_finds_every_module_inside_the_installed_package(installed: Path, tmp_path: Path) -> None:
    listed = subprocess.run(
        [Path(sys.executable).with_name("ansible-doc"), "--type", "module", "--list", "playvisor.proxmox"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(installed / COLLECTIONS), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    found = {line.split()[0] for line in listed.stdout.splitlines()}
    assert found == {f"playvisor.proxmox.{path.stem}" for path in (ROOT / "plugins/modules").glob("pve_*.py")}


def test_the_collection_and_the_distribution_have_the_same_version() -> None:
    collection = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    distribution = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert collection["version"] == distribution["project"]["version"]


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build(ROOT, "sdist", tmp_path)
    with tarfile.open(archive) as source:
        source.extractall(tmp_path, filter="data")

    again = build(tmp_path / archive.name.removesuffix(".tar.gz"), "wheel", tmp_path)

    assert contents(again) == contents(wheel)


def test_an_editable_install_holds_no_second_copy_of_the_collection(tmp_path: Path) -> None:
    editable = build(ROOT, "editable", tmp_path)

    assert [path for path in contents(editable) if path.endswith(".yml")] == []
