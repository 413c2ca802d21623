from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.secret_files import (
    check_writable,
    has_secret,
    reserve_secret_file,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError

SECRET = "f46a0e15-96f8-4e08-988d-f31d69ef8c42"


def test_a_secret_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "secret"

    with reserve_secret_file(str(path)) as keep:
        assert not path.exists()
        keep(SECRET)

    assert path.read_text() == f"{SECRET}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert has_secret(str(path))


def test_an_older_secret_stays_when_no_new_one_came(tmp_path):
    path = tmp_path / "secret"
    path.write_text(SECRET)

    with pytest.raises(KeyError), reserve_secret_file(str(path)):
        raise KeyError

    assert path.read_text() == SECRET
    assert os.listdir(tmp_path) == ["secret"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "other").write_text(SECRET)
    path = tmp_path / "secret"
    path.symlink_to("other")

    with reserve_secret_file(str(path)) as keep:
        keep(SECRET.replace("f", "0"))

    assert not path.is_symlink()
    assert (tmp_path / "other").read_text() == SECRET


def test_what_is_no_secret_is_not_overwritten(tmp_path):
    path = tmp_path / "secret"
    path.write_text("my only copy\n")

    with pytest.raises(PveError, match="contains something else"):
        check_writable(str(path))
    path.write_text(SECRET)
    check_writable(str(path))


def test_a_folder_that_is_missing_is_said_before_anything_is_done(tmp_path):
    path = str(tmp_path / "none" / "secret")

    with pytest.raises(PveError, match="there is no folder"):
        check_writable(path)
    with pytest.raises(PveError, match="can't be kept"), reserve_secret_file(path):
        pytest.fail("the block ran")
