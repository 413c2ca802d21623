# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a plan is not applied, in words for whoever asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcp_bridge.result import Failure

if TYPE_CHECKING:
    from mcp_bridge.ledger.freezes import Freeze
    from mcp_bridge.policy import Decision

_NOTHING = "Nothing was changed."
_DIFFERENCES = {
    "tool": "for another tool",
    "digest": "another plan",
    "asker": "for somebody else",
    "asker_kind": "for another kind of caller",
    "cluster": "on another cluster",
    "judged": "what the policy judged it by has changed since",
    "policy": "the policy has changed since",
    "expires_at": "the approval has expired",
    "entries": "the ledger's entries do not say so",
    "signature": "the signature of its passkey does not count, or the passkey was revoked",
}


def describe_sent(sent: int, steps: int) -> str:
    """How far a run had come when it was stopped."""
    return _NOTHING if not sent else f"{sent} of {steps} requests had been sent before."


def make_refusal(decision: Decision) -> Failure:
    """The failure for a plan that the policy forbids."""
    return Failure(code="refused", message=f"{decision.reason} {_NOTHING}", hint=decision.advice)


def make_elsewhere(made_on: str, here: str) -> Failure:
    """The failure for a kept plan of another cluster."""
    return Failure(
        code="refused",
        message=f"The plan is for the cluster {made_on or 'that is not known'}, and this is {here}. {_NOTHING}",
        hint="Choose the profile, or the PROXMOX_* variables, of that cluster, or plan it anew here.",
    )


def describe_difference(difference: str) -> str:
    """Why an approval of the plan does not count; `difference` is what `find_approval` names."""
    return f"It was approved, but {_DIFFERENCES[difference]}." if difference else ""


def make_hold(decision: Decision, run_id: str, why: str = "", link: str | None = None) -> Failure:
    """The failure for a plan that waits for an approval; `why` says why one that was given does not count.

    `link` is the page where it can be decided on, if there is one.
    """
    ways = [] if decision.needs_passkey else [f"`playvisor approvals approve {run_id[:8]}` approves it"]
    if link:
        ways.append(f"a person approves it at {link}")
    elif decision.needs_passkey:
        ways.append(f"`playvisor approvals open {run_id[:8]}` prints the link to where it is approved")
    how = ", or ".join(ways)
    return Failure(
        code="approval_required",
        message=" ".join(filter(None, (decision.reason, why, "The plan is held; nothing was changed."))),
        hint=f"{decision.advice} {how[0].upper()}{how[1:]}; then make the same call again.",
    )


def make_freeze_failure(freeze: Freeze, sent: int = 0, steps: int = 0) -> Failure:
    """The failure while all changes are frozen."""
    return Failure(
        code="frozen",
        message=f"All changes are frozen: {freeze}. {describe_sent(sent, steps)}",
        hint="Reads and plans still work. `playvisor thaw` ends the freeze.",
    )


def make_drift(differences: Sequence[str]) -> Failure:
    """The failure for a plan that was judged by what is no longer so."""
    return Failure(
        code="drifted",
        message=f"What the plan was judged by has changed since: {', '.join(differences)}. {_NOTHING}",
        hint="Make the same call again: it is planned and judged anew.",
    )


def make_void_approval(why: str) -> Failure:
    """The failure for an approval that no longer counts."""
    return Failure(
        code="approval_required",
        message=f"The approval of this plan does not count any more: {why}. {_NOTHING}",
        hint="Make the same call again, and have the new plan approved.",
    )
