# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor mcp install`: add Playvisor to an AI client's configuration, and keep everything else in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.offer import make_offer
from mcp_bridge.errors import UsageError
from mcp_bridge.settings import SECRETS, load_settings
from playvisor.cli import clients, console


def install(
    client_name: str, name: str, options: Mapping[str, str], file: Path | None, *, only_print: bool, as_json: bool
) -> None:
    """Write the server into the client's configuration, or print what would be written.

    Raises UsageError for an unknown client, and for a file that can't be changed safely; then nothing was changed.
    """
    client = clients.find_client(client_name)
    names = {name: _split_names(options.get(name, "")) for name in ("toolsets", "tools", "aliases")}
    make_offer(names["toolsets"], names["tools"], alias_sets=names["aliases"])
    # Loading the settings takes the secrets out of the environment, wherever they stand in it.
    secret_variables = {name: value for name in SECRETS if (value := os.environ.get(name))}
    settings = load_settings()
    environment = {**os.environ, **secret_variables}
    connection = clients.read_connection(environment, settings.redactor, client)
    command = [
        *_get_own_command(),
        "mcp",
        *(word for pair in options.items() if pair[1] for word in _make_option(*pair)),
    ]
    notes = _make_notes(client, connection, configured=bool(settings.endpoint.url), may_change="apply" in command)
    if only_print:
        entry = clients.make_entry(client, command, connection.variables, None)
        console.print_json({client.servers: {name: entry}})
        _print_notes(notes)
        return
    path = (file or client.find_path(environment)).expanduser()
    config, text = _read_config(path)
    servers = config.setdefault(client.servers, {})
    if not isinstance(servers, dict):
        raise _make_file_error(path, f"its {client.servers} is not an object")
    old_entry = servers.get(name)
    servers[name] = clients.make_entry(client, command, connection.variables, old_entry)
    changed = servers[name] != old_entry
    in_clear = [secret for secret in SECRETS if not str(servers[name]["env"].get(secret, "$")).startswith("$")]
    notes += [f"{path} holds {secret} in clear. Name a file with {secret}_FILE instead." for secret in in_clear]
    backup = _write_config(path, config, text) if changed else None
    if as_json:
        facts = {"client": client.name, "file": str(path), "changed": changed, "backup": backup and str(backup)}
        console.print_json({**facts, "entry": servers[name], "notes": notes, "next": client.next})
        return
    if not changed:
        console.get_stderr().print(f"{client.title}: unchanged, {path} already has it.")
        _print_notes(notes)
        return
    verb = "added to" if old_entry is None else "updated in"
    console.get_stderr().print(f"{client.title}: {name} {verb} {path}.")
    if backup:
        console.get_stderr().print(f"Backup of the old file: {backup}")
    _print_notes([*notes, f"Next: {client.next}"])


def _get_own_command() -> list[str]:
    """The command that starts this installation of Playvisor from any folder."""
    script = Path(sys.executable).with_name("playvisor")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "playvisor"]


def _make_option(name: str, value: str) -> list[str]:
    return [f"--{name}"] if value == "yes" else [f"--{name}", value]


def _read_config(path: Path) -> tuple[dict[str, Any], str]:
    """The file's configuration and its text; both empty when there is no file yet."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeError) as error:
        raise _make_file_error(path, str(getattr(error, "strerror", None) or "it is not text")) from None
    try:
        config = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise _make_file_error(path, f"it is not plain JSON, perhaps because of comments: {error}") from None
    if not isinstance(config, dict):
        raise _make_file_error(path, "it does not hold an object")
    return config, text


def _write_config(path: Path, config: Mapping[str, Any], old: str) -> Path | None:
    """Replace the file at once by the new one; returns the path of the old one's copy, if there was a file."""
    # Follow a link, so that the file behind it is replaced and not the link.
    path = path.resolve()
    indent = re.search(r"^[ \t]+(?=\S)", old, re.M)
    text = json.dumps(config, indent=indent[0] if indent else 2, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        backup = None
        if path.exists():
            backup = path.with_name(f"{path.name}.{datetime.now():%Y%m%d-%H%M%S-%f}.bak")
            shutil.copy2(path, backup)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(f"{text}\n")
        if backup:
            shutil.copymode(backup, file.name)
        Path(file.name).replace(path)
    except OSError as error:
        raise _make_file_error(path, f"it can't be written: {error.strerror}") from None
    return backup


def _make_notes(
    client: clients.Client, connection: clients.Connection, *, configured: bool, may_change: bool
) -> list[str]:
    """What the user should know, or still has to do."""
    notes = []
    if not configured and "PLAYVISOR_PROFILE" not in connection.variables:
        notes.append("No cluster is configured here. Set PROXMOX_* as `playvisor doctor` says, and run this again.")
    for secret in connection.secrets:
        file = f"put it into a file that only you can read, set {secret}_FILE to its path, and run this again"
        if client.reference:
            note = f"{client.title} takes {secret} from its own environment; if it is not set there, {file}."
        elif client.inherits:
            note = f"{client.title} passes {secret} on from the shell that starts it; to avoid that, {file}."
        else:
            note = (
                f"{secret} was not written, because it is a secret. {client.title} can't get it otherwise, so {file}."
            )
        notes.append(note)
    if connection.left_out:
        notes.append(
            f"Not written, because it is not known here, or may hold a secret: {', '.join(connection.left_out)}."
        )
    if not may_change:
        notes.append(
            "It offers only tools that read, unless PLAYVISOR_MODE says otherwise. "
            "With --mode apply it may change things, as far as policy allows."
        )
    return notes


def _print_notes(lines: Sequence[str]) -> None:
    for line in lines:
        console.get_stderr().print(line)


def _make_file_error(path: Path, why: str) -> UsageError:
    return UsageError(
        f"Nothing was changed: {path} can't be used: {why}.",
        "Name another file with --file, or copy what --print shows into it.",
    )


def _split_names(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(",") if word.strip()]
