# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings from the environment, and the secrets taken out of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import identities, profiles
from mcp_bridge.settings.endpoint import Credentials, Endpoint, Trust
from mcp_bridge.settings.environment import describe_errors, read_secret_file
from mcp_bridge.system.memory import pop_variable
from mcp_bridge.text.redaction import Redactor

Mode = Literal["read", "check", "apply"]

SECRETS = ("PROXMOX_TOKEN_SECRET", "PROXMOX_PASSWORD", "PROXMOX_OTP")
# What other parts of Playvisor read.
_FURTHER = (profiles.VARIABLE, "PLAYVISOR_PROFILES", "PLAYVISOR_VAULT_PASSWORD_FILE")


def _alias(*names: str) -> AliasChoices:
    return AliasChoices(*names)


def _name_variable(field: FieldInfo) -> str:
    """The first of the variables of a field."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias)


class Settings(BaseSettings):
    """The settings in the environment. Secrets are read from `NAME`, or from the file that `NAME_FILE` names."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    url: str | None = Field(None, validation_alias=_alias("PROXMOX_URL"))
    host: str | None = Field(None, validation_alias=_alias("PROXMOX_HOST"))
    port: int | None = Field(None, validation_alias=_alias("PROXMOX_PORT"), ge=1, le=65535)
    user: str | None = Field(None, validation_alias=_alias("PROXMOX_USER"))
    token_id: str | None = Field(None, validation_alias=_alias("PROXMOX_TOKEN_ID"))
    token_secret: SecretStr | None = Field(None, validation_alias=_alias("PROXMOX_TOKEN_SECRET"))
    password: SecretStr | None = Field(None, validation_alias=_alias("PROXMOX_PASSWORD"))
    otp: SecretStr | None = Field(None, validation_alias=_alias("PROXMOX_OTP"))
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
    # Days for which runs and what they changed can't be removed.
    keep_days_min: int = Field(30, validation_alias=_alias("PLAYVISOR_KEEP_DAYS_MIN"), ge=0)
    # Days after which artifacts are removed, and bytes that they may take in all.
    artifacts_days: int | None = Field(None, validation_alias=_alias("PLAYVISOR_ARTIFACTS_DAYS"), ge=1)
    artifacts_max: int = Field(2 * 2**30, validation_alias=_alias("PLAYVISOR_ARTIFACTS_MAX"), ge=0)
    # Days for which every version of what was observed is kept, and for which one a day is.
    history_days: int = Field(90, validation_alias=_alias("PLAYVISOR_HISTORY_DAYS"), ge=1)
    history_daily_days: int = Field(730, validation_alias=_alias("PLAYVISOR_HISTORY_DAILY_DAYS"), ge=1)
    # Where people reach `playvisor web`; with it, held plans tell the page on which they are decided on.
    web_url: str | None = Field(None, validation_alias=_alias("PLAYVISOR_WEB_URL"))
    # Whether an MCP client is asked for its user's approval; without, such plans are held for `playvisor approvals`.
    elicitation: Literal["on", "off"] = Field("on", validation_alias=_alias("PLAYVISOR_ELICITATION"))
    # An answer counts as a person's from this many seconds on, and as many again for every thousand characters shown.
    reading_seconds: float = Field(1.0, validation_alias=_alias("PLAYVISOR_READING_SECONDS"), ge=0)
    # Seconds after which a call over MCP or REST is answered as `running`, before its client gives up; 0 waits for it.
    answer_seconds: float = Field(40.0, validation_alias=_alias("PLAYVISOR_ANSWER_SECONDS"), ge=0)
    # How ansible-playbook is started; the face chooses unless it is set.
    executor: Literal["warm", "cold"] | None = Field(None, validation_alias=_alias("PLAYVISOR_EXECUTOR"))
    # Whether commands start a `playvisor serve` that makes the next ones faster.
    serve: Literal["auto", "off"] = Field("off", validation_alias=_alias("PLAYVISOR_SERVE"))
    # Seconds after which a server that lasts looks at the cluster again, for its history; 0 is never.
    history_seconds: int = Field(300, validation_alias=_alias("PLAYVISOR_HISTORY_SECONDS"), ge=0)
    # Folders or files of the fleets that the web serves, with a colon between them.
    web_fleets: str | None = Field(None, validation_alias=_alias("PLAYVISOR_WEB_FLEETS"))
    # Seconds after which a run is stopped in any case; each module has its own, shorter timeouts.
    run_timeout: int = Field(6 * 3600, validation_alias=_alias("PLAYVISOR_RUN_TIMEOUT"), ge=1)

    def __init__(self, **values: Any) -> None:
        # By names of fields only here: in the environment USER, HOST, PORT and MODE are not ours.
        fields = type(self).model_fields
        super().__init__(**{_name_variable(fields[name]) if name in fields else name: values[name] for name in values})

    @field_validator("*", mode="before")
    @classmethod
    def _strip_quotes(cls, value: Any) -> Any:
        """A text without the quotes and white space around it that some programs keep of a file of variables."""
        if not isinstance(value, str):
            return value
        text = value.strip()
        return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text

    @field_validator("state_dir", "policy")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    @field_validator("web_url")
    @classmethod
    def _require_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("write it as https://playvisor.example.com")
        return value.rstrip("/")

    def make_plan_link(self, plan_id: str) -> str | None:
        """The page on which a plan is decided on; None where it is not known."""
        return f"{self.web_url}/approvals/{plan_id}" if self.web_url else None

    @property
    def endpoint(self) -> Endpoint:
        """The cluster; without an address when none is configured."""
        trust = Trust(self.fingerprint, self.ca_path, self.verify_ssl)
        return Endpoint("pve", self._make_url(), self._make_identity(), trust)

    @property
    def credentials(self) -> Credentials:
        """The secrets for the cluster."""
        return Credentials(self.token_secret, self.password, self.otp)

    @property
    def redactor(self) -> Redactor:
        """Hides these settings' secrets."""
        secrets = (self.token_secret, self.password)
        in_clear = [secret.get_secret_value() for secret in secrets if secret]
        return Redactor([*in_clear, *list_secrets(self.ledger_url)])

    def _make_url(self) -> str:
        if not self.url and not self.host:
            return ""
        if self.url and "://" in self.url and not self.port:
            return self.url
        host, port = identities.read_address(self.url or self.host or "", "PROXMOX_URL" if self.url else "PROXMOX_HOST")
        if not self.url or port is None:
            port = self.port or port
        return f"https://{f'[{host}]' if ':' in host else host}:{port or 8006}"

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
        missing, lacking = [], []
        if not self.endpoint.url:
            lacking += ["PROXMOX_URL", "PROXMOX_HOST"]
            missing.append("PROXMOX_URL (such as https://pve1.example.com:8006)")
        if self.token_id and not self.token_secret:
            lacking.append("PROXMOX_TOKEN_SECRET")
            unused = " (PROXMOX_PASSWORD is not for tokens)" if self.password else ""
            missing.append(f"PROXMOX_TOKEN_SECRET or PROXMOX_TOKEN_SECRET_FILE{unused}")
        if self.user and not self.token_id and not self.password:
            lacking += ["PROXMOX_TOKEN_ID", "PROXMOX_TOKEN_SECRET", "PROXMOX_PASSWORD"]
            missing.append("PROXMOX_PASSWORD or PROXMOX_PASSWORD_FILE of PROXMOX_USER, or the id and secret of a token")
        elif not self.token_id and not self.password:
            lacking += ["PROXMOX_USER", "PROXMOX_TOKEN_ID", "PROXMOX_TOKEN_SECRET", "PROXMOX_PASSWORD"]
            missing.append("PROXMOX_TOKEN_ID (user@realm!name) and PROXMOX_TOKEN_SECRET or PROXMOX_TOKEN_SECRET_FILE")
        elif self.user and "@" not in self.endpoint.identity:
            raise UsageError(
                f"PROXMOX_USER has no realm: {self.user}.", "Write it as user@realm, such as root@pam or ops@pve."
            )
        elif "@" not in self.endpoint.identity:
            missing.append("PROXMOX_USER (user@realm), or PROXMOX_TOKEN_ID as user@realm!name")
        if missing:
            others = identities.list_other_names((name for name, value in os.environ.items() if value), lacking)
            raise UsageError(
                " ".join([f"No Proxmox VE cluster is configured: {'; '.join(missing)} not set.", *others]),
                "Set them in the environment, or keep them with `playvisor profile add`. To try without a cluster, run "
                "`playvisor sim` and set what it prints.",
            )


