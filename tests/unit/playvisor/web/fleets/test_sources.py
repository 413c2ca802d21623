"""Which fleets are served, by which names, and which files are theirs."""

from __future__ import annotations

import pytest

from mcp_bridge.errors import UsageError
from playvisor.web.fleets.sources import Fleets, Source, find_default


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def test_fleets_are_called_by_their_names_or_else_by_their_folders(tmp_path):
    places = [
        write(tmp_path / "one", fleet='guests: {}\nfleet: "shop" # ours\n'),
        write(tmp_path / "two", fleet="fleet: shop\n"),
        write(tmp_path / "Three 3", broken="guests: [\n"),
        write(tmp_path / "four", fleet="fleet: four\n") / "fleet.yml",
    ]

    fleets = Fleets([*places, places[0]])

    assert [source.name for source in fleets.list_all()] == ["four", "shop", "shop-2", "three-3"]


def test_a_fleet_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not there"):
        Fleets([tmp_path / "nothing"])


def test_the_current_folder_is_served_where_it_has_a_fleet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_default() == []
    write(tmp_path / "fleet", shop="fleet: shop\n")
    assert [str(path) for path in find_default()] == ["fleet"]


def test_the_files_of_one_file_are_it_and_its_values(tmp_path):
    write(tmp_path, shop="fleet: shop\n", other="fleet: other\n", values="a: 1\n")
    write(tmp_path / "values", test="a: 2\n")

    source = Source("shop", tmp_path / "shop.yml")

    assert source.list_paths() == ["shop.yml", "values.yml", "values/test.yml"]
    with pytest.raises(UsageError, match=r"no part of the fleet in shop\.yml"):
        source.locate("other.yml")
