# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How runs end: what is known of each kind of ending, as facts that nobody changes afterwards.

The result (`outcome.result_of`) and the ledger's closing entry (`outcome.closing_of`) are made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mcp_bridge.authority.verdict import Verdict
from mcp_bridge.evidence.requests import SentRequest
from mcp_bridge.executor import PlaybookOutcome
from mcp_bridge.result import Plan


@dataclass(frozen=True)
class Known:
    """What every ending has. `denied` are requests that the run tried to send and was not granted."""

    run_id: str
    verdict: Verdict
    plan: Plan | None = None
    denied: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """A tool that changes nothing has run."""

    known: Known
    outcome: PlaybookOutcome


@dataclass(frozen=True)
class NotApplied:
    """No plan was made, or it was not applied, for the reason in the verdict. `outcome` is of the check mode."""

    known: Known
    outcome: PlaybookOutcome


@dataclass(frozen=True)
class Underway:
    """No end yet: the plan that check mode came to is about to be applied."""

    known: Known
    outcome: PlaybookOutcome


@dataclass(frozen=True)
class Applied:
    """The plan was applied, and the module has said what came of it."""

    known: Known
    outcome: PlaybookOutcome


@dataclass(frozen=True)
class BrokenOff:
    """Applying the plan was stopped, or what the module returned was lost.

    `requests` are those that it had sent, with what became of their tasks; `missing` are planned ones that it had not,
    as people call them.
    """

    known: Known
    outcome: PlaybookOutcome
    requests: tuple[SentRequest, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Crashed:
    """Playvisor itself has failed. `requests` and `missing` are as for `BrokenOff`; `state_dir` is where to look."""

    known: Known
    error: str
    state_dir: Path
    requests: tuple[SentRequest, ...] = ()
    missing: tuple[str, ...] = ()


Ending = Read | NotApplied | Applied | BrokenOff | Crashed
