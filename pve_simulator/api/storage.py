# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/storage: storage definitions."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.storage import Storage
from pve_simulator.storage.definitions import (
    check_mounted,
    config_text,
    definition_view,
    generated_secrets,
    new_config,
    storage_digest,
    updated_config,
)
from pve_simulator.storage.lookup import check_online, storage_of

_MAY_SEE = ("Datastore.Audit", "Datastore.AllocateSpace")


@route("GET", "/storage")
def list_definitions(call: Call) -> list[dict[str, Any]]:
    """The definitions that the caller may see, all or of one type."""
    kind = call.text("type")
    return [
        definition_view(call.cluster, storage)
        for storage in call.cluster.storages.values()
        if kind in (None, storage.type) and call.subject.may(f"/storage/{storage.id}", *_MAY_SEE)
    ]


@route("GET", "/storage/{storage}")
def read_definition(call: Call) -> dict[str, Any]:
    """One definition."""
    return definition_view(call.cluster, storage_of(call.cluster, call.need("storage")))


@route("POST", "/storage")
def create(call: Call) -> dict[str, Any]:
    """Define a storage; options that its kind does not have, or lacks, are refused."""
    name, kind = call.need("storage"), call.need("type")
    settings = config_text(call.params)
    config = new_config(kind, name, settings)
    try:
        if name in call.cluster.storages:
            raise failure(f"storage ID '{name}' already defined")
        check_mounted(name, config)
        check_online(call.cluster, Storage(name, config))
    except ApiError as error:
        raise failure(f"create storage failed: {error.message}") from error
    call.cluster.storages[name] = _size_like_directories(call, Storage(name, config))
    return _build_answer(name, kind, generated_secrets(kind, name, settings))


@route("PUT", "/storage/{storage}")
def update(call: Call) -> dict[str, Any]:
    """Change a definition."""
    try:
        digest = call.text("digest")
        if digest is not None and digest != storage_digest(call.cluster):
            raise failure("detected modified configuration - file changed by other user? Try again.")
        storage = storage_of(call.cluster, call.need("storage"))
        settings = config_text(call.params)
        storage.config = updated_config(storage, settings, call.items("delete"))
    except ApiError as error:
        raise failure(f"update storage failed: {error.message}") from error
    return _build_answer(storage.id, storage.type, generated_secrets(storage.type, storage.id, settings))


@route("DELETE", "/storage/{storage}")
def delete(call: Call) -> None:
    """Delete a definition; the content of the storage stays."""
    try:
        storage = storage_of(call.cluster, call.need("storage"))
        used = f"{storage.id}:"
        if any(other.config.get("base", "").startswith(used) for other in call.cluster.storages.values()):
            raise failure("can't remove storage - storage is used as base of another storage")
    except ApiError as error:
        raise failure(f"delete storage failed: {error.message}") from error
    del call.cluster.storages[storage.id]
    access = call.cluster.access
    access.acl = [entry for entry in access.acl if entry.path != f"/storage/{storage.id}"]


def _build_answer(name: str, kind: str, secrets: dict[str, str] | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"storage": name, "type": kind}
    return {**answer, "config": secrets} if secrets else answer


def _size_like_directories(call: Call, storage: Storage) -> Storage:
    """Give a directory the size and use of the other directories, which are on the same disk."""
    for other in call.cluster.storages.values():
        if storage.type in ("dir", "btrfs") and other.type == storage.type:
            storage.total, storage.base_used = other.total, other.base_used
    return storage
