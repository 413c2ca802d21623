"""Questions to policies, as tests ask them."""

from __future__ import annotations

from functools import cache

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller
from mcp_bridge.policy import Approval, Moment, Policy, Question, Target, make_question
from mcp_bridge.policy.samples import make_sample_question

NOON = Moment(12, "monday")
AI = Caller("jo", "client", label="claude", local_user="jo")
PERSON = Caller("jo", "person", local_user="jo")
ELICITED = Approval("elicitation", "jo")
OPERATOR = Approval("operator", "kim")


def guest(vmid=101, status="running", kind="qemu", **facts) -> Target:
    """A guest of which everything is known."""
    return Target(str(vmid), vmid, f"guest-{vmid}", "pve1", kind, status=status, **facts)


def ask(tool, asker, *guests, moment=NOON, effects=(), recent_targets=0, cluster="", **options) -> Question:
    """The question about a tool's typical requests, with its options, for these guests."""
    return make_sample_question(
        catalogue.load()[tool],
        asker,
        guests or (guest(),),
        moment,
        options,
        effects=effects,
        recent_targets=recent_targets,
        cluster=cluster,
    )


def ask_about(steps, asker=AI, *guests, tool="configure_guest", moment=NOON, recent_targets=0) -> Question:
    """The question about steps: (method, path, params)."""
    plan = [{"method": method, "path": path, "params": params} for method, path, params in steps]
    known = {target.vmid: target for target in guests or (guest(),) if target.vmid is not None}
    return make_question(catalogue.load()[tool], asker, plan, known, moment, recent_targets)


def decide(question, approval=None, policy=None):
    """The ruling and the rules behind it, by the default policy unless another is given."""
    decision = (policy or _load_default_policy()).decide(question, approval)
    return decision.ruling, [rule.name for rule in decision.rules]


@cache
def _load_default_policy() -> Policy:
    return Policy.load()
