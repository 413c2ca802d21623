"""What policies of one's own make of plans, and which are not used."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asking import AI, OPERATOR, PERSON, ask, ask_about, decide, guest

from mcp_bridge.auth.caller import Caller
from mcp_bridge.errors import UsageError
from mcp_bridge.policy import Approval, Moment, Policy

WEB = guest(101, pool="prod", tags=("web",))
DB = guest(102, pool="prod", tags=("db", "protected"))


def test_a_policy_can_ask_for_another_approver_than_who_asked():
    policy = Policy(
        "permit(principal, action, resource) when { context has approver && context.approver != context.requester };",
        "test",
    )
    asked = ask("stop_guest", AI, WEB)

    assert policy.find_problems() == []
    assert policy.decide(asked).ruling == "hold"
    assert policy.decide(asked, Approval("operator", "jo")).ruling == "refuse"
    assert policy.decide(asked, Approval("operator", "kim")).ruling == "allow"


def test_a_refusal_names_the_rule_the_guests_and_what_would_be_allowed(tmp_path):
    file = tmp_path / "own.cedar"
    file.write_text(
        '@id("nights") @advice("Between 22 and 6 only.")\n'
        "forbid(principal, action, resource) when { context.hour >= 6 && context.hour < 22 };\n"
        "permit(principal, action, resource);\n"
    )

    policy = Policy.load(file)
    refused = policy.decide(ask("stop_guest", AI, WEB, DB))

    assert refused.ruling == "refuse"
    assert refused.reason == "By policy, rule nights forbids it for guest-101, guest-102."
    assert refused.advice == "Between 22 and 6 only."
    assert policy.decide(ask("stop_guest", AI, WEB, moment=Moment(23, "sunday"))).ruling == "allow"


def test_the_rules_that_decided_come_in_one_order():
    rules = [f'@id("rule-{letter}") permit(principal, action, resource);' for letter in "cabed"]
    policy = Policy("".join(rules), "test")

    decided = [policy.decide(ask("stop_guest", AI, WEB, DB)).rule_names for _round in range(20)]

    assert set(decided) == {("rule-a", "rule-b", "rule-c", "rule-d", "rule-e")}


def test_what_no_rule_permits_is_refused():
    decision = Policy('permit(principal in Role::"nobody", action, resource);', "test").decide(
        ask("stop_guest", AI, WEB)
    )

    assert decision.ruling == "refuse"
    assert decision.reason == "By policy, no rule permits it for guest-101."


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("permit(principal, action, resource) when { context.colour };", "colour"),
        ('permit(principal, action == Action::"stop_gest", resource);', "stop_gest"),
        ("permit(principal action resource);", "unexpected token"),
    ],
)
def test_a_policy_that_makes_no_sense_is_not_used(tmp_path, text, complaint):
    file = tmp_path / "own.cedar"
    file.write_text(text)

    with pytest.raises(UsageError, match=complaint):
        Policy.load(file)


def test_each_guest_of_a_plan_is_asked_about_with_what_is_done_to_it():
    steps = [
        ("POST", "/nodes/pve1/qemu/101/status/start", {}),
        ("POST", "/nodes/pve1/lxc/103/status/stop", {}),
        ("PUT", "/pools", {"poolid": "lab", "vms": "104"}),
        ("POST", "/nodes/pve1/qemu/9000/clone", {"newid": 900, "name": "copy"}),
    ]
    source = guest(9000, "stopped", template=True)
    asked = ask_about(steps, AI, guest(101), guest(103, kind="lxc"), source)

    assert [(part.target.id, part.target.kind, part.use, sorted(part.effects)) for part in asked.parts] == [
        ("101", "", "changed", ["changes"]),
        ("103", "", "changed", ["changes", "interrupts"]),
        ("104", "", "changed", ["changes", "gives access"]),
        ("lab", "pool", "changed", ["changes", "gives access"]),
        ("9000", "", "copied", []),
        ("900", "", "created", ["changes"]),
    ]
    assert [sorted(effects) for effects in asked.step_effects] == [
        ["changes"],
        ["changes", "interrupts"],
        ["changes", "gives access"],
        ["changes"],
    ]
    assert asked.effects == {"changes", "interrupts", "gives access"}
    assert (asked.target_count, asked.methods) == (5, {"POST", "PUT"})
    assert [target.is_known for target in asked.targets if target.vmid == 104] == [False]
    assert [target.exists for target in asked.targets if target.vmid == 900] == [False]


def test_a_policy_sees_the_parameters_of_the_steps_but_no_secret_and_no_document():
    params = {"ciuser": "root", "cipassword": "********", "net0": "virtio,bridge=vmbr0", "delete": "ipconfig1"}
    (request,) = ask_about(
        [("PUT", "/nodes/pve1/qemu/101/config", params | {"description": "x" * 500})]
    ).make_requests()
    context = request["context"]

    assert {"ciuser=root", "cipassword=********", "net0=virtio,bridge=vmbr0"} <= set(context["params"])
    assert not any(param.startswith("description=") for param in context["params"])
    assert {"net0", "net", "ipconfig1", "ipconfig", "ciuser", "description"} <= set(context["param_names"])
    assert context["steps"] == ["config"]


def test_a_policy_sees_who_asks_and_how_that_is_proven():
    policy = Policy(
        "permit (principal, action, resource) when { "
        'principal == Client::"token:ci" && context.asker == "token:ci" && context.proof == "token" && '
        'context.asker_kind == "client" && context.label == "bot" && principal.identity == context.asker && '
        'context.cluster == "prod/AB:CD" };',
        "test",
    )
    bot = Caller("token:ci", "client", proof="token", label="bot")

    assert policy.find_problems() == []
    assert decide(ask("start_guest", bot, cluster="prod/AB:CD"), policy=policy)[0] == "allow"
    assert decide(ask("start_guest", bot, cluster="lab/AB:CD"), policy=policy)[0] == "refuse"
    assert decide(ask("start_guest", Caller("jo", "client", label="token:ci")), policy=policy)[0] == "refuse"


@pytest.mark.parametrize(
    ("condition", "approval", "ruling"),
    [
        ("context.approvers >= 2", None, "hold"),
        ("context.approvers >= 2", Approval("operator", "kim"), "refuse"),
        ("context.approvers >= 2", Approval("operator", "kim", also_by=("kim",)), "refuse"),
        ("context.approvers >= 2", Approval("operator", "kim", also_by=("lee",)), "allow"),
        ('context.approver_groups.contains("dba")', None, "hold"),
        ('context.approver_groups.contains("dba")', Approval("operator", "kim", ("staff",)), "refuse"),
        ('context.approver_groups.contains("dba")', Approval("operator", "kim", ("staff", "dba")), "allow"),
        ('context.approved_by.containsAll(["kim", "lee"])', None, "hold"),
        ('context.approved_by.containsAll(["kim", "lee"])', Approval("operator", "kim"), "refuse"),
        ('context.approved_by.containsAll(["kim", "lee"])', Approval("operator", "kim", (), ("lee",)), "allow"),
        ('context has approver && context.approver == "kim"', None, "hold"),
        ("context has approver && context.approver == context.asker", None, "hold"),
        ('context.approval == "elicitation"', None, "hold"),
        ("context.hour > 24 && context.approved", None, "refuse"),
    ],
)
def test_what_some_approval_would_allow_is_held(condition, approval, ruling):
    policy = Policy(f"permit (principal, action, resource) when {{ {condition} }};", "test")

    assert policy.find_problems() == []
    assert decide(ask("stop_guest", AI), approval, policy)[0] == ruling


DESTROYS = replace(ask("delete_snapshot", PERSON), passkeys_enrolled=True)


@pytest.mark.parametrize("caller", [AI, PERSON], ids=["client", "person"])
@pytest.mark.parametrize(
    ("approval", "ruling"),
    [
        (None, "hold"),
        (Approval("elicitation", "claude"), "refuse"),
        (Approval("operator", "kim"), "refuse"),
        (Approval("passkey", "kim"), "allow"),
    ],
)
def test_what_destroys_needs_a_passkey_once_there_is_one(caller, approval, ruling):
    decision = Policy.load().decide(replace(ask("delete_snapshot", caller), passkeys_enrolled=True), approval)

    assert decision.ruling == ruling
    assert decision.needs_passkey == (approval is None)
    assert (decision.rule_names == ("destroy-needs-a-passkey",)) == (ruling != "allow")


def test_nothing_needs_a_passkey_where_there_is_none_and_what_destroys_nothing_never_does():
    policy = Policy.load()

    assert policy.decide(ask("delete_snapshot", PERSON)).ruling == "allow"
    assert not policy.decide(ask("delete_snapshot", AI)).needs_passkey
    assert not policy.decide(replace(ask("stop_guest", AI), passkeys_enrolled=True)).needs_passkey


def test_who_approves_with_a_passkey_is_an_operator_too():
    policy = Policy('permit(principal, action, resource) when { context.approval == "operator" };', "test")

    assert policy.decide(DESTROYS, Approval("passkey", "kim")).ruling == "allow"
    assert not policy.decide(DESTROYS).needs_passkey
    assert len(policy.find_warnings(lambda _name: True)) == 1


def test_two_may_approve_what_needs_a_passkey_both_with_one():
    text = 'permit(principal, action, resource) when { context.approval == "passkey" && context.approvers >= 2 };'
    policy, one = Policy(text, "test"), Approval("passkey", "kim")

    assert policy.decide(DESTROYS).needs_passkey
    assert policy.decide(DESTROYS, one).ruling == "refuse"
    assert policy.may_another_help(DESTROYS, one)


def test_what_nobody_may_approve_is_refused_by_the_rules_that_forbid_it():
    decision = Policy.load().decide(replace(ask("exec_guest", AI), passkeys_enrolled=True))

    assert (decision.ruling, decision.rule_names) == ("refuse", ("no-guest-commands",))


def test_two_things_of_one_name_are_two_things():
    steps = [
        ("DELETE", "/storage/prod", {}),
        ("DELETE", "/pools", {"poolid": "prod"}),
    ]
    asked = ask_about(steps, PERSON)

    assert [(target.kind, target.id) for target in asked.targets] == [("storage", "prod"), ("pool", "prod")]
    assert decide(asked) == ("allow", ["people-act"])


def test_an_operators_approval_is_no_longer_needed_once_it_is_there():
    assert decide(ask("stop_guest", AI, DB), OPERATOR)[0] == "allow"
