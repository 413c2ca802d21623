# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor profile`: the clusters that are known by name."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import profiles, secrets
from mcp_bridge.settings.profiles import Profile
from playvisor.cli import console


def add(name: str, facts: dict[str, Any], secret_file: Path | None, *, keyring: bool) -> None:
    """Keep a profile and its secret. Raises UsageError for one that could not work."""
    known = profiles.load()
    profile = Profile(**facts)
    address = urlsplit(profile.url if "://" in profile.url else f"https://{profile.url}")
    if not address.hostname or "@" in address.netloc:
        raise UsageError("The url must name a node, and hold no credentials.", "Give --url https://NODE:8006.")
    if not profile.token_id and "@" not in (profile.user or ""):
        raise UsageError("Nobody is named who logs in.", "Give --token-id user@realm!name, or --user user@realm.")
    kind = _kind(profile)
    secret = _secret(_asking(kind, name), secret_file)
    known = known.with_profile(name, _with(profile, kind, secrets.store(name, secret, keyring=keyring)))
    profiles.save(known)
    console.err().print(f"Profile {name} is kept in {profiles.find_file()}.")
    console.err().print(f"Next: playvisor profile test {name}")


def show_all(*, as_json: bool) -> None:
    """Every profile, without its secret."""
    known = profiles.load()
    told = [{"name": name, "default": name == known.default, **_told(one)} for name, one in known.profiles.items()]
    if as_json:
        console.print_json(told)
    elif told:
        rows = [[one["name"], "yes" if one["default"] else "", one["url"], one["login"], one["secret"]] for one in told]
        console.table(["profile", "default", "cluster", "login", "secret"], rows)
    else:
        console.err().print("There is no profile yet. `playvisor profile add NAME --url … --token-id …` makes one.")


def show(name: str, *, as_json: bool) -> None:
    """One profile, without its secret."""
    told = {"name": name, **_told(profiles.load().get(name))}
    if as_json:
        console.print_json(told)
    else:
        console.facts(told)


def test(name: str, *, as_json: bool) -> int:
    """Look at everything that has to be right, as `playvisor doctor` does with this profile."""
    from playvisor.cli.doctor import examine

    profiles.load().get(name)
    os.environ[profiles.VARIABLE] = name
    return examine(as_json=as_json)


def use(name: str) -> None:
    """Make a profile the default."""
    known = profiles.load()
    known.get(name)
    profiles.save(replace(known, default=name))
    console.err().print(f"{name} is used from now on, unless --profile or PROXMOX_URL says otherwise.")


def remove(name: str) -> None:
    """Forget a profile and its secret."""
    known = profiles.load()
    secrets.delete_from_keyring(name, known.get(name))
    profiles.save(known.without_profile(name))
    console.err().print(f"Profile {name} is removed.")


def encrypt(name: str, *, keyring: bool) -> None:
    """Keep a profile's secret in another way: one in clear, or in the other place, is moved."""
    known = profiles.load()
    profile = known.get(name)
    kind = _kind(profile)
    kept = getattr(profile, kind)
    if secrets.is_in_clear(kept):
        secret = kept
    elif kept is None or (keyring and kept == secrets.KEYRING):
        secret = _secret(_asking(kind, name), None)
    else:
        secret = secrets.read_in_clear(name, profile) or ""
    concealed = secrets.store(name, secret, keyring=keyring)
    if not keyring:
        secrets.delete_from_keyring(name, profile)
    profiles.save(known.with_profile(name, _with(profile, kind, concealed)))
    console.err().print(f"The secret of {name} is {'in the keyring' if keyring else 'encrypted with ansible-vault'}.")


def _told(profile: Profile) -> dict[str, Any]:
    kept = getattr(profile, profile.secret) if profile.secret else None
    where = "none" if kept is None else "in clear" if secrets.is_in_clear(kept) else "vault"
    token = profile.token_id or ""
    return {
        "url": profile.url,
        "login": token if "!" in token or not profile.user else f"{profile.user}!{token}".removesuffix("!"),
        "tls": profile.fingerprint or profile.ca_path or ("system's CAs" if profile.verify_ssl else "not verified"),
        "secret": "keyring" if kept == secrets.KEYRING else where,
    }


def _with(profile: Profile, kind: str, kept: str) -> Profile:
    return replace(profile, token_secret=kept) if kind == "token_secret" else replace(profile, password=kept)


def _kind(profile: Profile) -> str:
    return profile.secret or ("token_secret" if profile.token_id else "password")


def _asking(kind: str, name: str) -> str:
    return f"{kind.replace('_', ' ').capitalize()} for {name}: "


def _secret(asking: str, file: Path | None) -> str:
    """From a file, from whoever sits there, or from stdin."""
    try:
        if file is not None and str(file) != "-":
            secret = file.read_text(encoding="utf-8").strip()
        else:
            secret = getpass.getpass(asking) if file is None and sys.stdin.isatty() else sys.stdin.readline().strip()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"{file} can't be read: {reason}.", "Name another file, or leave it out.") from None
    if not secret:
        raise UsageError("The secret is empty.", "Type it when asked, pipe it in, or name a file with --secret-file.")
    return secret
