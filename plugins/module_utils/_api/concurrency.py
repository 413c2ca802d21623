# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing one thing for many guests, only so many at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

READS_AT_ONCE = 10
"""How many requests of one module that only read are under way at the same time."""


def bounded_map(limit: int, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """I(work) for every item, at most I(limit) at the same time; the results in the order of the items."""
    if limit == 1 or len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(limit, len(items))) as pool:
        return list(pool.map(work, items))
