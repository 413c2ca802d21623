"""Programs that others wrote, each in an environment of its own below .work, made when it is first needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PLACE = Path(__file__).parents[1] / ".work" / "environments"


class CantInstall(Exception):
    """What can't be had here, and why."""


def make_python_environment(name: str, packages: tuple[str, ...]) -> Path:
    """The folder of the programs of an environment with these packages. Raises CantInstall."""
    place = _PLACE / name
    ready = place / ".ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *packages]
        _install(pip, packages)
        ready.touch()
    return place / "bin"


def make_node_environment(name: str, packages: tuple[str, ...]) -> Path:
    """The node_modules folder of an environment with these packages. Raises CantInstall."""
    place = _PLACE / f"{name}-node"
    ready = place / ".ready"
    if not ready.exists():
        _install(
            ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", f"--prefix={place}", *packages], packages
        )
        ready.touch()
    return place / "node_modules"


def _install(command: list[str], packages: tuple[str, ...]) -> None:
    print(f"Installing {', '.join(packages)}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CantInstall(f"{command[0]} is missing, so {packages[0]} can't be installed.") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CantInstall(f"{packages[0]} can't be installed here: {last}")
