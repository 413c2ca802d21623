"""Drafts stand in the place of files, and nothing of them is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_bridge.errors import PlayvisorError
from playvisor.fleet.accept import Found, accept_fields
from playvisor.fleet.disk import Drafts, create_file, write_file
from playvisor.fleet.files import FleetFiles


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "values").mkdir()
    (tmp_path / "fleet.yml").write_text("fleet: shop\nguests:\n  a: {cores: 1}\n")
    (tmp_path / "more.yml").write_text("guests:\n  b: {cores: '{{ cores }}'}\n")
    (tmp_path / "values.yml").write_text("cores: 2\n")
    return tmp_path


def render(folder, drafts, environment=None):
    disk = Drafts({folder / path: text for path, text in drafts.items()})
    return FleetFiles(folder, environment, disk=disk).render().document["guests"]


def test_a_draft_takes_the_place_of_a_file_or_of_none(folder):
    drafts = {"fleet.yml": "fleet: shop\nguests:\n  a: {cores: 8}\n", "new/c.yml": "guests:\n  c: {cores: 3}\n"}

    assert render(folder, drafts) == {"a": {"cores": 8}, "b": {"cores": 2}, "c": {"cores": 3}}
    assert (folder / "fleet.yml").read_text() == "fleet: shop\nguests:\n  a: {cores: 1}\n"
    assert not (folder / "new").exists()


def test_a_file_that_is_to_go_is_not_there(folder):
    assert render(folder, {"more.yml": None}) == {"a": {"cores": 1}}


def test_values_and_environments_may_be_drafts(folder):
    assert render(folder, {"values.yml": "cores: 5\n"})["b"] == {"cores": 5}
    assert render(folder, {"values/test.yml": "cores: 6\n"}, "test")["b"] == {"cores": 6}


def test_what_is_accepted_into_drafts_is_written_nowhere(folder):
    disk = Drafts({})
    files = FleetFiles(folder, disk=disk)

    accepted = accept_fields(files.render(), [Found("guests.a.cores", 4)], files.render, disk)

    assert [edit.path for edit in accepted.edits] == ["guests.a.cores"]
    assert disk.texts == {folder / "fleet.yml": "fleet: shop\nguests:\n  a: {cores: 4}\n"}
    assert "cores: 1" in (folder / "fleet.yml").read_text()


def test_a_file_keeps_its_mode_its_link_and_its_mark(folder):
    (folder / "marked.yml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    (folder / "marked.yml").chmod(0o600)
    (folder / "link.yml").symlink_to("marked.yml")

    write_file(folder / "link.yml", "a: 2\n")

    assert (folder / "link.yml").is_symlink()
    assert (folder / "marked.yml").read_bytes() == b"\xef\xbb\xbfa: 2\n"
    assert (folder / "marked.yml").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.glob("*.yml*")) == [
        *("fleet.yml", "link.yml", "marked.yml", "more.yml", "values.yml")
    ]


def test_a_new_file_takes_nobodys_place(folder):
    create_file(folder / "sites" / "paris.yml", "a: 1\n")

    assert (folder / "sites" / "paris.yml").read_text() == "a: 1\n"
    with pytest.raises(FileExistsError):
        create_file(folder / "fleet.yml", "")
    with pytest.raises(PlayvisorError, match="can't be written"):
        create_file(folder / "fleet.yml" / "inside.yml", "")
