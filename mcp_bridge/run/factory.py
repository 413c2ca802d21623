# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting it together: a bridge for the cluster that the environment describes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mcp_bridge.authority import Authority
from mcp_bridge.errors import UsageError
from mcp_bridge.executor import Executor
from mcp_bridge.executor.forkserver import lending
from mcp_bridge.run.call import Bridge
from mcp_bridge.run.gated import GatedExecutor
from mcp_bridge.settings import Settings, make_empty_settings
from mcp_bridge.system.private_folder import remove_abandoned_folders

if TYPE_CHECKING:
    from mcp_bridge.executor.warm import ServerSource


def make_authority(settings: Settings) -> Authority:
    """The authority of these settings, for what needs no cluster: reading, deciding on plans, freezing, tokens."""
    return Authority(settings)


def make_bridge(
    settings: Settings,
    *,
    lasting: bool = False,
    lends: Mapping[str, str] = MappingProxyType({}),
    server: ServerSource | None = None,
) -> Bridge:
    """A bridge that runs playbooks with ansible-runner, through a gateway that has the credentials.

    `lasting`: it serves more than one call, so what makes later ones faster pays; then its fork server `lends` forks to
    these programs, each with the module whose `main` it is. Its runs are forks of `server` where somebody keeps that.
    Raises UsageError when no cluster is configured.
    """
    settings.require_cluster()
    # The keys of runs whose process was killed.
    remove_abandoned_folders()
    authority = make_authority(settings)
    executor = (
        _make_kept_executor(settings, server) if server else _make_executor(settings, lasting=lasting, lends=lends)
    )
    return Bridge(settings, GatedExecutor(executor, authority), authority)


def make_mistaken_bridge(mistake: UsageError) -> Bridge:
    """A bridge without a cluster, which answers every call with a mistake in the settings."""
    from mcp_bridge.executor.cold import ColdExecutor

    settings = make_empty_settings()
    authority = make_authority(settings)
    bridge = Bridge(settings, GatedExecutor(ColdExecutor({}), authority), authority)
    bridge.mistake = mistake
    return bridge


def _make_executor(settings: Settings, *, lasting: bool, lends: Mapping[str, str]) -> Executor:
    connection = settings.connection_env()
    keeper = _choose_server_source(connection, lasting=lasting, lends=lends) if settings.executor != "cold" else None
    if keeper is None and settings.executor != "warm":
        from mcp_bridge.executor.cold import ColdExecutor

        return ColdExecutor(connection)
    from mcp_bridge.executor.warm import WarmExecutor

    warm = WarmExecutor(connection, keeper)
    warm.start()
    return warm


def _make_kept_executor(settings: Settings, server: ServerSource) -> Executor:
    from mcp_bridge.executor.warm import WarmExecutor

    return WarmExecutor(settings.connection_env(), server)


def _choose_server_source(
    connection: Mapping[str, str], *, lasting: bool, lends: Mapping[str, str]
) -> ServerSource | None:
    """The fork server for the runs of this process."""
    from mcp_bridge.executor import warm
    from mcp_bridge.executor.forkserver import head_start

    if lending.lender_folder:
        return warm.BorrowedServer(Path(lending.lender_folder))
    return (
        warm.make_supervisor(connection, purpose="lend-too", lent_programs=lends) if lasting else head_start.supervisor
    )
