"""Which files and folders only their user can change."""

from __future__ import annotations

import os

import pytest

from mcp_bridge.database.open import Database
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.policy import Policy
from mcp_bridge.system.trusted_path import require_trusted

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to other users")
NOBODY = 65534


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "a" / "state"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "file").write_text("")
    (folder / "file").chmod(0o600)
    return folder


def refuses(path):
    try:
        require_trusted(path, "The state directory")
    except UsageError as error:
        return error
    return None


def test_a_private_folder_and_what_is_not_there_yet_are_fine(state):
    for path in (state, state / "file", state / "new", state / "new" / "newer", state / ".." / "state"):
        assert refuses(path) is None


@pytest.mark.parametrize("place", ["a", "a/state", "a/state/file"])
@pytest.mark.parametrize("mode", [0o777, 0o707, 0o702])
def test_what_everybody_may_write_to_is_refused_with_what_to_do(state, tmp_path, place, mode):
    (tmp_path / place).chmod(mode)
    error = refuses(state / "file")

    assert "can be written by everybody" in error.message
    assert f"chmod o-w {tmp_path / place}" in error.hint


def test_a_sticky_folder_is_fine_on_the_way_and_not_at_the_end(state):
    state.parent.chmod(0o1777)
    assert refuses(state) is None
    state.chmod(0o1777)
    assert "everybody" in refuses(state).message
    assert refuses(state / "file") is None


def test_links_count_as_what_they_lead_to_and_where_they_are(state, tmp_path):
    (tmp_path / "link").symlink_to(state)
    (tmp_path / "relative").symlink_to("link/../state")
    for link in ("link", "relative"):
        assert refuses(tmp_path / link / "file") is None
    state.chmod(0o777)
    for link in ("link", "relative"):
        assert str(state) in refuses(tmp_path / link / "file").message
    state.chmod(0o700)
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    (open_folder / "link").symlink_to(state)
    open_folder.chmod(0o777)
    assert str(open_folder) in refuses(open_folder / "link" / "file").message
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert "too many" in refuses(tmp_path / "round").message


@as_root
def test_what_belongs_to_others_is_refused_links_and_sticky_folders_included(state, tmp_path):
    os.chown(state / "file", NOBODY, -1)
    assert "belongs to nobody" in refuses(state / "file").message
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "link").symlink_to(state)
    os.chown(shared / "link", NOBODY, -1, follow_symlinks=False)
    assert f"{shared / 'link'} belongs to nobody" in refuses(shared / "link").message


@as_root
def test_a_group_may_write_if_nobody_else_is_in_it(state):
    state.chmod(0o770)
    os.chown(state, -1, 0)
    assert refuses(state) is None
    os.chown(state, -1, 65534)
    assert "by the group" in refuses(state).message
    assert "chmod g-w" in refuses(state).hint


def test_policy_and_ledger_that_others_can_change_are_not_used(state, tmp_path):
    policy = state / "own.cedar"
    policy.write_text("permit(principal, action, resource);")
    policy.chmod(0o666)
    with pytest.raises(UsageError, match=r"The policy .* is not safe"):
        Policy.load(policy)
    policy.chmod(0o600)
    assert Policy.load(policy)

    state.chmod(0o777)
    with pytest.raises(UsageError, match=r"The policy .* is not safe"):
        Policy.load(policy)
    with pytest.raises(LedgerError, match=r"The state directory .* is not safe"):
        assert Database(state).engine
    state.chmod(0o700)
    assert Database(state).engine
    (state / "ledger.db").chmod(0o666)
    with pytest.raises(LedgerError, match=r"The ledger .* is not safe"):
        assert Database(state).engine
