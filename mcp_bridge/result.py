# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one result of everything that runs, and what it means to a shell."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["ok", "planned", "held", "running", "failed", "refused", "cancelled"]
"""`running`: it goes on in the background; its run_id is how to follow it."""

# The modules' failure codes, and those that only the bridge has: refused (by mode or policy), approval_required (the
# plan is held until somebody approves it), frozen (all changes are), cancelled (by whoever asked), busy (the client has
# too much under way), internal (Playvisor itself is at fault).
FAILURE_CODES = (
    "auth_failed",
    "permission_denied",
    "not_found",
    "ambiguous",
    "invalid_parameter",
    "guest_locked",
    "digest_conflict",
    "task_failed",
    "timeout",
    "node_offline",
    "no_quorum",
    "tls_untrusted",
    "unreachable",
    "drifted",
    "protected",
    "unsupported",
    "refused",
    "approval_required",
    "frozen",
    "cancelled",
    "busy",
    "internal",
)

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_UNREACHABLE = 4

_EXIT_STATUS = {
    "invalid_parameter": EXIT_USAGE,
    "refused": EXIT_REFUSED,
    "auth_failed": EXIT_UNREACHABLE,
    "tls_untrusted": EXIT_UNREACHABLE,
    "unreachable": EXIT_UNREACHABLE,
}


class Failure(BaseModel):
    """Why something failed: a stable code, one sentence, and what to do next."""

    code: str
    message: str
    hint: str | None = None
    http_status: int | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    task_log: list[str] = Field(default_factory=list)


class Plan(BaseModel):
    """The API requests that a run would send or has sent, and the digest that names them.

    `effects` are what the steps do, in the policy's words; each step has its own.

    A plan that was not applied has an `id`, by which it can be approved and applied until `expires_at`. `targets` are
    what it would touch, for the policy to judge, and `elicitable` says that the approval of the asking client's own
    user would do; neither is part of results.
    """

    id: str | None = None
    expires_at: str | None = None
    digest: str
    steps: list[dict[str, Any]] = Field(default_factory=list)
    effects: list[str] | None = None
    elicitable: bool = Field(False, exclude=True)


class Result(BaseModel):
    """What came of one run. Beyond these fields it carries what the module returned (guests, nodes, cluster …).

    `changed` says whether anything was changed on the cluster, so it is false for a plan. `warnings` are Ansible's
    and the cluster's own.
    """

    model_config = ConfigDict(extra="allow")

    run_id: str
    tool: str
    status: Status
    changed: bool = False
    summary: str
    plan: Plan | None = None
    diff: dict[str, Any] | None = None
    upids: list[str] | None = None
    warnings: list[str] = Field(default_factory=list)
    failure: Failure | None = None

    @property
    def data(self) -> dict[str, Any]:
        """What the module returned beyond the fields that every result has."""
        return self.model_extra or {}

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what does not apply to this run is left out."""
        core = self.model_dump(exclude=set(self.data))
        if self.plan:
            core["plan"] = self.plan.model_dump(exclude_none=True)
        return {**{name: value for name, value in core.items() if value is not None}, **self.data}

    @property
    def exit_status(self) -> int:
        """0 done, 1 failed, 2 bad argument, 3 refused, 4 cluster unreachable or login refused."""
        if self.status in ("ok", "planned", "running"):
            return EXIT_DONE
        if self.status in ("refused", "held"):
            return EXIT_REFUSED
        return _EXIT_STATUS.get(self.failure.code, EXIT_FAILED) if self.failure else EXIT_FAILED
