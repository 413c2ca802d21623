# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authority's word on a plan, and the permit: it lets one run send the plan's requests.

A permit is looked at again before each of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.authority.judged import Judged
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.result import Failure

ALLOWED = "allowed"
APPROVED = "approved"
HELD = "held"
PLAN_ONLY = "plan only"

Recheck = Callable[["Permit"], "Verdict | None"]
"""Says why a permit is void by now; None while it is good."""


class Permit:
    """Lets one run send these steps. Only the authority makes one.

    Before the first request everything is judged again, and the run is entered into the ledger as admitted; before
    each further one, the freeze is looked at. Once it is void it stays so, and `refusal` says why. `caller` is who
    gets what the requests open.
    """

    def __init__(
        self,
        steps: Sequence[Mapping[str, Any]],
        admit: Recheck,
        look_again: Recheck,
        caller: Caller | None = None,
    ) -> None:
        self.steps = tuple(steps)
        self.caller = caller
        self.sent = 0
        self.refusal: Verdict | None = None
        self._admit = admit
        self._look_again = look_again
        self._is_admitted = False
        # Requests of a bulk run come side by side; the first of them is judged before any is sent.
        self._judging = threading.Lock()

    def make_grant(self) -> Grant:
        """Make the grant of exactly these steps."""
        return Grant(self.steps)

    def check(self) -> str | None:
        """Say why no request may be sent now; None when one may. Called before each."""
        with self._judging:
            if self.refusal is None:
                recheck = self._look_again if self._is_admitted else self._admit
                self.refusal = recheck(self)
                self._is_admitted = True
            if self.refusal is not None:
                return self.refusal.failure.message if self.refusal.failure else self.refusal.decision
            self.sent += 1
            return None


@dataclass(frozen=True)
class Verdict:
    """A word for the ledger, the rules behind it, who approved the plan, and why it is not applied.

    `elicitable`: an approval by the calling client's own user would suffice. Who may apply the plan gets a `permit`.
    """

    decision: str
    rules: tuple[str, ...] = ()
    approver: str | None = None
    failure: Failure | None = None
    elicitable: bool = False
    judged: Judged | None = field(default=None, repr=False)
    permit: Permit | None = field(default=None, repr=False)

    @property
    def applies(self) -> bool:
        """Whether the plan may be applied now."""
        return self.permit is not None
