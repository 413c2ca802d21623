"""Run one command on the lowest and on the highest supported ansible-core.

    python tests/matrix.py COMMAND [ARGUMENT ...]

Each version gets its own environment (`.venv-2.18` …), made once, and again when pyproject.toml or the
interpreter changes. The lowest ansible-core runs on the oldest Python of this machine that both it and
Playvisor support, the highest on the newest. A version that no interpreter here can run is skipped, and said
so. Ends with the status of the first command that failed. `{python}` in an argument becomes the version of
that Python, as in 3.11.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED_PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))

PythonVersion = tuple[int, int]


@dataclass(frozen=True)
class Leg:
    """One supported ansible-core and how its interpreter is chosen."""

    ansible_core: str
    oldest_python: PythonVersion
    newest_python: PythonVersion
    prefer_newest: bool

    @property
    def venv(self) -> Path:
        return ROOT / f".venv-{self.ansible_core}"

    def choose(self, interpreters: dict[PythonVersion, str]) -> str | None:
        usable = sorted(version for version in interpreters if self.oldest_python <= version <= self.newest_python)
        if not usable:
            return None
        return interpreters[usable[-1 if self.prefer_newest else 0]]


LEGS = (
    Leg("2.18", oldest_python=(3, 11), newest_python=(3, 13), prefer_newest=False),
    Leg("2.21", oldest_python=(3, 12), newest_python=(3, 14), prefer_newest=True),
)


def find_interpreters() -> dict[PythonVersion, str]:
    """Every supported Python that really starts: on PATH, or installed by pyenv but not activated."""
    found: dict[PythonVersion, str] = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for major, minor in SUPPORTED_PYTHONS:
        name = f"python{major}.{minor}"
        candidates = [name, *map(str, sorted(pyenv.glob(f"versions/{major}.{minor}.*/bin/{name}")))]
        if sys.version_info[:2] == (major, minor):
            candidates.append(sys.executable)
        for candidate in candidates:
            if _starts(candidate):
                found[(major, minor)] = candidate
                break
    return found


def _starts(interpreter: str) -> bool:
    # A pyenv shim exists for every version but refuses to run those that are not active.
    try:
        probe = subprocess.run([interpreter, "-c", "import ensurepip"], capture_output=True, check=False)
    except OSError:
        return False
    return probe.returncode == 0


def prepare(leg: Leg, interpreter: str) -> None:
    """Make the leg's environment, unless it was already made from this pyproject.toml by this interpreter."""
    stamp = leg.venv / ".ready"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + interpreter.encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"Setting up {leg.venv.name}", flush=True)
    subprocess.run([interpreter, "-m", "venv", "--clear", leg.venv], check=True)
    install = [leg.venv / "bin/python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    requirements = [f"ansible-core=={leg.ansible_core}.*", "--editable", f"{ROOT}[test]"]
    subprocess.run([*install, *requirements], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def run(leg: Leg, command: list[str]) -> int:
    """Run the command with the leg's environment first on PATH; return its exit status."""
    binaries = leg.venv / "bin"
    ask = "import sys, ansible.release as r; print(r.__version__, '%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([binaries / "python", "-c", ask], capture_output=True, text=True, check=True)
    ansible_core, python = answer.stdout.split()
    arguments = [argument.replace("{python}", python) for argument in command]
    print(f"\n== ansible-core {ansible_core} on Python {python}: {' '.join(arguments)}", flush=True)
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([binaries / arguments[0], *arguments[1:]], env=environment, check=False).returncode


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    interpreters = find_interpreters()
    for leg in LEGS:
        interpreter = leg.choose(interpreters)
        if interpreter is None:
            oldest, newest = ("{}.{}".format(*version) for version in (leg.oldest_python, leg.newest_python))
            print(f"\n== ansible-core {leg.ansible_core}: SKIPPED, no Python {oldest} to {newest}", flush=True)
            continue
        prepare(leg, interpreter)
        status = run(leg, command)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
