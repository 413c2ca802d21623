# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A permit: what lets one run send the requests of one plan, and is looked at again before each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcp_bridge.gateway.grants import Grant

if TYPE_CHECKING:
    from mcp_bridge.authority.verdict import Verdict

Recheck = Callable[["Permit"], "Verdict | None"]
"""Says why a permit is void by now; None while it is good."""


class Permit:
    """Lets one run send these steps. Only the authority makes one.

    Before the first request everything is judged again, and the run is entered into the ledger as admitted; before
    each further one, the freeze is looked at. Once it is void it stays so, and `refusal` says why.
    """

    def __init__(self, steps: Sequence[Mapping[str, Any]], admit: Recheck, look_again: Recheck) -> None:
        self.steps = tuple(steps)
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
