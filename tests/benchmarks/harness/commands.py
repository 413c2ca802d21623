"""Running Ansible's commands as users do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def output(command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    """What a command prints; when it fails, the benchmark ends."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def play(programs: Path, playbook: Path, variables: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Run a playbook on this machine."""
    options = ("-e", json.dumps(variables))
    return output([programs / "ansible-playbook", playbook, *options], environment)


def loop(file: Path, module: str, options: Mapping[str, Any]) -> Path:
    """Write a playbook with one task that uses a module once for each of `vmids`."""
    task = {module: {"vmid": "{{ item }}", **options}, "loop": "{{ vmids }}"}
    plays = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    file.write_text(json.dumps(plays), encoding="utf-8")
    return file
