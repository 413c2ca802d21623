"""The maps are true: what documentation names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
# Whole paths of this repository, in code marks.
ROOMS = "mcp_bridge|playvisor|pve_simulator|plugins|tests|docs|playbooks|roles|extensions"
NAMED = re.compile(rf"`((?:{ROOMS})/[\w./-]+(?:\.\w+|/))`")
# A test of a file: a function or a class.
TESTED = re.compile(r"`(tests/[\w./-]+\.py)::(\w+)`")
LINKED = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_files_that_a_document_names_are_there(document):
    text = document.read_text(encoding="utf-8")
    named = {ROOT / path for path in NAMED.findall(text)} | {document.parent / path for path in LINKED.findall(text)}

    assert sorted(str(path.relative_to(ROOT)) for path in named if not path.exists()) == []


def test_the_tests_that_the_threat_model_names_are_there():
    named = TESTED.findall((ROOT / "docs/security.md").read_text(encoding="utf-8"))
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path, _name in named if (ROOT / path).exists()}

    assert named
    assert [
        f"{path}::{name}" for path, name in named if not re.search(rf"(def|class) {name}\b", texts.get(path, ""))
    ] == []


def test_the_architecture_names_every_room_of_the_bridge():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "mcp_bridge").iterdir() if (path / "__init__.py").is_file()]

    assert [room for room in sorted(rooms) if f"`{room}/`" not in text] == []


def test_the_architecture_names_every_room_of_the_collections_shared_code():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "plugins/module_utils").iterdir() if any(path.glob("*.py"))]

    assert [room for room in sorted(rooms) if f"{room}/" not in text] == []