def load_settings(*, with_profile: bool = True) -> Settings:
    """Read the environment once, and remove the secrets from it, so that no process started later inherits them.

    Where a profile is chosen, the cluster is the profile's and PROXMOX_* are ignored; a password may be asked for, to
    decrypt its secret. Raises UsageError that names the variable when a value is invalid.
    """
    given: dict[str, Any] = {name: pop_variable(name) or read_secret_file(name) for name in SECRETS}
    given |= {name: os.environ.get(name) for name in identities.IDENTITIES}
    profile = profiles.choose_name() if with_profile else None
    if profile:
        given = _read_profile(profile)
    names = {name: f"{name.removeprefix('PROXMOX_').lower()} of profile {profile}" for name in given if profile}
    present = {name: value for name, value in given.items() if value is not None}
    separated = identities.separate(present, names)
    values: dict[str, Any] = {name: value for name, value in separated.items() if value}
    if not profile:
        _replace_variables(given, values)
    values |= {name: SecretStr(values[name]) if values.get(name) else None for name in SECRETS}
    if profile:
        values = {**dict.fromkeys(given), **values}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise UsageError(describe_errors(error), "Correct it in the environment, or unset it.") from None


def make_empty_settings() -> Settings:
    """Settings without a cluster, for a server that can't use those in the environment, but the folder of its state."""
    folder = os.environ.get("PLAYVISOR_STATE_DIR")
    known = {"state_dir": Path(folder).expanduser().absolute()} if folder else {}
    return Settings.model_construct(**known)  # type: ignore[arg-type]


