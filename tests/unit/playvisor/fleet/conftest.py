"""Fleets in files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from playvisor.fleet.render import FleetError, Rendered, render_fleet


@pytest.fixture
def write(tmp_path, monkeypatch) -> Callable[..., None]:
    """Writes files into an empty folder, which becomes the current one."""
    monkeypatch.chdir(tmp_path)

    def write_files(files: dict[str, str | bytes]) -> None:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())

    return write_files


@pytest.fixture
def render(write) -> Callable[..., Rendered]:
    """Renders a fleet of one file, with other files beside it."""

    def render_text(text: str, *, sets: tuple[str, ...] = (), environment: str | None = None, **others) -> Rendered:
        files = {name.replace("__", "/").replace("_yml", ".yml"): content for name, content in others.items()}
        write({"fleet.yml": text, **files})
        return render_fleet(Path("fleet.yml"), environment=environment, sets=sets)

    return render_text


@pytest.fixture
def find_problems(render) -> Callable[..., list[str]]:
    """The problems of a fleet of one file, one line each."""

    def find(text: str, **others) -> list[str]:
        try:
            render(text, **others)
        except FleetError as error:
            return [problem.describe() for problem in error.problems]
        return []

    return find
