# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage definitions: what makes one complete, how it changes, how it is shown. Pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.schema import load_facts
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.storage import Storage
from pve_simulator.storage.plugins import PLUGINS, Plugin

_IDENTITY = frozenset({"storage", "type", "digest", "delete"})
_YES = frozenset({"1", "on", "yes", "true"})
_NO = frozenset({"0", "off", "no", "false"})
_LISTS = frozenset({"content", "nodes"})


def config_text(params: Mapping[str, Any]) -> dict[str, str]:
    """Verified parameters as the text values of storage.cfg."""
    return {key: _to_text(key, value) for key, value in params.items() if key not in _IDENTITY}


def new_config(kind: str, name: str, params: Mapping[str, str]) -> dict[str, str]:
    """The definition of a new storage, with what its kind adds; raises what its kind refuses."""
    plugin = PLUGINS[kind]
    config = dict(params)
    if not config.get("nodes"):
        config.pop("nodes", None)
    if plugin.mounted:
        config.setdefault("path", f"/mnt/pve/{name}")
    plugin.rules.check(config, create=True)
    settings = _check_settings(plugin, config)
    _check_path(kind, settings)
    settings["type"] = kind
    settings.setdefault("content", ",".join(sorted(plugin.default_content)))
    if plugin.shared:
        settings["shared"] = "1"
    return _without_secrets(plugin, settings)


def updated_config(storage: Storage, changes: Mapping[str, str], delete: Iterable[str]) -> dict[str, str]:
    """A definition with changes; raises what its kind refuses."""
    plugin = PLUGINS[storage.type]
    plugin.rules.check(changes, create=False)
    settings = _check_settings(plugin, changes)
    config = dict(storage.config)
    plugin.rules.delete(config, delete, settings)
    if "disable" in settings:
        config.pop("disable", None)
    config |= _without_secrets(plugin, settings)
    config.setdefault("content", ",".join(sorted(plugin.default_content)))
    return config


def check_mounted(name: str, config: Mapping[str, str]) -> None:
    """Raise for a directory that has to be a mount point: nothing else is mounted on simulated nodes."""
    mount = config.get("is_mountpoint", "no")
    if mount.lower() in _NO or "disable" in config:
        return
    where = config.get("path") if mount.lower() in _YES else mount
    what = f"directory is expected to be a mount point but is not mounted: '{where}'"
    raise failure(f"unable to activate storage '{name}' - {what}")


def definition_view(cluster: Cluster, storage: Storage) -> dict[str, Any]:
    """A definition with its typed values and the digest of the whole file."""
    view: dict[str, Any] = {
        key: int(value) if key in _numbers() and value.lstrip("-").isdecimal() else value
        for key, value in storage.config.items()
    }
    return {**view, "storage": storage.id, "type": storage.type, "digest": storage_digest(cluster)}


def storage_digest(cluster: Cluster) -> str:
    """The digest of storage.cfg."""
    sections = (
        f"{storage.type}: {storage.id}\n"
        + "".join(f"\t{key} {value}\n" for key, value in sorted(storage.config.items()) if key != "type")
        for storage in cluster.storages.values()
    )
    return digest_of("\n".join(sections))


def generated_secrets(kind: str, name: str, settings: Mapping[str, str]) -> dict[str, str] | None:
    """What the server returns once about a key that it made or took (`config` of the answer)."""
    key = settings.get("encryption-key")
    if kind != "pbs" or key is None:
        return None
    if key == "autogen":
        made = hashlib.sha256(f"{name} encryption key".encode()).hexdigest()
        key = f'{{"kdf":null,"data":"{made}"}}'
    return {"encryption-key": key}


def _check_settings(plugin: Plugin, options: Mapping[str, str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for option, value in options.items():
        if "\n" in value or "\r" in value:
            raise failure("property contains a line feed")
        settings[option] = value
    if "content" in settings:
        settings["content"] = _check_content(plugin, settings["content"])
    if settings.get("format") is not None and settings["format"] not in plugin.formats:
        del settings["format"]
    return settings


def _check_content(plugin: Plugin, text: str) -> str:
    # The server only warns, in its own log, of content types that the kind does not have.
    chosen = [item for item in dict.fromkeys(text.split(",")) if item in plugin.contents]
    if "none" in chosen and len(chosen) > 1:
        raise failure("unable to combine 'none' with other content types")
    if not chosen and "none" not in plugin.contents:
        raise failure("storage does not support content type 'none'")
    return ",".join(chosen) or "none"


def _check_path(kind: str, settings: Mapping[str, str]) -> None:
    path = settings.get("path")
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_.@")
    if kind == "dir" and path is not None and not (len(path) > 1 and path.startswith("/") and set(path) <= allowed):
        raise failure(f"illegal path for directory storage: {path}")


def _without_secrets(plugin: Plugin, settings: Mapping[str, str]) -> dict[str, str]:
    public = {key: value for key, value in settings.items() if key not in plugin.sensitive}
    if public.get("disable") == "0":
        # The one boolean that stands in the file only when it is set.
        del public["disable"]
    key = settings.get("encryption-key")
    if key is not None:
        digest = hashlib.sha256(key.encode()).hexdigest()
        public["encryption-key"] = ":".join(digest[at : at + 2] for at in range(0, 64, 2))
    return public


def _to_text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if key in _LISTS:
        items = value if isinstance(value, list) else re.split(r"[,; \0]+", str(value))
        return ",".join(str(item) for item in items if item)
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)


@cache
def _numbers() -> frozenset[str]:
    match = load_facts().find("POST", "/storage")
    properties = (match.endpoint.parameters.properties if match else None) or {}
    return frozenset(name for name, schema in properties.items() if schema.type in ("integer", "boolean", "number"))