def _read_profile(name: str) -> dict[str, Any]:
    """The connection that a profile describes, with a value or None for every PROXMOX_* variable."""
    from mcp_bridge.settings import secrets

    profile = profiles.load().get(name)
    values: dict[str, str | None] = dict.fromkeys(("PROXMOX_HOST", "PROXMOX_PORT", *SECRETS))
    for key, value in asdict(profile).items():
        values[f"PROXMOX_{key.upper()}"] = value if value is None else str(value)
    if profile.secret:
        values[f"PROXMOX_{profile.secret.upper()}"] = secrets.read_in_clear(name, profile)
    return values


def _replace_variables(given: Mapping[str, str | None], values: Mapping[str, str | None]) -> None:
    """Take what was a secret in the wrong variable out of the environment, too."""
    for name in identities.IDENTITIES:
        if given.get(name) and given[name] != values.get(name):
            pop_variable(name)
            if values.get(name):
                os.environ[name] = str(values[name])


def list_variables() -> frozenset[str]:
    """The variables that Playvisor reads, none of which is meant to hold a secret apart from those in `SECRETS`."""
    from mcp_bridge.settings.web import list_web_variables

    aliases = [field.validation_alias for field in Settings.model_fields.values()]
    named = {str(name) for alias in aliases if isinstance(alias, AliasChoices) for name in alias.choices}
    return frozenset({*named, *(f"{name}_FILE" for name in SECRETS), *_FURTHER, *list_web_variables()})


def list_secrets(url: str | None) -> list[str]:
    """The passwords in a URL, as they stand there and decoded."""
    if not url:
        return []
    address = urlsplit(url)
    found = [address.password or "", *(value for name, value in parse_qsl(address.query) if "pass" in name.lower())]
    return [form for secret in found if secret for form in (secret, unquote(secret))]
