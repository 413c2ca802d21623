# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of guests: a cluster keeps them in lower case, unless its C(tag-style) is case-sensitive."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from .._api.errors import refuse_values
from .._values.names import TAG

if TYPE_CHECKING:
    from .._api.client import Client

_ON = ("1", "on", "yes", "true")


def has_case_sensitive_tags(client: Client) -> bool:
    """Whether the cluster tells tags apart that differ in upper and lower case only."""
    style = client.get("/cluster/options").get("tag-style") or {}
    return str(style.get("case-sensitive")) in _ON


def contains_tags(tags: Collection[str], wanted: Iterable[str], *, case_sensitive: bool) -> bool:
    """Whether all wanted tags are among I(tags)."""
    return set(wanted) <= set(tags) if case_sensitive else _fold(wanted) <= _fold(tags)


def choose_tags(
    present: Collection[str],
    tags: Collection[str] | None,
    added: Collection[str] | None,
    removed: Collection[str] | None,
    *,
    case_sensitive: bool,
) -> list[str] | None:
    """The tags that a guest is to have, sorted: I(tags), or those present with some more and without others.

    None where nothing is wished. Where case makes no difference, they are in lower case, unless nothing changes.
    Raises C(invalid_parameter) for what can't be a tag.
    """
    tags, added, removed = (
        check_tags(option, wished) for option, wished in (("tags", tags), ("add_tags", added), ("remove_tags", removed))
    )
    if tags is None and added is None and removed is None:
        return None
    fold = set if case_sensitive else _fold
    wished = (fold(present if tags is None else tags) | fold(added or ())) - fold(removed or ())
    return sorted(present if wished == fold(present) else wished)


def check_tags(option: str, tags: Iterable[str] | None) -> list[str] | None:
    """The tags of an option, without empty ones; raises C(invalid_parameter) for what can't be one tag."""
    checked = None if tags is None else [tag.strip() for tag in tags if tag.strip()]
    problems = []
    for tag in checked or ():
        try:
            TAG.check_text(tag)
        except ValueError as error:
            problems.append((option, tag, f"{error}; each tag is an entry of its own"))
    if problems:
        raise refuse_values(problems)
    return checked


def _fold(tags: Iterable[str]) -> set[str]:
    return {tag.lower() for tag in tags}
