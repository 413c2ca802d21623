# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a state-changing module is made of, and what becomes of each of its targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._api.errors import TIMEOUT, PveError
from .._module.plan import Plan, Step

if TYPE_CHECKING:
    from .._api.client import Client
    from .._guest.guest import Guest

Observed = TypeVar("Observed")


@dataclass
class Outcome:
    """What became of one target: its plan, what was done of it, and the failure that ended it, if any.

    I(guest) is the guest that its plan is for, as its own configuration had it when the plan was made. I(has_sent) is
    whether any request was sent.
    """

    target: dict[str, Any]
    plan: Plan | None = None
    guest: Guest | None = None
    has_sent: bool = False
    steps_done: int = 0
    upids: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failure: PveError | None = None
    state: dict[str, Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    # What the latest request was answered.
    answer: Any = None

    @property
    def changed(self) -> bool:
        """Whether anything was, or goes on being, done to the target."""
        running = self.failure is not None and self.failure.code == TIMEOUT and bool(self.upids)
        moved = self.state is not None and self.plan is not None and self.state != self.plan.before
        return bool(self.steps_done) or running or (self.failure is not None and self.has_sent and moved)

    @property
    def label(self) -> str:
        """The target as messages name it: a guest as C(101 (web-01)), others by what identifies them."""
        if "vmid" in self.target:
            name = self.target.get("name")
            return f"{self.target['vmid']} ({name})" if name else str(self.target["vmid"])
        return " ".join(map(str, self.target.values()))


class Resource(ABC, Generic[Observed]):
    """What a state-changing module is made of. Only C(plan) differs in kind between modules, and it is pure."""

    noun: str
    # Whether the wished state counts as reached whoever brought it about, as a power state does. A clone does not: an
    # id that somebody else has taken meanwhile is not the clone that was asked for.
    shared_goal: bool = False
    # Seconds that a state may take to show once every request has ended, 0 where it is there at once; None: what is
    # left of the timeout.
    settle_seconds: float | None = None

    @abstractmethod
    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Observed]:
        """What exists, one entry per target, in few API calls."""

    @abstractmethod
    def target(self, observed: Observed) -> dict[str, Any]:
        """The identity of a target: what a plan binds to and a result starts with."""

    @abstractmethod
    def plan(self, observed: Observed, params: dict[str, Any]) -> Plan:
        """The steps from what is observed to what the options ask for; raises PveError where there is no way."""

    @abstractmethod
    def read_state(self, client: Client, observed: Observed, plan: Plan) -> dict[str, Any]:
        """The state as it is now, in the shape of C(plan.before) and C(plan.after)."""

    def acts_on(self, observed: Observed) -> Guest | None:
        """The guest that there is and that the plan's requests are for; None where they are for none, or make one."""
        return None

    def prepare_step(self, client: Client, step: Step) -> Step | None:
        """A step as it is to be sent now that those before it are done: with the digest that they have left, say.

        None: it is not needed after all, where the plan had to allow for what it couldn't know. May only read, and
        changes nothing of the request but its digest. Raises PveError to send no more.
        """
        return step

    def send(self, client: Client, observed: Observed, step: Step, outcome: Outcome) -> Any:
        """Send a step's request and return its answer; what the result is to show of it goes into C(outcome.facts)."""
        more = {"file": step.file} if step.file else {}
        return client.request(step.method, step.path, step.params, **more)

    def is_reached(self, plan: Plan, state: dict[str, Any]) -> bool:
        """Whether a state is the one that the plan was to bring about."""
        return state == plan.after

    def extra_facts(self, observed: Observed, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        """What else the result says of a target; with a client, as it is now that the plan was applied."""
        return {}

    def finish_step(self, client: Client, step: Step, outcome: Outcome, deadline: float) -> None:
        """See what a step's C(outcome.answer) only began to its end, until C(time.monotonic()) reaches I(deadline).

        What came of it goes into C(outcome.facts); raises PveError where it went wrong.
        """

    def replan_after_refusal(self, client: Client, observed: Observed, plan: Plan, error: PveError) -> Observed | None:
        """What to plan from instead, after the very first request was refused in a way that left nothing behind.

        None: there is nothing else to try. A PveError that it raises takes the place of I(error), and says that
        nothing was done to this target.
        """
        return None


class GuestResource(Resource[Observed]):
    """A resource whose targets are guests that there are: what it observes has the C(guest)."""

    noun = "guests"

    def target(self, observed: Observed) -> dict[str, Any]:
        return observed.guest.identity()

    def acts_on(self, observed: Observed) -> Guest | None:
        return observed.guest
