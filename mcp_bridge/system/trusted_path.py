# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether only this user, and root, can change what a path leads to."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path

from mcp_bridge.errors import UsageError

_LINKS = 40


def require_trusted(path: Path, what: str) -> None:
    """Raise UsageError when another user could change what is at a path, or put something else there.

    Everything on the way counts, each symbolic link and its target, too. A folder that everybody may write to is fine
    on the way if it is sticky, like /tmp, since what is in it belongs to its owner. A group may write if this user
    alone is in it, as on many systems each user has such a group. What is not there is not looked at.
    """
    for place, facts, is_end in _walk(path):
        problem = _find_problem(facts, is_end=is_end)
        if problem:
            raise UsageError(
                f"{what} {path} is not safe: {place} {problem[0]}, who could change what Playvisor goes by.",
                f"{problem[1].format(place=place)}, or use another path.",
            )


def _walk(path: Path) -> list[tuple[Path, os.stat_result, bool]]:
    """Every place that leads to a path, links and their targets included, with whether it is the end."""
    walked: list[tuple[Path, os.stat_result, bool]] = []
    place, left, links = Path("/"), list(path.absolute().parts[1:]), 0
    walked.append((place, place.stat(), not left))
    while left:
        name = left.pop(0)
        if name == "..":
            place = place.parent
            continue
        try:
            facts = (place / name).lstat()
        except FileNotFoundError:
            break
        except OSError as error:
            raise UsageError(
                f"{place / name} can't be looked at: {error.strerror}.", "Check its access rights."
            ) from None
        walked.append((place / name, facts, not left))
        if not stat.S_ISLNK(facts.st_mode):
            place = place / name
            continue
        links += 1
        if links > _LINKS:
            raise UsageError(f"{path} leads through too many symbolic links.", "Use another path.")
        target = Path(os.readlink(place / name))
        left = [*(target.parts[1:] if target.is_absolute() else target.parts), *left]
        place = Path("/") if target.is_absolute() else place
    return walked


def _find_problem(facts: os.stat_result, *, is_end: bool) -> tuple[str, str] | None:
    """What is wrong with a place, and what to do about it."""
    if facts.st_uid not in (0, os.getuid()):
        return f"belongs to {_describe_user(facts.st_uid)}", "Give it to this user with `chown`: {place}"
    if stat.S_ISLNK(facts.st_mode):
        return None
    is_sticky_way = bool(stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX and not is_end)
    if is_sticky_way:
        return None
    if facts.st_mode & stat.S_IWOTH:
        return "can be written by everybody", "`chmod o-w {place}`"
    if facts.st_mode & stat.S_IWGRP and not _is_own_group(facts.st_gid):
        return f"can be written by the group {_describe_group(facts.st_gid)}", "`chmod g-w {place}`"
    return None


def _is_own_group(gid: int) -> bool:
    """Whether nobody but this user, and root, is in a group."""
    own = {"root", _describe_user(os.getuid())}
    with suppress(KeyError):
        if not set(grp.getgrgid(gid).gr_mem) <= own:
            return False
    # Whose primary group it is.
    return {one.pw_name for one in pwd.getpwall() if one.pw_gid == gid} <= own


def _describe_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _describe_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
