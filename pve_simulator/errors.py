# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error type of the simulator, and the ways the real server words its failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class ApiError(Exception):
    """A request or task that fails: HTTP status, text, and the `errors` map of a 400.

    The first line of `message` becomes the reason phrase. The body ends the message with a newline,
    as the real server's `die "...\\n"` does, unless `newline` is false.
    """

    def __init__(
        self,
        status: int,
        message: str,
        errors: Mapping[str, str] | None = None,
        *,
        newline: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = dict(errors) if errors else None
        self.newline = newline

    @property
    def body_message(self) -> str:
        """The message as the JSON body carries it."""
        return f"{self.message}\n" if self.newline else self.message


def failure(message: str) -> ApiError:
    """Anything that dies inside the API code: 500 with its text."""
    return ApiError(500, message)


def invalid(errors: Mapping[str, str]) -> ApiError:
    """Parameters that the API code itself refuses: 400 with one text per field."""
    return ApiError(400, "Parameter verification failed.", errors)


def forbidden(message: str) -> ApiError:
    """A failed permission check: 403."""
    return ApiError(403, message)


def root_only(option: str) -> ApiError:
    """What a token of root@pam gets for an option that only a root@pam login may use."""
    return invalid({option: "Only root may use this option."})


def not_implemented(method: str, path: str) -> ApiError:
    """A path or method that the API does not have: 501."""
    return ApiError(501, f"Method '{method} {path}' not implemented", newline=False)


def not_simulated(method: str, path: str) -> ApiError:
    """A path that the API has and the simulator does not: 501, saying which of the two lacks it."""
    return ApiError(501, f"Method '{method} {path}' not simulated", newline=False)


@contextmanager
def wrap_errors(what: str = "") -> Iterator[None]:
    """Turn errors raised under a lock into text, as the server does: 500, `what`, the error, a line for each field."""
    try:
        yield
    except ApiError as error:
        text = error.message if error.status == 500 else f"{error.status} {error.message}"
        lines = [f"{field}: {reason}" for field, reason in (error.errors or {}).items()]
        raise failure("\n".join([f"{what}: {text}" if what else text, *lines])) from error


def check_unmodified(sent: object, current: str, status: int = 500) -> None:
    """Raise when a client sent the digest of another state of a file (not for QEMU, which words it otherwise)."""
    if sent and sent != current:
        raise ApiError(status, "detected modified configuration - file changed by other user? Try again.")
