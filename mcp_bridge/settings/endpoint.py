# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service to reach: of which kind, where, as whom, and what makes its certificate trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from mcp_bridge.text.redaction import Redactor

Service = Literal["pve"]
"""`pve`: the API of Proxmox VE."""


@dataclass(frozen=True)
class Trust:
    """What makes a certificate trusted, the strictest first: its SHA-256 fingerprint, a CA, the usual CAs."""

    fingerprint: str | None = None
    ca_path: str | None = None
    verify: bool = True


@dataclass(frozen=True)
class Endpoint:
    """A service, without any secret. `identity` is the user, or user!token, whom it will see; both may be empty."""

    service: Service
    url: str
    identity: str
    trust: Trust


@dataclass(frozen=True)
class Credentials:
    """What proves the identity: the secret of an API token, where the identity is one, or else a password.

    With the password may come the one-time password `otp`, which is good for one log-in.
    """

    token_secret: SecretStr | None = None
    password: SecretStr | None = None
    otp: SecretStr | None = None

    @property
    def redactor(self) -> Redactor:
        """Hides these secrets."""
        secrets = (self.token_secret, self.password)
        return Redactor(secret.get_secret_value() for secret in secrets if secret)
