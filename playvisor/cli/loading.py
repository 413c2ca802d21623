# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load what commands need into the process that they are forked from."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from mcp_bridge import catalogue

# With what libraries import only when they are used.
_MODULES = (
    "ansible_runner",
    "cedarpy",
    "playvisor.cli.app",
    "playvisor.cli.call",
    "mcp_bridge.gateway.server",
    "mcp_bridge.ledger.artifacts",
    "mcp_bridge.authority.freeze",
    "mcp_bridge.ledger.admissions",
    "mcp_bridge.ledger.writer",
    "mcp_bridge.policy",
    "mcp_bridge.executor.runner_patch",
    "sqlalchemy.dialects.sqlite",
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "httpcore2",
    "mcp_bridge.executor.run_limit",
    "mcp_bridge.executor.warm",
    "playvisor.cli.rendering.layout",
    "rich.console",
    "sqlite3",
    "truststore",
    "uvicorn.lifespan.off",
)


def load_commands() -> Iterator[None]:
    """Import the modules, and build every tool's schema and the tree of commands, in small steps."""
    for name in _MODULES:
        importlib.import_module(name)
        yield
    for tool in catalogue.list_offered():
        # The schema is cached in the tool.
        dict(tool.input_schema)
        yield
    importlib.import_module("playvisor.cli").make_commands(())
    yield
