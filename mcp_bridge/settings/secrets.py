# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of profiles: encrypted with ansible-vault, or in the system's keyring."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.settings.profiles import Profile

KEYRING = "keyring"
_VAULT = "$ANSIBLE_VAULT;"
_SERVICE = "playvisor"
_PASSWORD_FILES = ("PLAYVISOR_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_PASSWORD_FILE")


def read_in_clear(name: str, profile: Profile) -> str | None:
    """The profile's secret in clear; None when it has none. Raises UsageError when it can't be read or decrypted."""
    stored = getattr(profile, profile.secret) if profile.secret else None
    if stored is None:
        return None
    if stored == KEYRING:
        secret = _call_keyring("get_password", name)
        if secret is None:
            raise UsageError(
                f"The keyring has no secret for profile {name}.",
                f"Set it with `playvisor profile encrypt {name} --keyring`.",
            )
        return str(secret)
    if is_in_clear(stored):
        raise UsageError(
            f"The {profile.secret} of profile {name} is kept in clear.", f"Run `playvisor profile encrypt {name}`."
        )
    return _decrypt(name, stored)


def is_in_clear(stored: str | None) -> bool:
    """Whether what the profiles' file holds is the secret itself."""
    return bool(stored) and stored != KEYRING and not str(stored).lstrip().startswith(_VAULT)


def store(name: str, secret: str, *, keyring: bool) -> str:
    """Put a secret into the keyring, or encrypt it; returns what the profiles' file holds in its place."""
    if keyring:
        _call_keyring("set_password", name, secret)
        return KEYRING
    text: str = _make_vault(new=True).encrypt(secret).decode()
    return text


def delete_from_keyring(name: str, profile: Profile) -> None:
    """Delete a profile's secret from the keyring, if it is there."""
    if (
        profile.secret
        and getattr(profile, profile.secret) == KEYRING
        and _call_keyring("get_password", name) is not None
    ):
        _call_keyring("delete_password", name)


def _decrypt(name: str, encrypted: str) -> str:
    from ansible.errors import AnsibleError  # type: ignore[import-untyped]

    try:
        text: str = _make_vault().decrypt(encrypted.strip().encode()).decode()
    except AnsibleError:
        raise UsageError(
            f"The secret of profile {name} can't be decrypted: it was encrypted with another password.",
            f"Give the right one, or set it again with `playvisor profile add {name}`.",
        ) from None
    return text


def _make_vault(*, new: bool = False) -> Any:
    from ansible.parsing.vault import VaultLib, VaultSecret  # type: ignore[import-untyped]

    return VaultLib([("default", VaultSecret(_get_vault_password(new=new).encode()))])


def _get_vault_password(*, new: bool) -> str:
    """Read the password from the file that the environment names, or ask for it on the terminal; twice if it is new."""
    path = next((os.environ[variable] for variable in _PASSWORD_FILES if os.environ.get(variable)), None)
    if path:
        return _read_password_file(path)
    if not sys.stdin.isatty():
        raise UsageError(
            "The vault password of the profiles is not known.",
            f"Set {_PASSWORD_FILES[0]} to a file with it, or use the keyring: `playvisor profile encrypt --keyring`.",
        )
    password = getpass.getpass("Vault password: ")
    if new and getpass.getpass("Vault password, again: ") != password:
        raise UsageError("The two passwords are not the same.", "Try again.")
    if not password:
        raise UsageError("The vault password is empty.", "Try again.")
    return password


def _read_password_file(path: str) -> str:
    """The content of a password file, or what it prints if it is a script, as ansible-vault does."""
    from ansible.errors import AnsibleError
    from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
    from ansible.parsing.vault import get_file_vault_secret

    try:
        secret = get_file_vault_secret(filename=path, loader=DataLoader())
        secret.load()
    except AnsibleError as error:
        raise UsageError(f"The vault password can't be read from {path}: {error}", "Name another file.") from None
    password: str = secret.bytes.decode()
    return password


def _call_keyring(operation: str, *arguments: str) -> Any:
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]
        from keyring.errors import KeyringError  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UsageError(
            "The package keyring is not installed.", "Install `playvisor[keyring]`, or use ansible-vault instead."
        ) from None
    try:
        return getattr(keyring, operation)(_SERVICE, *arguments)
    except KeyringError as error:
        raise UsageError(f"The keyring can't be used: {error}", "Unlock it, or use ansible-vault instead.") from None
