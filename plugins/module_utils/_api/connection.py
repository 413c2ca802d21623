# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection: where a cluster is, who logs in, and what makes its certificate trusted."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .errors import INVALID_PARAMETER, PveError
from .pasted import OPTIONS, VARIABLES, PastedError, list_other_names, read_address, read_pasted
from .trust import describe_unusable_ca, parse_fingerprint

DEFAULT_PORT = 8006
# A pool allocates room for all of its connections at once.
MAX_CONNECTIONS = 100


@dataclass(frozen=True)
class Connection:
    """Where the cluster is, who logs in, and what makes its certificate trusted.

    Timeouts are in seconds. Exactly one of I(token_id) and I(password) is used; the token wins. The password may come
    with the I(otp) that belongs to it. Through a I(gateway),
    the path of a socket, neither is: it has the credentials, and the other fields only describe the connection.
    """

    host: str
    user: str
    port: int = DEFAULT_PORT
    token_id: str | None = None
    token_secret: str | None = None
    password: str | None = None
    otp: str | None = None
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
        return self.url.removeprefix("https://") if self.host else "the gateway's cluster"

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
        values = read_options(params)
        gateway, key = params.get("api_gateway"), params.get("api_gateway_key")
        if gateway and not key:
            raise _missing_option_error("api_gateway_key", "PROXMOX_GATEWAY_KEY or PROXMOX_GATEWAY_KEY_FILE")
        has_endpoint = not gateway or bool(values["url"] or values["host"])
        host, port = _find_endpoint(values, params) if has_endpoint else ("", DEFAULT_PORT)
        has_user = not gateway or bool(values["user"] or values["token_id"])
        user, token_id = _find_identity(values) if has_user else ("", None)
        if not gateway:
            _require_secret(values, token_id)
        return cls(
            host=host,
            port=port,
            user=user,
            token_id=token_id,
            token_secret=values["token_secret"],
            password=values["password"],
            otp=values["otp"],
            validate_certs=params["validate_certs"],
            ca_path=values["ca_path"],
            fingerprint=_parse_fingerprint(values["fingerprint"]),
            connect_timeout=params["connect_timeout"],
            read_timeout=params["read_timeout"],
            pool_size=min(max(10, params.get("throttle") or 0), MAX_CONNECTIONS),
            gateway=gateway,
            gateway_key=key,
        )


_TEXTS = ("url", "host", "user", "token_id", "token_secret", "password", "otp", "ca_path", "fingerprint")


def read_options(params: Mapping[str, Any]) -> dict[str, str | None]:
    """What the options of the connection mean, by L(OPTIONS); raises C(invalid_parameter) that names what was set."""
    given = {field: params.get(OPTIONS[field]) or None for field in _TEXTS}
    names = {field: find_source(field, given[field]) for field in _TEXTS}
    try:
        return read_pasted(given, names)
    except PastedError as error:
        raise PveError(INVALID_PARAMETER, error.message, error.hint) from None


def list_hidden(params: Mapping[str, Any]) -> list[str]:
    """The parts of the options of the connection that must not be shown: secrets, also those in the wrong option."""
    given = {field: params.get(OPTIONS[field]) or None for field in _TEXTS}
    try:
        values = read_pasted(given, OPTIONS)
    except PastedError as error:
        return [given[error.field] or ""] if error.is_secret else []
    return [value for field in ("token_secret", "password") if (value := values[field])]


def find_source(field: str, value: Any) -> str:
    """What the user has set to give a field this value: a variable of the environment, or an option."""
    variable = VARIABLES[field]
    given = os.environ.get(variable, "")
    # As the options of modules read it.
    bare = given.strip().strip("\"'")
    if value is not None and str(value) in (given, bare, os.path.expanduser(bare)):
        return variable
    if not os.environ.get(variable) and os.environ.get(f"{variable}_FILE"):
        return f"{variable}_FILE"
    return OPTIONS[field]


