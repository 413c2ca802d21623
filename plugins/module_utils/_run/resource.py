# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource, which every state-changing module implements, and Outcome, which says what became of a target."""

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
    """What became of one target: its plan, how many steps were done, and the failure that ended it, if any.

    I(guest) is the guest that the plan is for, with its configuration when the plan was made. I(has_sent) is whether
    any request was sent.
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
    # The answer to the latest request.
    answer: Any = None
    # Whether the wished state was found after an answer was lost, so that nothing is left to do.
    is_goal_reached: bool = False

    @property
    def unknown(self) -> bool:
        """Whether it can't be known what became of the latest request."""
        return self.failure is not None and self.failure.is_unknown

    @property
    def changed(self) -> bool:
        """Whether the target was changed, is still being changed, or may have been."""
        if self.steps_done or self.unknown:
            return True
        if self.failure is None or not self.has_sent:
            return False
        if not self.upids and self.plan is not None and all(step.task for step in self.plan.steps):
            # What only tasks do was not done by a request that was refused, but by somebody else.
            return False
        # A task that has failed, or still runs, may have done anything until then.
        if self.upids and (self.failure.code == TIMEOUT or self.state is None):
            return True
        return self.state is not None and self.plan is not None and self.state != self.plan.before

    @property
    def label(self) -> str:
        """The target as messages name it: a guest as C(101 (web-01)), others by what identifies them."""
        if "vmid" in self.target:
            name = self.target.get("name")
            return f"{self.target['vmid']} ({name})" if name else str(self.target["vmid"])
        return " ".join(map(str, self.target.values()))


class Resource(ABC, Generic[Observed]):
    """The parts of a state-changing module. C(plan), the only part that differs in kind, is a pure function."""

    noun: str
    # Whether the wished state counts as reached no matter who brought it about, as with a power state. It does not with
    # a clone: an id that somebody else has taken meanwhile is not the clone that was asked for.
    shared_goal: bool = False
    # Whether a step that is not needed after all was done by another one of the same task.
    counts_unneeded: bool = False
    # Seconds to wait for the wished state once every request has ended, 0 where it is there at once; None: the rest of
    # the timeout.
    settle_seconds: float | None = None
    # The keys of the state that may be as wished only some time later; None: all of them. Another one that is not as
    # wished once every request has ended won't become so.
    late_keys: frozenset[str] | None = None

    @abstractmethod
    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Observed]:
        """Read what exists, one entry per target, in few API calls."""

    @abstractmethod
    def target(self, observed: Observed) -> dict[str, Any]:
        """The identity of a target: what a plan binds to and a result starts with."""

    @abstractmethod
    def plan(self, observed: Observed, params: dict[str, Any]) -> Plan:
        """The steps from what is observed to what the options ask for; raises PveError where that is impossible."""

    @abstractmethod
    def read_state(self, client: Client, observed: Observed, plan: Plan) -> dict[str, Any]:
        """Read the state as it is now, in the shape of C(plan.before) and C(plan.after)."""

    def describe(self, observed: Observed, params: dict[str, Any]) -> Plan | None:
        """The states before and after, without steps, also where no plan leads from one to the other; None: unknown."""
        return None

    def affected_guest(self, observed: Observed) -> Guest | None:
        """The existing guest that the plan's requests are for; None where they are for no guest, or create one."""
        return None

    def prepare_step(self, client: Client, step: Step) -> Step | None:
        """The step as it is to be sent after those before it, such as with the digest that they have left.

        None: it is not needed after all, where the plan had to allow for what it couldn't know. May only read, and
        change nothing of the request but its digest. Raises PveError to send no more.
        """
        return step

    def send(self, client: Client, observed: Observed, step: Step, outcome: Outcome) -> Any:
        """Send a step's request and return its answer; put what the result is to show of it into C(outcome.facts)."""
        upload = {"file": step.file} if step.file else {}
        return client.request(step.method, step.path, step.params, **upload)

    def needs_answer(self, step: Step) -> bool:
        """Whether the answer to a step holds what can't be had again, such as a token's secret."""
        return False

    def is_reached(self, plan: Plan, state: dict[str, Any]) -> bool:
        """Whether a state is the one that the plan aims at."""
        return state == plan.after

    def extra_facts(self, observed: Observed, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        """What else the result says about a target; with a client, as it is after the plan was applied."""
        return {}

    def finish_step(self, client: Client, step: Step, outcome: Outcome, deadline: float) -> None:
        """Wait for what the answer in C(outcome.answer) only started, until C(time.monotonic()) reaches I(deadline).

        Put how it ended into C(outcome.facts); raises PveError where it went wrong.
        """

    def replan_after_refusal(self, client: Client, observed: Observed, plan: Plan, error: PveError) -> Observed | None:
        """What to plan from after the very first request was refused, which changed nothing.

        None: there is nothing else to try. Raises a PveError to take the place of I(error), which says that nothing was
        done to this target.
        """
        return None


class GuestResource(Resource[Observed]):
    """A resource whose targets are existing guests: what it observes has a C(guest)."""

    noun = "guests"

    def target(self, observed: Observed) -> dict[str, Any]:
        return observed.guest.identity()

    def affected_guest(self, observed: Observed) -> Guest | None:
        return observed.guest
