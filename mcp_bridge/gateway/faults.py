# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's own errors: why a request got no answer of the API."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "not_granted",
    "not_admitted",
    "unknown_key",
    "invalid_parameter",
    "auth_failed",
    "tls_untrusted",
    "other_certificate",
    "timeout",
    "unreachable",
    "gateway_failed",
]


class Fault(Exception):
    """There is no answer of the API; has a code that the collection's client knows, and the cause in a few words.

    `is_sent`: the request may have reached the cluster, and may have been carried out. `proxy` is what was to pass it
    on: its URL without credentials, and the variable that sets it.
    """

    def __init__(self, code: Code, cause: str, *, is_sent: bool = False, proxy: tuple[str, str] | None = None) -> None:
        super().__init__(cause)
        self.is_sent = is_sent
        self.proxy = proxy
        self.code: Code = code
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.cause} (through the proxy {' of '.join(self.proxy)})" if self.proxy else self.cause

    @property
    def status(self) -> int:
        """The HTTP status, for clients that do not know the code."""
        return {"not_granted": 403, "not_admitted": 403, "unknown_key": 401, "timeout": 504}.get(self.code, 502)
