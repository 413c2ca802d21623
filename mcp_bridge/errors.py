# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the bridge itself, as its users see them; failures of runs are results, not exceptions."""

from __future__ import annotations


class PlayvisorError(Exception):
    """Something that the user can put right: one sentence, and what to do next."""

    exit_status = 1
    code = "internal"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PlayvisorError):
    """What was asked, or how Playvisor is set up, makes no sense."""

    exit_status = 2
    code = "invalid_parameter"


class LedgerError(PlayvisorError):
    """The ledger can't be used; nothing runs without it."""
