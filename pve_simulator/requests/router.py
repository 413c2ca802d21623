# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which function handles which method and path; rooms register theirs with a decorator."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pve_simulator.requests.call import Call

Handler = Callable[["Call"], Any | Awaitable[Any]]

_HANDLERS: dict[tuple[str, str], Handler] = {}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with more than `data`: extra keys beside it, such as `total`."""

    data: Any
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RawReply:
    """An answer that is not JSON."""

    body: bytes
    content_type: str = "text/plain"


def route(method: str, template: str) -> Callable[[Handler], Handler]:
    """Register a handler for a method and a path template as the API schema writes it."""

    def register(handler: Handler) -> Handler:
        key = (method, template)
        if key in _HANDLERS:
            raise ValueError(f"two handlers for {method} {template}")
        _HANDLERS[key] = handler
        return handler

    return register


@cache
def load_handlers() -> dict[tuple[str, str], Handler]:
    """Import every module under `api`, and return all handlers."""
    package = importlib.import_module("pve_simulator.api")
    for module in pkgutil.walk_packages(package.__path__, "pve_simulator.api."):
        importlib.import_module(module.name)
    return _HANDLERS
