"""What an installed playvisor carries: the packages with the built web application, and the whole collection."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COLLECTIONS = "mcp_bridge/_collections"
COLLECTION = f"{COLLECTIONS}/ansible_collections/playvisor/proxmox"
STATIC = "playvisor/web/static"


# The web application is taken as it stands there: its tools come from the network.
AS_IS = MappingProxyType({"PLAYVISOR_WEB_BUILD": "as-is"})
# A machine without Node, on which everything else is as usual.
NO_NODE = {"PATH": "/nowhere", "PLAYVISOR_WEB_BUILD": ""}


def build(source: Path, target: str, destination: Path, changes: Mapping[str, str] = AS_IS) -> tuple[Path, str]:
    """Build one distribution as pip would, without its network; return the file, and what was said on stderr."""
    code = "import sys, hatchling.build as backend; print(getattr(backend, sys.argv[1])(sys.argv[2]))"
    command = [sys.executable, "-c", code, f"build_{target}", str(destination)]
    environment = {**os.environ, **changes}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return destination / done.stdout.split()[-1], done.stderr


def unpack(archive: Path, destination: Path) -> Path:
    """Unpack a source distribution; return its folder."""
    with tarfile.open(archive) as source:
        source.extractall(destination, filter="data")
    return destination / archive.name.removesuffix(".tar.gz")


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
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))[0]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("source")
    return unpack(build(ROOT, "sdist", folder)[0], folder)


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


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, source: Path, tmp_path: Path) -> None:
    again, unused = build(source, "wheel", tmp_path)

    assert contents(again) == contents(wheel)


@pytest.mark.thorough
def test_the_web_application_that_is_built_is_in_both_so_that_pip_needs_no_node(source: Path, tmp_path: Path) -> None:
    checkout = Path(shutil.copytree(source, tmp_path / "checkout"))
    names = ("index.html", "THIRD-PARTY.txt", "assets/app-x1.js", "assets/app-x1.js.gz")
    built = {f"{STATIC}/{name}" for name in names}
    shutil.rmtree(checkout / STATIC, ignore_errors=True)
    for path in built:
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(path, encoding="utf-8")

    archive, unused = build(checkout, "sdist", tmp_path, NO_NODE)
    again, said = build(unpack(archive, tmp_path), "wheel", tmp_path, NO_NODE)

    assert {path for path in contents(again) if path.startswith(STATIC)} == built
    assert "The web application" not in said


def test_without_node_a_checkout_is_built_without_the_web_application_and_says_so(source: Path, tmp_path: Path) -> None:
    checkout = Path(shutil.copytree(source, tmp_path / "checkout"))
    shutil.rmtree(checkout / STATIC, ignore_errors=True)

    made, said = build(checkout, "wheel", tmp_path, NO_NODE)

    assert [path for path in contents(made) if path.startswith(STATIC)] == []
    assert "The web application is left out" in said
    assert "(node or npm is not installed)" in said


def test_an_editable_install_holds_no_second_copy_of_the_collection(tmp_path: Path) -> None:
    editable, unused = build(ROOT, "editable", tmp_path)

    assert [path for path in contents(editable) if path.endswith(".yml")] == []