def describe_source(message: str) -> str | None:
    """Which variable gives its value to the option that Ansible complains of; None if none does."""
    option = re.search(r"argument '(\w+)'", message)
    variable = next((VARIABLES[field] for field, name in OPTIONS.items() if option and name == option[1]), "")
    if not os.environ.get(variable):
        return None
    return f"Unless it is set elsewhere, its value is that of {variable} in the environment: correct it there."


def _require_secret(values: Mapping[str, Any], token_id: str | None) -> None:
    if token_id and not values["token_secret"]:
        variables = "PROXMOX_TOKEN_SECRET or PROXMOX_TOKEN_SECRET_FILE"
        unused = values["password"] and f" ({find_source('password', values['password'])} is not for tokens)"
        raise _missing_option_error(f"api_token_secret{unused or ''}", variables, "token_secret")
    if not token_id and not values["password"]:
        needed = "api_token_id and api_token_secret, or api_password"
        raise _missing_option_error(needed, "PROXMOX_TOKEN_ID and its secret", "token_id", "token_secret", "password")


def _missing_option_error(option: str, variable: str, *fields: str) -> PveError:
    others = list_other_names((name for name, value in os.environ.items() if value), fields)
    files = [f"{VARIABLES[field]}_FILE" for field in fields if os.environ.get(f"{VARIABLES[field]}_FILE")]
    others += [f"{file} is set, but the file is empty or can't be read." for file in files]
    return PveError(
        INVALID_PARAMETER,
        f"The connection to Proxmox VE lacks {option}.",
        " ".join([f"Set the option, or {variable} in the environment.", *others]),
    )


def _find_endpoint(values: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, int]:
    field = "url" if values["url"] else "host"
    if not values[field]:
        raise _missing_option_error("api_url or api_host", "PROXMOX_URL or PROXMOX_HOST", "url", "host")
    host, port = read_address(values[field], field, OPTIONS[field])
    if field == "host" or port is None:
        port = params.get("api_port") or port
    return host, port or DEFAULT_PORT


def _find_identity(values: Mapping[str, Any]) -> tuple[str, str | None]:
    """The user and the bare token name, from a token's id as C(name) or C(user@realm!name)."""
    user, token_id = values["user"], values["token_id"]
    if token_id and "!" in token_id:
        owner, token_id = token_id.split("!", 1)
        if user and user != owner:
            raise PveError(
                INVALID_PARAMETER,
                f"{find_source('user', user)} is {user}, but the token belongs to {owner}.",
                "Leave the user out, or name the token's owner.",
            )
        user = owner
    if not user and token_id:
        name = find_source("token_id", token_id)
        raise _missing_option_error(f"api_user: {name} is only the name of the token", "PROXMOX_USER", "user")
    if not user:
        raise _missing_option_error("api_user", "PROXMOX_USER", "user", "token_id")
    if "@" not in user:
        raise PveError(
            INVALID_PARAMETER,
            f"{find_source('user', user)} has no realm: {user}",
            "Write it as user@realm, such as root@pam or ops@pve.",
        )
    return user, token_id


def _parse_fingerprint(value: str | None) -> str | None:
    if not value:
        return None
    digits = parse_fingerprint(value)
    if digits is None:
        raise PveError(
            INVALID_PARAMETER,
            f"{find_source('fingerprint', value)} is not a SHA-256 fingerprint: {value}",
            "It is 32 bytes in hex; Proxmox VE shows it under Node > System > Certificates.",
        )
    return digits


def require_usable_ca(connection: Connection) -> None:
    """Raise C(invalid_parameter), naming what was set, unless the CA to trust can be read."""
    fault = connection.trust == "ca_path" and describe_unusable_ca(connection.ca_path or "")
    if fault:
        raise PveError(
            INVALID_PARAMETER,
            f"{find_source('ca_path', connection.ca_path)} can't be used: {fault}.",
            "Set it to the path of the CA's PEM file, a copy of /etc/pve/pve-root-ca.pem of a node.",
        )
