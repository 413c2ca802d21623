# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor profile`: named connections to clusters."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import identities, profiles, secrets
from mcp_bridge.settings.profiles import Profile
from playvisor.cli import console
from playvisor.cli.output import Output, print_document, print_facts, print_rows
from playvisor.cli.rendering.tables import Table

_PROFILES = Table(
    "",
    "profile=name default=default:yes cluster=url login secret",
    wide="tls",
    ids="name",
    empty="There is no profile yet. `playvisor profile add NAME --url … --token-id …` adds one.",
)


def add(name: str, facts: dict[str, Any], secret_file: Path | None, *, keyring: bool) -> None:
    """Save a profile and its secret. Raises UsageError for one that could not work."""
    saved = profiles.load()
    variables = {f"PROXMOX_{key.upper()}": key for key, value in facts.items() if isinstance(value, str)}
    options = {variable: f"--{key.replace('_', '-')}" for variable, key in variables.items()}
    clean: dict[str, Any] = identities.separate({variable: facts[key] for variable, key in variables.items()}, options)
    profile = Profile(**facts)
    if "=" in (profile.token_id or "") or "!" in (profile.user or ""):
        raise UsageError(
            "The token's id holds its secret, too, or stands in the place of a user; nothing was saved.",
            "Give --token-id user@realm!name alone. The secret is asked for, or read with --secret-file.",
        )
    profile = replace(profile, **{key: clean[variable] for variable, key in variables.items()})
    address = urlsplit(profile.url if "://" in profile.url else f"https://{profile.url}")
    if not address.hostname or "@" in address.netloc:
        raise UsageError("The URL must name a node and hold no credentials.", "Give --url https://NODE:8006.")
    if profile.user and "@" not in profile.user:
        raise UsageError(f"--user has no realm: {profile.user}.", "Write it as user@realm, such as root@pam.")
    identities.require_trust(
        profile.fingerprint, profile.ca_path, {"fingerprint": "--fingerprint", "ca_path": "--ca-path"}
    )
    if not profile.token_id and not profile.user:
        raise UsageError(
            "No token or user is given to log in with.", "Give --token-id user@realm!name, or --user user@realm."
        )
    kind = _get_secret_kind(profile)
    secret = _read_secret(_make_question(kind, name), secret_file)
    saved = saved.with_profile(name, _set_secret(profile, kind, secrets.store(name, secret, keyring=keyring)))
    profiles.save(saved)
    console.get_stderr().print(f"Profile {name} is saved in {profiles.find_file()}.")
    console.get_stderr().print(f"Next: playvisor profile test {name}")


def show_all(*, output: Output) -> None:
    """Print every profile, without its secret."""
    saved = profiles.load()
    descriptions = [
        {"name": name, "default": name == saved.default, **_describe(one)} for name, one in saved.profiles.items()
    ]
    print_rows(descriptions, _PROFILES, output)


def show(name: str, *, output: Output) -> None:
    """Print one profile, without its secret."""
    description = {"name": name, **_describe(profiles.load().get(name))}
    if output.is_document:
        print_document(description, output)
    else:
        print_facts(description)


def test(name: str, *, output: Output) -> int:
    """Run the checks of `playvisor doctor` with this profile; returns the exit status."""
    from playvisor.cli.doctor import examine

    profiles.load().get(name)
    os.environ[profiles.VARIABLE] = name
    return examine(output=output)


def use(name: str) -> None:
    """Make a profile the default."""
    saved = profiles.load()
    saved.get(name)
    profiles.save(replace(saved, default=name))
    console.get_stderr().print(f"{name} is the default from now on. --profile and PROXMOX_URL override it.")


def remove(name: str) -> None:
    """Delete a profile and its secret."""
    saved = profiles.load()
    secrets.delete_from_keyring(name, saved.get(name))
    profiles.save(saved.without_profile(name))
    console.get_stderr().print(f"Profile {name} is removed.")


def encrypt(name: str, *, keyring: bool) -> None:
    """Move a profile's secret to ansible-vault or the keyring, from clear text or from the other of the two."""
    saved = profiles.load()
    profile = saved.get(name)
    kind = _get_secret_kind(profile)
    stored = getattr(profile, kind)
    if secrets.is_in_clear(stored):
        secret = stored
    elif stored is None or (keyring and stored == secrets.KEYRING):
        secret = _read_secret(_make_question(kind, name), None)
    else:
        secret = secrets.read_in_clear(name, profile) or ""
    concealed = secrets.store(name, secret, keyring=keyring)
    if not keyring:
        secrets.delete_from_keyring(name, profile)
    profiles.save(saved.with_profile(name, _set_secret(profile, kind, concealed)))
    console.get_stderr().print(
        f"The secret of {name} is {'in the keyring' if keyring else 'encrypted with ansible-vault'}."
    )


def _describe(profile: Profile) -> dict[str, Any]:
    secret = getattr(profile, profile.secret) if profile.secret else None
    where = "none" if secret is None else "in clear" if secrets.is_in_clear(secret) else "vault"
    token = profile.token_id or ""
    return {
        "url": profile.url,
        "login": token if "!" in token or not profile.user else f"{profile.user}!{token}".removesuffix("!"),
        "tls": profile.fingerprint or profile.ca_path or ("system's CAs" if profile.verify_ssl else "not verified"),
        "secret": "keyring" if secret == secrets.KEYRING else where,
    }


def _set_secret(profile: Profile, kind: str, secret: str) -> Profile:
    return replace(profile, token_secret=secret) if kind == "token_secret" else replace(profile, password=secret)


def _get_secret_kind(profile: Profile) -> str:
    return profile.secret or ("token_secret" if profile.token_id else "password")


def _make_question(kind: str, name: str) -> str:
    return f"{kind.replace('_', ' ').capitalize()} for {name}: "


def _read_secret(question: str, file: Path | None) -> str:
    """Read the secret from the file, from the terminal, or from stdin."""
    try:
        if file is not None and str(file) != "-":
            secret = file.read_text(encoding="utf-8").strip()
        else:
            secret = getpass.getpass(question) if file is None and sys.stdin.isatty() else sys.stdin.readline().strip()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"{file} can't be read: {reason}.", "Name another file, or leave it out.") from None
    if not secret:
        raise UsageError("The secret is empty.", "Type it when asked, pipe it in, or name a file with --secret-file.")
    return secret
