# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes apart what people paste as addresses, users and tokens, before anything of it is kept.

The rules are the collection's own, `plugins/module_utils/_api/pasted.py`, which imports nothing and is loaded by its
path: modules, the inventory, the environment and profiles all understand the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from mcp_bridge import collection
from mcp_bridge.errors import UsageError
from mcp_bridge.settings.endpoint import Credentials

_FIELDS = ("url", "host", "user", "token_id", "port", "ca_path", "fingerprint", "verify_ssl")
IDENTITIES = tuple(f"PROXMOX_{field.upper()}" for field in _FIELDS)
"""The variables that are kept and shown, so that no secret may be in them."""


def separate(given: Mapping[str, str | None], names: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """The variables without what was pasted around their values, and with each secret under the name of a secret.

    Raises UsageError for one that holds a placeholder, or a secret in the wrong place; it names the variable, or what
    stands for it in `names`.
    """
    rules = _load_rules()
    fields = {variable: field for field, variable in rules.VARIABLES.items()}
    shown = {field: (names or {}).get(variable, variable) for variable, field in fields.items()}
    try:
        values = rules.read_pasted({fields[variable]: value for variable, value in given.items()}, shown)
    except rules.PastedError as error:
        raise UsageError(error.message, error.hint) from None
    return {rules.VARIABLES[field]: value for field, value in values.items()}


def read_address(text: str, variable: str) -> tuple[str, int | None]:
    """The host, without brackets, and the port, if any, in an address. Raises UsageError that names the variable."""
    rules = _load_rules()
    try:
        host, port = rules.read_address(text, "url", variable)
    except rules.PastedError as error:
        raise UsageError(error.message, error.hint) from None
    return host, port


def complete_otp(code: str) -> str:
    """A one-time password with its kind, as the API takes it."""
    completed: str = _load_rules().complete_otp(code)
    return completed


def describe_odd_secret(credentials: Credentials) -> str | None:
    """What looks wrong about a secret that was refused, without showing it, and what to do; None if nothing does."""
    secrets = (credentials.token_secret, credentials.password)
    odd: str | None = _load_rules().describe_odd_secret(*(secret and secret.get_secret_value() for secret in secrets))
    return odd


def require_trust(fingerprint: str | None, ca_path: str | None, names: Mapping[str, str]) -> None:
    """Raise UsageError for a fingerprint or a CA that can't be used, by what it is called in `names`."""
    rules = collection.load_rules("plugins/module_utils/_api/trust.py")
    if fingerprint and not rules.parse_fingerprint(fingerprint):
        raise UsageError(
            f"{names['fingerprint']} is not a SHA-256 fingerprint: {fingerprint}",
            "It is 32 bytes in hex; Proxmox VE shows it under Node > System > Certificates.",
        )
    fault = ca_path and rules.describe_unusable_ca(str(Path(ca_path).expanduser()))
    if fault:
        raise UsageError(f"{names['ca_path']} can't be used: {fault}.", "Name the PEM file of the CA to trust.")


def list_other_names(environment: Iterable[str], missing: Iterable[str]) -> list[str]:
    """A sentence for each variable that is what other programs call one of the `missing` PROXMOX_* variables."""
    fields = [variable.removeprefix("PROXMOX_").lower() for variable in missing]
    sentences: list[str] = _load_rules().list_other_names(environment, fields)
    return sentences


def _load_rules() -> ModuleType:
    return collection.load_rules("plugins/module_utils/_api/pasted.py")
