# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles: how to reach each of several clusters, kept in one file; their secrets never in clear."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from mcp_bridge.errors import UsageError
from mcp_bridge.text.yaml import load_yaml

VARIABLE = "PLAYVISOR_PROFILE"
SECRETS = ("token_secret", "password")
_COMMENT = "# Made by `playvisor profile`. Secrets are encrypted with ansible-vault, or kept in the keyring."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Profile:
    """How to reach one cluster: what PROXMOX_* say otherwise. A secret is a vault text, or `keyring`."""

    url: str
    token_id: str | None = None
    user: str | None = None
    ca_path: str | None = None
    fingerprint: str | None = None
    verify_ssl: bool = True
    token_secret: str | None = None
    password: str | None = None

    @property
    def secret(self) -> str | None:
        """The name of the secret that it has; None when it has none."""
        return next((name for name in SECRETS if getattr(self, name)), None)


@dataclass(frozen=True)
class Profiles:
    """The contents of the file."""

    default: str | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def get(self, name: str) -> Profile:
        """The profile of that name. Raises UsageError that names the others when there is none."""
        if name in self.profiles:
            return self.profiles[name]
        near = get_close_matches(name, self.profiles, n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        names = f"There are: {', '.join(self.profiles)}." if self.profiles else "There is none yet."
        raise UsageError(f"There is no profile {name!r}.", f"{guess}{names} `playvisor profile add` makes one.")

    def with_profile(self, name: str, profile: Profile) -> Profiles:
        """These profiles with one added or replaced; the first one becomes the default.

        Raises UsageError for a name that is not allowed.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} can't be a profile's name.", "Use letters, digits, dots, dashes, underscores.")
        return replace(self, default=self.default or name, profiles={**self.profiles, name: profile})

    def without_profile(self, name: str) -> Profiles:
        """These profiles without one. Raises UsageError when there is none of that name."""
        self.get(name)
        remaining = {key: profile for key, profile in self.profiles.items() if key != name}
        return Profiles(self.default if self.default in remaining else None, remaining)


def find_file() -> Path:
    """The path of the file with the profiles, which need not exist."""
    path = os.environ.get("PLAYVISOR_PROFILES")
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(path or f"{config}/playvisor/profiles.yml").expanduser().absolute()


def load() -> Profiles:
    """Read the file; no profiles when there is none. Raises UsageError for a file that can't be used."""
    try:
        data = load_yaml(find_file().read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return Profiles()
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise _unusable(getattr(error, "strerror", None) or str(error).splitlines()[0]) from None
    entries = data.get("profiles") if isinstance(data, dict) else None
    if not isinstance(entries, dict):
        raise _unusable("it has no `profiles`")
    profiles = {str(name): _parse_profile(str(name), entry) for name, entry in entries.items()}
    default = data.get("default")
    if default is not None and default not in profiles:
        raise _unusable(f"its default {default!r} is none of its profiles")
    return Profiles(default, profiles)


def save(profiles: Profiles) -> None:
    """Replace the file atomically, readable for its owner only. Raises UsageError when it can't be written."""
    data = {
        "default": profiles.default,
        "profiles": {name: _to_data(profile) for name, profile in profiles.profiles.items()},
    }
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    path = find_file().resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
            new.write(f"{_COMMENT}\n{text}")
        Path(new.name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.", "Set PLAYVISOR_PROFILES to another.") from None


def choose_name() -> str | None:
    """The name of the profile to use; None when the environment names a cluster instead, or there is no default."""
    name = os.environ.get(VARIABLE)
    if name or os.environ.get("PROXMOX_URL") or os.environ.get("PROXMOX_HOST"):
        return name or None
    return load().default


def name_setting(variable: str) -> str:
    """What gives a PROXMOX_* variable its value, as messages call it: the variable, or a key of the chosen profile."""
    chosen = choose_name()
    return f"{variable.removeprefix('PROXMOX_').lower()} of profile {chosen}" if chosen else variable


def _parse_profile(name: str, entry: Any) -> Profile:
    known = [known_field.name for known_field in fields(Profile)]
    if not isinstance(entry, dict):
        raise _unusable(f"profile {name} is no mapping")
    unknown = sorted(str(key) for key in entry if key not in known)
    if unknown:
        raise _unusable(f"profile {name} has an unknown key {unknown[0]!r}; there are: {', '.join(known)}")
    if not entry.get("url"):
        raise _unusable(f"profile {name} has no url")
    for key, value in entry.items():
        expected = bool if key == "verify_ssl" else str
        if value is not None and not isinstance(value, expected):
            raise _unusable(f"{key} of profile {name} must be {'true or false' if expected is bool else 'text'}")
    return Profile(**entry)


def _to_data(profile: Profile) -> dict[str, Any]:
    """The keys of a profile whose values differ from the defaults."""
    return {key: value for key, value in asdict(profile).items() if value not in (None, True)}


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines, such as a vault's, as a block."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def _unusable(why: str) -> UsageError:
    return UsageError(f"{find_file()} can't be used: {why}.", "Correct it, or set PLAYVISOR_PROFILES to another file.")
