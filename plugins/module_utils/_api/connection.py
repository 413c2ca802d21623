# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection: where a cluster is, who logs in, and what makes its certificate trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from .errors import INVALID_PARAMETER, PveError

DEFAULT_PORT = 8006
# A pool allocates room for all of its connections at once.
MAX_CONNECTIONS = 100


@dataclass(frozen=True)
class Connection:
    """Where the cluster is, who logs in, and what makes its certificate trusted.

    Timeouts are in seconds. Exactly one of I(token_id) and I(password) is used; the token wins. Through a I(gateway),
    the path of a socket, neither is: it has the credentials, and the other fields only describe the connection.
    """

    host: str
    user: str
    port: int = DEFAULT_PORT
    token_id: str | None = None
    token_secret: str | None = None
    password: str | None = None
    validate_certs: bool = True
    ca_path: str | None = None
    fingerprint: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    pool_size: int = 10
    gateway: str | None = None
    gateway_key: str | None = None

    @property
    def url(self) -> str:
        if not self.host:
            return f"http+unix://{quote(self.gateway or '', safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"

    @property
    def identity(self) -> str:
        """The user or token as tasks name it; empty where only the gateway knows it."""
        return f"{self.user}!{self.token_id}" if self.token_id else self.user

    @property
    def address(self) -> str:
        """The cluster's name in messages."""
        return f"{self.host}:{self.port}" if self.host else "the gateway's cluster"

    @property
    def trust(self) -> str:
        """How the server's certificate is verified."""
        if self.fingerprint:
            return "fingerprint"
        if not self.validate_certs:
            return "unverified"
        return "ca_path" if self.ca_path else "verified"

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Connection:
        """Build it from a module's options; raises C(invalid_parameter) for options that do not fit together."""
        gateway, key = params.get("api_gateway"), params.get("api_gateway_key")
        if gateway and not key:
            raise _missing_option_error("api_gateway_key", "PROXMOX_GATEWAY_KEY or PROXMOX_GATEWAY_KEY_FILE")
        has_endpoint = not gateway or bool(params.get("api_url") or params.get("api_host"))
        host, port = _read_endpoint(params) if has_endpoint else ("", DEFAULT_PORT)
        has_user = not gateway or bool(params.get("api_user") or params.get("api_token_id"))
        user, token_id = _read_identity(params.get("api_user"), params.get("api_token_id")) if has_user else ("", None)
        if not gateway:
            _require_secret(params, token_id)
        return cls(
            host=host,
            port=port,
            user=user,
            token_id=token_id,
            token_secret=params.get("api_token_secret"),
            password=params.get("api_password"),
            validate_certs=params["validate_certs"],
            ca_path=params.get("ca_path"),
            fingerprint=_read_fingerprint(params.get("fingerprint")),
            connect_timeout=params["connect_timeout"],
            read_timeout=params["read_timeout"],
            pool_size=min(max(10, params.get("throttle") or 0), MAX_CONNECTIONS),
            gateway=gateway,
            gateway_key=key,
        )


def _require_secret(params: dict[str, Any], token_id: str | None) -> None:
    if token_id and not params.get("api_token_secret"):
        raise _missing_option_error("api_token_secret", "PROXMOX_TOKEN_SECRET or PROXMOX_TOKEN_SECRET_FILE")
    if not token_id and not params.get("api_password"):
        raise _missing_option_error(
            "api_token_id and api_token_secret, or api_password", "PROXMOX_TOKEN_ID and its secret"
        )


def _missing_option_error(option: str, variable: str) -> PveError:
    return PveError(
        INVALID_PARAMETER,
        f"The connection to Proxmox VE lacks {option}.",
        f"Set the option, or {variable} in the environment.",
    )


def _read_endpoint(params: dict[str, Any]) -> tuple[str, int]:
    url = params.get("api_url")
    if not url:
        if not params.get("api_host"):
            raise _missing_option_error("api_url or api_host", "PROXMOX_URL or PROXMOX_HOST")
        return params["api_host"].strip("[]"), params.get("api_port") or DEFAULT_PORT
    parts = urlsplit(url if "://" in url else f"https://{url}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme != "https" or not host:
        raise PveError(
            INVALID_PARAMETER,
            f"api_url is not an address of a Proxmox VE API: {url}",
            "Give it as https://HOST:8006; the API is served over HTTPS only.",
        )
    return host, port or DEFAULT_PORT


def _read_identity(user: str | None, token_id: str | None) -> tuple[str, str | None]:
    """The user and the bare token name, from I(token_id) as C(name) or C(user@realm!name)."""
    if token_id and "!" in token_id:
        owner, token_id = token_id.split("!", 1)
        if user and user != owner:
            raise PveError(
                INVALID_PARAMETER,
                f"api_user is {user}, but the token belongs to {owner}.",
                "Leave api_user out, or name the token's owner.",
            )
        user = owner
    if not user:
        raise _missing_option_error("api_user", "PROXMOX_USER")
    if "@" not in user:
        raise PveError(
            INVALID_PARAMETER,
            f"api_user has no realm: {user}",
            "Write it as user@realm, such as root@pam or ops@pve.",
        )
    return user, token_id


def _read_fingerprint(value: str | None) -> str | None:
    if not value:
        return None
    digits = value.replace(":", "").replace(" ", "").lower()
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise PveError(
            INVALID_PARAMETER,
            f"fingerprint is not a SHA-256 fingerprint: {value}",
            "It is 32 bytes in hex; Proxmox VE shows it under Node > System > Certificates.",
        )
    return digits
