# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words by which runs are found: what may be the id or name of a guest in a run's arguments and summary. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from mcp_bridge.database.tables import LONGEST

# As many as a list of the arguments has entries at most, and as the longest summary has.
_MOST_NAMES = 2000
_MOST_IN_TEXTS = 200
# It is neither a part of a longer word nor of a longer DNS name, so at every place there is one at most.
_WORD = re.compile(r"(?<![\w.-])\w[\w-]*(?:\.\w[\w-]*)*")


def is_word(text: str) -> bool:
    """Whether runs can be found by it."""
    return len(text) <= LONGEST and _WORD.fullmatch(text) is not None


def find_in_arguments(arguments: str) -> list[str]:
    """Words of the values in arguments, which are JSON: every id or name by itself, and the first words of texts."""
    try:
        values = list(_values(json.loads(arguments)))
    except (ValueError, RecursionError):
        # Somebody has changed it; `verify` reports it.
        return []
    names = (value for value in values if is_word(value))
    texts = (word for value in values if not is_word(value) for word in _words(value))
    return list(dict.fromkeys([*_take_different(_MOST_NAMES, names), *_take_different(_MOST_IN_TEXTS, texts)]))


def find_in_summary(summary: str) -> list[str]:
    """The first words of a summary."""
    return _take_different(_MOST_IN_TEXTS, _words(summary))


def _take_different(most: int, found: Iterable[str]) -> list[str]:
    different: dict[str, None] = {}
    for word in found:
        if len(different) == most:
            break
        different[word] = None
    return list(different)


def _words(text: str) -> Iterator[str]:
    return (found[0] for found in _WORD.finditer(text) if len(found[0]) <= LONGEST)


def _values(data: Any) -> Iterator[str]:
    """Texts and numbers, as text. The names of arguments are no guest's, nor are true and false."""
    if isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _values(item)
    elif isinstance(data, str):
        yield data
    elif data is not None and not isinstance(data, bool):
        yield json.dumps(data)
