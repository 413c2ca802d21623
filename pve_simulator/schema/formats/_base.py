# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the format tables share."""

from __future__ import annotations

import re
from collections.abc import Callable

from pve_simulator.schema.errors import FormatError

Validator = Callable[[str], None]


def format_error(text: str) -> FormatError:
    """The error for a value; every text of the server ends its line."""
    return FormatError(f"{text}\n")


def match_pattern(pattern: str, text: str) -> Validator:
    """A validator that wants a pattern; `{}` in its error text stands for the value."""
    regex = re.compile(pattern)

    def validate(value: str) -> None:
        if not regex.search(value):
            raise format_error(text.replace("{}", value))

    return validate


def accepts(validate: Validator, value: str) -> bool:
    """Whether a validator takes a value."""
    try:
        validate(value)
    except FormatError:
        return False
    return True


def accept_any_text(_value: str) -> None:
    """Take everything."""
