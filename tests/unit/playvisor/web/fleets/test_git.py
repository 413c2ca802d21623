"""What git says of a fleet's folder is read as it is written."""

from __future__ import annotations

from playvisor.web.fleets.git import Repository, parse_status, read_repository


def test_changed_new_deleted_and_renamed_files_are_told_by_their_paths_below_the_folder():
    oid = "0" * 40
    facts = f"N... 100644 100644 100644 {oid} {oid}"
    text = "\0".join(
        [
            f"# branch.oid {oid}",
            "# branch.head main",
            f"1 .M {facts} shop/a b.yml",
            f"1 .D {facts} shop/gone.yml",
            f"2 R. {facts} R100 shop/now.yml",
            "shop/before.yml",
            f"u UU N... 100644 100644 100644 100644 {oid} {oid} {oid} shop/both.yml",
            "? shop/new.yml",
            "",
        ]
    )

    assert parse_status(text, "shop/") == Repository(
        "main",
        oid,
        {
            "a b.yml": "changed",
            "gone.yml": "deleted",
            "now.yml": "changed",
            "both.yml": "changed",
            "new.yml": "new",
        },
    )


def test_without_a_commit_or_a_branch_there_is_none():
    assert parse_status("# branch.oid (initial)\0# branch.head (detached)\0") == Repository(None, None, {})


def test_of_a_folder_in_no_repository_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert read_repository(tmp_path) is None
