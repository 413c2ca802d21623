# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bridge's own errors, as its users see them; failures of runs are results, not exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class PlayvisorError(Exception):
    """An error that the user can correct: `message` is one sentence, `hint` says what to do next.

    One that has many parts has them as `lines` for people, and as `details` for programs.
    """

    exit_status = 1
    code = "internal"
    lines: Sequence[str] = ()
    details: Mapping[str, Any] = {}

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PlayvisorError):
    """Invalid arguments, or an invalid setup of Playvisor."""

    exit_status = 2
    code = "invalid_parameter"


class ConsoleError(PlayvisorError):
    """A console can't be opened, for a reason with one of the codes of failures."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.code = code


class LedgerError(PlayvisorError):
    """The ledger can't be used; nothing runs without it."""


class UnprovenError(LedgerError):
    """Something in the ledger is not what its entries say, and does not count."""

    code = "refused"
