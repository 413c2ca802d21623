# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings from the environment, and the secrets taken out of it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import profiles
from mcp_bridge.settings.endpoint import Credentials, Endpoint, Trust
from mcp_bridge.system.memory import pop_variable
from mcp_bridge.text.redaction import Redactor

Mode = Literal["read", "check", "apply"]

SECRETS = ("PROXMOX_TOKEN_SECRET", "PROXMOX_PASSWORD")


def _alias(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseSettings):
    """The settings in the environment. Secrets are read from `NAME`, or from the file that `NAME_FILE` names."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, populate_by_name=True)

    url: str | None = Field(None, validation_alias=_alias("PROXMOX_URL"))
    host: str | None = Field(None, validation_alias=_alias("PROXMOX_HOST"))
    port: int | None = Field(None, validation_alias=_alias("PROXMOX_PORT"), ge=1, le=65535)
    user: str | None = Field(None, validation_alias=_alias("PROXMOX_USER"))
    token_id: str | None = Field(None, validation_alias=_alias("PROXMOX_TOKEN_ID"))
    token_secret: SecretStr | None = Field(None, validation_alias=_alias("PROXMOX_TOKEN_SECRET"))
    password: SecretStr | None = Field(None, validation_alias=_alias("PROXMOX_PASSWORD"))
    verify_ssl: bool = Field(True, validation_alias=_alias("PROXMOX_VERIFY_SSL"))
    ca_path: str | None = Field(None, validation_alias=_alias("PROXMOX_CA_PATH"))
    fingerprint: str | None = Field(None, validation_alias=_alias("PROXMOX_FINGERPRINT"))

    state_dir: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state", "playvisor"),
        validation_alias=_alias("PLAYVISOR_STATE_DIR"),
    )
    mode: Mode | None = Field(None, validation_alias=_alias("PLAYVISOR_MODE"))
    ledger_url: str | None = Field(None, validation_alias=_alias("PLAYVISOR_LEDGER_URL"))
    policy: Path | None = Field(None, validation_alias=_alias("PLAYVISOR_POLICY"))
    # Seconds within which a plan can be approved and applied.
    plan_seconds: int = Field(900, validation_alias=_alias("PLAYVISOR_PLAN_SECONDS"), ge=1)
    # Whether an MCP client is asked for its user's approval; without, such plans are held for `playvisor approvals`.
    elicitation: Literal["on", "off"] = Field("on", validation_alias=_alias("PLAYVISOR_ELICITATION"))
    # An answer counts as a person's from this many seconds on, and as many again for every thousand characters shown.
    reading_seconds: float = Field(1.0, validation_alias=_alias("PLAYVISOR_READING_SECONDS"), ge=0)
    # How ansible-playbook is started; the face chooses unless it is set.
    executor: Literal["warm", "cold"] | None = Field(None, validation_alias=_alias("PLAYVISOR_EXECUTOR"))
    # Seconds after which a run is stopped in any case; each module has its own, shorter timeouts.
    run_timeout: int = Field(6 * 3600, validation_alias=_alias("PLAYVISOR_RUN_TIMEOUT"), ge=1)

    @field_validator("state_dir", "policy")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    @field_validator("url", "host")
    @classmethod
    def _without_credentials(cls, value: str | None) -> str | None:
        if value and "@" in urlsplit(value if "://" in value else f"https://{value}").netloc:
            raise ValueError("an address must not hold credentials; use PROXMOX_TOKEN_ID and its secret")
        return value

    @property
    def endpoint(self) -> Endpoint:
        """The cluster; without an address when none is configured."""
        trust = Trust(self.fingerprint, self.ca_path, self.verify_ssl)
        return Endpoint("pve", self._make_url(), self._make_identity(), trust)

    @property
    def credentials(self) -> Credentials:
        """The secrets for the cluster."""
        return Credentials(self.token_secret, self.password)

    @property
    def redactor(self) -> Redactor:
        """Hides these settings' secrets."""
        return self.credentials.redactor

    def _make_url(self) -> str:
        if self.url:
            return self.url if "://" in self.url else f"https://{self.url}"
        return f"https://{self.host}:{self.port or 8006}" if self.host else ""

    def _make_identity(self) -> str:
        if self.token_id and "!" in self.token_id:
            return self.token_id
        if self.token_id and self.user:
            return f"{self.user}!{self.token_id}"
        return self.user or ""

    def connection_env(self) -> dict[str, str]:
        """The PROXMOX_* variables without the secrets, for the environment of a playbook."""
        values = {
            "PROXMOX_URL": self.url,
            "PROXMOX_HOST": self.host,
            "PROXMOX_PORT": self.port,
            "PROXMOX_USER": self.user,
            "PROXMOX_TOKEN_ID": self.token_id,
            "PROXMOX_VERIFY_SSL": "true" if self.verify_ssl else "false",
            "PROXMOX_CA_PATH": str(Path(self.ca_path).expanduser().absolute()) if self.ca_path else None,
            "PROXMOX_FINGERPRINT": self.fingerprint,
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    def require_cluster(self) -> None:
        """Raise UsageError, naming every variable to set, unless a cluster and credentials are configured."""
        missing = []
        if not self.endpoint.url:
            missing.append("PROXMOX_URL (such as https://pve1.example.com:8006)")
        if self.token_id and not self.token_secret:
            missing.append("PROXMOX_TOKEN_SECRET or PROXMOX_TOKEN_SECRET_FILE")
        if not self.token_id and not self.password:
            missing.append("PROXMOX_TOKEN_ID (user@realm!name) and PROXMOX_TOKEN_SECRET or PROXMOX_TOKEN_SECRET_FILE")
        elif "@" not in self.endpoint.identity:
            missing.append("PROXMOX_USER (user@realm), or PROXMOX_TOKEN_ID as user@realm!name")
        if missing:
            raise UsageError(
                f"No Proxmox VE cluster is configured: {'; '.join(missing)} not set.",
                "Set them in the environment, or keep them with `playvisor profile add`. To try without a cluster, run "
                "`playvisor sim` and set what it prints.",
            )


def load_settings(*, with_profile: bool = True) -> Settings:
    """Read the environment once, and remove the secrets from it, so that no process started later inherits them.

    Where a profile is chosen, the cluster is the profile's and PROXMOX_* are ignored; a password may be asked for, to
    decrypt its secret. Raises UsageError that names the variable when a value is invalid.
    """
    values: dict[str, Any] = {}
    for name in SECRETS:
        secret = pop_variable(name) or _read_secret_file(name)
        if secret:
            values[name] = SecretStr(secret)
    profile = profiles.choose_name() if with_profile else None
    if profile:
        values = _read_profile(profile)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise UsageError(_describe_errors(error), "Correct it in the environment, or unset it.") from None


def _read_profile(name: str) -> dict[str, Any]:
    """The connection that a profile describes, with a value or None for every PROXMOX_* variable."""
    from mcp_bridge.settings import secrets

    profile = profiles.load().get(name)
    values: dict[str, Any] = dict.fromkeys(("PROXMOX_HOST", "PROXMOX_PORT", *SECRETS))
    for key, value in asdict(profile).items():
        values[f"PROXMOX_{key.upper()}"] = value
    if profile.secret:
        values[f"PROXMOX_{profile.secret.upper()}"] = SecretStr(secrets.read_in_clear(name, profile) or "")
    return values


def _read_secret_file(name: str) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(
            f"{name}_FILE can't be read: {path}: {reason}.", "Point it at the file with the secret."
        ) from None


def _describe_errors(error: ValidationError) -> str:
    # Without the values: one of them may be a secret in the wrong variable.
    return "; ".join(
        f"{'.'.join(map(str, entry['loc']))}: {entry['msg'].removeprefix('Value error, ')}" for entry in error.errors()
    )
