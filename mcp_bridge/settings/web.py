# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of `playvisor web`: where it listens, by which addresses it is reached, and who may come in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mcp_bridge.errors import UsageError
from mcp_bridge.settings.environment import describe_errors, read_secret_file
from mcp_bridge.system.memory import pop_variable

SECRET = "PLAYVISOR_WEB_OIDC_CLIENT_SECRET"  # noqa: S105 - the name of a variable
Network = IPv4Network | IPv6Network
Texts = Annotated[tuple[str, ...], NoDecode]


def _alias(name: str) -> AliasChoices:
    return AliasChoices(f"PLAYVISOR_WEB_{name}")


class WebSettings(BaseSettings):
    """What the environment says, and options of the command before it.

    Lists have commas or spaces between their parts, roles have `;`, since names of groups may have commas.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, populate_by_name=True)

    host: str = Field("127.0.0.1", validation_alias=_alias("HOST"))
    port: int = Field(8786, validation_alias=_alias("PORT"), ge=0, le=65535)
    tls_cert: Path | None = Field(None, validation_alias=_alias("TLS_CERT"))
    tls_key: Path | None = Field(None, validation_alias=_alias("TLS_KEY"))
    # Where people reach it, where that is not where it listens.
    public_url: str | None = Field(None, validation_alias=_alias("URL"))
    allow_host: Texts = Field((), validation_alias=_alias("ALLOW_HOST"))
    trusted_proxy: Texts = Field((), validation_alias=_alias("TRUSTED_PROXY"))
    oidc_issuer: str | None = Field(None, validation_alias=_alias("OIDC_ISSUER"))
    oidc_client_id: str | None = Field(None, validation_alias=_alias("OIDC_CLIENT_ID"))
    oidc_client_secret: SecretStr | None = Field(None, validation_alias=_alias("OIDC_CLIENT_SECRET"))
    oidc_label: str | None = Field(None, validation_alias=_alias("OIDC_LABEL"))
    oidc_scopes: str = Field("openid profile email", validation_alias=_alias("OIDC_SCOPES"))
    oidc_roles_claim: str = Field("groups", validation_alias=_alias("OIDC_ROLES_CLAIM"))
    oidc_role: Texts = Field((), validation_alias=_alias("OIDC_ROLES"))
    realm_login: bool = Field(False, validation_alias=_alias("REALM_LOGIN"))
    realm_role: Texts = Field((), validation_alias=_alias("REALM_ROLES"))
    passkey_login: bool = Field(False, validation_alias=_alias("PASSKEY_LOGIN"))

    @field_validator("allow_host", "trusted_proxy", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(filter(None, re.split(r"[,\s]+", value))) if isinstance(value, str) else value

    @field_validator("oidc_role", "realm_role", mode="before")
    @classmethod
    def _split_roles(cls, value: Any) -> Any:
        return tuple(filter(None, map(str.strip, re.split(r"[;\n]", value)))) if isinstance(value, str) else value

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of the proxies that are believed. Raises UsageError for what is none."""
        try:
            return tuple(ip_network(text, strict=False) for text in self.trusted_proxy)
        except ValueError as error:
            raise UsageError(
                f"--trusted-proxy is wrong: {error}.", "Give an address or a network, such as 10.0.0.5 or 10.0.0.0/24."
            ) from None


def load_web_settings(given: Mapping[str, Any]) -> WebSettings:
    """Read the environment, where `given`, which has the names of fields, does not say something else.

    The secret of OpenID Connect is taken out of `PLAYVISOR_WEB_OIDC_CLIENT_SECRET`, or read from the file that the same
    with `_FILE`, or `oidc_client_secret_file`, names. Raises UsageError, with the variable, for what is not valid.
    """
    # What was not given, is for the environment to say; 0 is a port.
    options = {name: value for name, value in given.items() if value is not None and value is not False and value != ()}
    named = options.pop("oidc_client_secret_file", None)
    in_clear = pop_variable(SECRET)
    secret = read_secret_file(SECRET, str(named)) if named else in_clear or read_secret_file(SECRET)
    options |= {"oidc_client_secret": SecretStr(secret)} if secret else {}
    try:
        return WebSettings(**options)
    except ValidationError as error:
        raise UsageError(describe_errors(error), "Correct it in the environment, or unset it.") from None


def list_web_variables() -> frozenset[str]:
    """The variables that are read here."""
    aliases = [field.validation_alias for field in WebSettings.model_fields.values()]
    named = {str(name) for alias in aliases if isinstance(alias, AliasChoices) for name in alias.choices}
    return frozenset({*named, f"{SECRET}_FILE"})
