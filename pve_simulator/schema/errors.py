# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What checks of the schema raise; the caller renders them as HTTP 400 and 403."""

from __future__ import annotations


class ParameterError(Exception):
    """Parameters that do not fit their schema: a text for each parameter, worded as the server does."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("Parameter verification failed.")
        self.errors = errors


class FormatError(Exception):
    """A value that does not fit a format; the text is the server's, with its final line break."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class PermissionDenied(Exception):
    """A subject without the needed privilege; `message` is the whole reason phrase."""

    def __init__(self, what: str = "") -> None:
        self.message = f"Permission check failed ({what})" if what else "Permission check failed"
        super().__init__(self.message)


class PermissionCheckError(Exception):
    """A permission rule that cannot be judged, for a user id that is none or names nobody: HTTP 500."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
