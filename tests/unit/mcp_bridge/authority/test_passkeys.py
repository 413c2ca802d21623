"""Passkeys: enrolled by a ceremony, they sign people in and sign decisions on plans; what is not theirs is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from software_authenticator import SoftwareAuthenticator, decode, encode

from mcp_bridge.auth.caller import Caller
from mcp_bridge.auth.passkeys import make_relying_party
from mcp_bridge.authority import Authority
from mcp_bridge.authority.challenges import CHALLENGE_SECONDS, Challenges
from mcp_bridge.authority.passkey_writer import PasskeyRefused
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.evidence.plan_view import make_plan_view, render_text, seal
from mcp_bridge.ledger.records import Binding, Closing, KeptPlan, Opening, Who, make_expiry
from mcp_bridge.settings import Settings

ORIGIN = "https://play.example.com"
RP = make_relying_party([ORIGIN])
JO = Caller("jo", "person", proof="realm")
KIM = Caller("kim", "person", proof="realm")
STEP = {"vmid": 101, "name": "web-01", "method": "DELETE", "path": "/nodes/pve1/qemu/101", "params": {}}
PLAN = KeptPlan(
    plan_id="a" * 36,
    digest="d" * 64,
    tool="delete_snapshot",
    arguments={"vmid": 101},
    shown={"steps": [STEP], "effects": ["loses data"], "needs_passkey": True},
    asker="claude",
    expires_at=make_expiry(900),
    state="held",
    cluster="lab ab12",
    judged="9" * 64,
    policy="8" * 64,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A ledger in which a plan waits."""
    folder = tmp_path_factory.mktemp("written")
    authority = Authority(Settings(state_dir=folder))
    authority.keep_plan(PLAN)
    authority.ledger.database.engine.dispose()
    return folder


@pytest.fixture
def authority(written, tmp_path):
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return Authority(Settings(state_dir=tmp_path))


@pytest.fixture
def device():
    return SoftwareAuthenticator(ORIGIN)


def enrol(authority, device, caller=JO, name="phone", rp=RP, **more):
    options = authority.passkeys.make_enrolment_options(caller, rp)
    return authority.passkeys.enrol(caller, device.create(options), rp, name, **more)


def sign_in(authority, device, rp=RP):
    options = authority.passkeys.make_sign_in_options(rp)
    return authority.passkeys.sign_in(device.get(options), rp, "192.0.2.7")


def decide(authority, answer, caller=JO, *, approve=True, seen=None, rp=RP):
    opening = Opening(f"by {caller.identity}", "approve_plan", {}, "apply", Who(caller.identity), "0.1.0")
    return authority.decide_plan(
        PLAN.plan_id,
        approve=approve,
        approver=caller.identity,
        approval="passkey",
        seen=seen or seal(render_text(make_plan_view(PLAN))),
        record=(opening, Closing("ok", "approved", False, "Approved.")),
        sign=authority.passkeys.make_signing(answer, caller, rp),
    )


def answer_for(authority, device, caller=JO, *, approve=True):
    return device.get(authority.passkeys.make_approval_options(PLAN.plan_id, caller, RP, approve=approve))


def kinds(authority):
    return [act["kind"] for act in authority.ledger.list_acts()]


def test_an_enrolled_passkey_is_listed_and_stands_in_the_chain(authority, device):
    made = enrol(authority, device, roles=["approver"])

    assert authority.passkeys.list_all() == [made]
    assert (made.owner, made.name, made.rp_id, made.origin) == ("jo", "phone", "play.example.com", ORIGIN)
    assert (made.roles, made.transports, made.state) == (("approver",), ("internal", "hybrid"), "valid")
    assert decode(made.credential_id) == device.credential_id
    assert kinds(authority)[0] == "passkey_enrolled"
    assert authority.ledger.recent()[0].summary == f"Enrolled the passkey phone ({made.key}) of jo."
    assert authority.ledger.verify().faults == []


def test_what_a_page_is_told_to_ask_for_verifies_its_user_and_is_discoverable(authority):
    options = authority.passkeys.make_enrolment_options(JO, RP)

    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert (options["rp"]["id"], options["user"]["name"]) == ("play.example.com", "jo")
    assert authority.passkeys.make_sign_in_options(RP)["userVerification"] == "required"


def test_an_answer_enrols_a_passkey_once(authority, device):
    options = authority.passkeys.make_enrolment_options(JO, RP)
    authority.passkeys.enrol(JO, device.create(options), RP, "phone")
    another = SoftwareAuthenticator(ORIGIN)

    with pytest.raises(PasskeyRefused, match="answers nothing that was asked"):
        authority.passkeys.enrol(replace(JO, proof="uid"), another.create(options), RP, "again")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "https://evil.example.com"}, "another page"),
        ({"origin": "http://play.example.com"}, "another page"),
        ({"cross_origin": True}, "page within another"),
        ({"verifies": False}, "did not verify its user"),
    ],
)
def test_what_was_made_elsewhere_or_for_anybody_is_not_enrolled(authority, device, change, why):
    vars(device).update(change)

    with pytest.raises(PasskeyRefused, match=why):
        enrol(authority, device)

    assert authority.passkeys.list_all() == []


def test_a_challenge_of_somebody_else_or_another_purpose_enrols_nobody(authority, device):
    of_kim = authority.passkeys.make_enrolment_options(KIM, RP)
    to_sign_in = authority.passkeys.make_sign_in_options(RP)["challenge"]

    for options in (of_kim, {**of_kim, "challenge": to_sign_in}):
        with pytest.raises(PasskeyRefused, match="answers nothing that was asked"):
            authority.passkeys.enrol(JO, device.create(options), RP, "phone")


@pytest.mark.parametrize(
    "credential", [None, [], "x", {}, {"id": 1}, {"id": "a", "rawId": "a", "type": "public-key", "response": {}}]
)
def test_what_is_no_answer_of_a_passkey_is_refused(authority, credential):
    seen = seal(render_text(make_plan_view(PLAN)))

    with pytest.raises(PasskeyRefused):
        authority.passkeys.enrol(JO, credential, RP, "phone")
    with pytest.raises(PasskeyRefused):
        authority.passkeys.sign_in(credential, RP, "192.0.2.7")
    with pytest.raises(PasskeyRefused):
        decide(authority, credential, seen=seen)


def test_who_has_a_passkey_enrols_another_one_only_by_it(authority, device):
    enrol(authority, device)

    with pytest.raises(UsageError, match="enrols another one by it"):
        authority.passkeys.make_enrolment_options(JO, RP)
    second = enrol(authority, SoftwareAuthenticator(ORIGIN), replace(JO, proof="passkey"), "laptop")

    assert second.user_handle == authority.passkeys.list_all()[0].user_handle
    assert enrol(authority, SoftwareAuthenticator(ORIGIN), KIM).user_handle != second.user_handle


def test_a_client_has_no_passkeys(authority):
    with pytest.raises(UsageError, match="client has no passkeys"):
        authority.passkeys.make_enrolment_options(Caller("token:ci", "client", proof="token"), RP)


def test_a_passkey_signs_its_owner_in_and_counts(authority, device):
    enrol(authority, device, roles=["approver"])

    first, second = sign_in(authority, device), sign_in(authority, device)

    assert (first.owner, first.roles) == ("jo", ("approver",))
    assert (first.sign_count, second.sign_count) == (1, 2)
    assert authority.passkeys.list_all() == [second]
    assert kinds(authority)[:2] == ["passkey_used", "passkey_used"]
    assert authority.ledger.verify().faults == []


def test_a_passkey_that_does_not_count_signs_in_again_and_again(authority):
    device = SoftwareAuthenticator(ORIGIN, counts=False)
    enrol(authority, device)

    assert [sign_in(authority, device).sign_count for _time in range(2)] == [0, 0]
    assert authority.passkeys.list_all()[0].is_backed_up


def spoil_signature(answer):
    data = bytearray(decode(answer["response"]["signature"]))
    data[-1] ^= 1
    answer["response"]["signature"] = encode(bytes(data))


def spoil_handle(answer):
    answer["response"]["userHandle"] = encode(b"somebody else")


def spoil_data(answer):
    data = bytearray(decode(answer["response"]["authenticatorData"]))
    data[-1] ^= 1
    answer["response"]["authenticatorData"] = encode(bytes(data))


def spoil_origin(answer):
    said = json.loads(decode(answer["response"]["clientDataJSON"]))
    answer["response"]["clientDataJSON"] = encode(json.dumps({**said, "origin": ORIGIN, "x": 1}).encode())


@pytest.mark.parametrize("spoil", [spoil_signature, spoil_handle, spoil_data, spoil_origin])
def test_an_answer_of_which_anything_was_changed_signs_nobody_in_and_is_noted(authority, device, spoil):
    enrol(authority, device)
    answer = device.get(authority.passkeys.make_sign_in_options(RP))
    spoil(answer)

    with pytest.raises(PasskeyRefused, match="does not sign anybody in"):
        authority.passkeys.sign_in(answer, RP, "192.0.2.7")

    noted = authority.ledger.list_acts(1)[0]
    assert (noted["kind"], noted["facts"]["source"]) == ("login_refused", "192.0.2.7")
    assert authority.passkeys.list_all()[0].used_at is None


def test_an_answer_signs_in_once(authority):
    device = SoftwareAuthenticator(ORIGIN, counts=False)
    enrol(authority, device)
    answer = device.get(authority.passkeys.make_sign_in_options(RP))
    authority.passkeys.sign_in(answer, RP, "192.0.2.7")

    with pytest.raises(PasskeyRefused):
        authority.passkeys.sign_in(answer, RP, "192.0.2.7")


@pytest.mark.parametrize("count", [0, 5])
def test_a_count_that_does_not_rise_is_a_copy(authority, device, count):
    enrol(authority, device)
    device.sign_count = 5
    sign_in(authority, device)
    device.sign_count = count - 1

    with pytest.raises(PasskeyRefused):
        sign_in(authority, device)

    assert "may have been copied" in authority.ledger.list_acts(1)[0]["facts"]["why"]


def test_a_revoked_passkey_does_nothing_more(authority, device):
    made = enrol(authority, device)
    answer = answer_for(authority, device)
    authority.passkeys.revoke(made.key[:6], Caller("admin", "person"))

    with pytest.raises(PasskeyRefused):
        sign_in(authority, device)
    with pytest.raises(PasskeyRefused, match="it was revoked"):
        decide(authority, answer)
    with pytest.raises(UsageError, match="was revoked at"):
        authority.passkeys.revoke(made.key, Caller("admin", "person"))
    assert not authority.passkeys.is_any_enrolled()
    assert authority.ledger.verify().faults == []


def test_who_came_in_by_a_weaker_way_revokes_no_passkey(authority, device):
    made = enrol(authority, device)

    with pytest.raises(UsageError, match="has to have come in by one"):
        authority.passkeys.revoke(made.key, JO)

    assert authority.passkeys.is_any_enrolled()


def test_only_passkeys_of_those_who_may_approve_let_plans_need_one(authority, device):
    enrol(authority, device, may_approve=False)
    assert not authority.passkeys.is_any_enrolled()

    enrol(authority, SoftwareAuthenticator(ORIGIN), KIM)
    assert authority.passkeys.is_any_enrolled()


@pytest.mark.parametrize(("approve", "state"), [(True, "approved"), (False, "denied")])
def test_a_passkey_decides_on_a_plan_and_the_ledger_alone_proves_it(authority, device, approve, state):
    made = enrol(authority, device)

    plan = decide(authority, answer_for(authority, device, approve=approve), approve=approve)

    assert (plan.state, plan.approval, plan.approver) == (state, "passkey", "jo")
    act = next(act for act in authority.ledger.list_acts() if act["kind"] == f"plan_{state}")
    assert (act["facts"]["signature"]["key"], act["facts"]["signature"]["origin"]) == (made.key, ORIGIN)
    verification = authority.ledger.verify()
    assert (verification.faults, verification.signed) == ([], 1)


def test_an_approval_by_a_passkey_is_found_for_this_plan_only(authority, device):
    enrol(authority, device)
    decide(authority, answer_for(authority, device))

    claim = authority.ledger.plans.find_approval(PLAN.binding)

    assert claim.plan is not None
    assert authority.ledger.plans.find_approval(replace(PLAN.binding, policy="7" * 64)).difference == "policy"


def test_revoking_a_passkey_takes_back_what_nobody_has_applied_yet(authority, device):
    made = enrol(authority, device)
    decide(authority, answer_for(authority, device))
    authority.passkeys.revoke(made.key, Caller("admin", "person"))

    claim = authority.ledger.plans.find_approval(PLAN.binding)

    assert (claim.plan, claim.difference) == (None, "signature")
    assert authority.ledger.verify().faults == []


def test_a_signed_denial_is_no_approval_and_the_other_way_round(authority, device):
    enrol(authority, device)

    for signed in (True, False):
        with pytest.raises(PasskeyRefused, match="it signs something else"):
            decide(authority, answer_for(authority, device, approve=signed), approve=not signed)

    assert authority.ledger.plans.find(PLAN.plan_id).state == "held"


def test_what_was_signed_for_another_plan_is_no_approval(authority, device):
    enrol(authority, device)
    other = replace(PLAN, plan_id="b" * 36, digest="e" * 64)
    authority.keep_plan(other)
    answer = device.get(authority.passkeys.make_approval_options(other.plan_id, JO, RP))

    with pytest.raises(PasskeyRefused, match="it signs something else"):
        decide(authority, answer)


def test_an_answer_to_sign_in_is_no_approval(authority, device):
    enrol(authority, device)

    with pytest.raises(PasskeyRefused, match="it signs something else"):
        decide(authority, device.get(authority.passkeys.make_sign_in_options(RP)))
    with pytest.raises(PasskeyRefused):
        authority.passkeys.sign_in(answer_for(authority, device), RP, "192.0.2.7")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "https://evil.example.com"}, "another page"),
        ({"cross_origin": True}, "page within another"),
        ({"verifies": False}, "did not verify its user"),
    ],
)
def test_an_approval_from_elsewhere_or_by_anybody_is_refused(authority, device, change, why):
    enrol(authority, device)
    vars(device).update(change)

    with pytest.raises(PasskeyRefused, match=why):
        decide(authority, answer_for(authority, device))

    assert kinds(authority)[0] == "passkey_enrolled"
    assert authority.ledger.plans.find(PLAN.plan_id).state == "held"


def test_nobody_approves_with_somebody_elses_passkey(authority, device):
    enrol(authority, device)
    answer = answer_for(authority, device)

    with pytest.raises(PasskeyRefused, match="it is somebody else's"):
        decide(authority, answer, KIM)
    with pytest.raises(UsageError, match=r"kim has no passkey for play\.example\.com"):
        authority.passkeys.make_approval_options(PLAN.plan_id, KIM, RP)


def test_two_people_approve_a_plan_each_with_their_own_passkey(authority, device):
    enrol(authority, device)
    of_kim = SoftwareAuthenticator(ORIGIN)
    enrol(authority, of_kim, KIM)

    decide(authority, answer_for(authority, device))
    plan = decide(authority, answer_for(authority, of_kim, KIM), KIM)

    assert plan.approvers == ("jo", "kim")
    assert (authority.ledger.verify().faults, authority.ledger.verify().signed) == ([], 2)
    assert authority.ledger.plans.find_approval(PLAN.binding).plan is not None


def test_an_answer_approves_a_plan_once(authority):
    device = SoftwareAuthenticator(ORIGIN, counts=False)
    enrol(authority, device)
    answer = answer_for(authority, device)
    decide(authority, answer)

    with pytest.raises(UsageError, match="is approved by jo"):
        decide(authority, answer)


def test_a_plan_that_needs_a_passkey_is_not_approved_without(authority):
    record = (Opening("one", "approve_plan", {}, "apply", Who("jo"), "0.1.0"), Closing("ok", "approved", False, ""))
    seen = seal(render_text(make_plan_view(PLAN)))

    with pytest.raises(UsageError, match="has to be approved with a passkey") as refused:
        authority.decide_plan(PLAN.plan_id, approve=True, approver="jo", approval="operator", seen=seen, record=record)

    assert "`playvisor approvals open aaaaaaaa`" in str(refused.value.hint)
    denied = authority.decide_plan(
        PLAN.plan_id, approve=False, approver="jo", approval="operator", seen=seen, record=record
    )
    assert denied.state == "denied"


def test_nothing_is_called_an_approval_by_a_passkey_that_has_no_signature(authority):
    record = (Opening("one", "approve_plan", {}, "apply", Who("jo"), "0.1.0"), Closing("ok", "approved", False, ""))

    with pytest.raises(ValueError, match="signs"):
        authority.decide_plan(PLAN.plan_id, approve=True, approver="jo", approval="passkey", seen="", record=record)


def test_a_row_that_the_entries_do_not_say_signs_nobody_in(authority, device):
    enrol(authority, device)
    with authority.ledger.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE passkeys SET owner = 'mallory'")

    with pytest.raises(PasskeyRefused):
        sign_in(authority, device)
    with pytest.raises(LedgerError, match="does not count"):
        decide(authority, answer_for(authority, device, Caller("mallory", "person")), Caller("mallory", "person"))


@pytest.mark.parametrize(
    "origins", [[], ["http://play.example.com"], ["https://192.0.2.7"], ["http://127.0.0.1:8786"], ["https://[::1]"]]
)
def test_where_browsers_offer_no_passkeys_there_is_no_relying_party(origins):
    with pytest.raises(UsageError, match="Browsers offer no passkeys"):
        make_relying_party(origins)


@pytest.mark.parametrize(
    ("origins", "rp_id", "kept"),
    [
        (["http://localhost:8786"], "localhost", 1),
        (
            ["https://play.example.com", "https://eu.play.example.com:8443", "https://example.com"],
            "play.example.com",
            2,
        ),
    ],
)
def test_a_relying_party_is_a_host_with_its_own_pages(origins, rp_id, kept):
    made = make_relying_party(origins)

    assert (made.id, made.origins) == (rp_id, tuple(origins[:kept]))


def test_a_challenge_is_good_once_for_one_purpose_and_for_some_minutes():
    now = [1000.0]
    challenges = Challenges(lambda: now[0])
    first, second = challenges.make("enrol"), challenges.make("enrol")

    assert not challenges.use(first, "sign in")
    assert challenges.use(first, "enrol")
    assert not challenges.use(first, "enrol")
    assert not challenges.use(second[:-1] + bytes([second[-1] ^ 1]), "enrol")
    now[0] += CHALLENGE_SECONDS
    assert not challenges.use(second, "enrol")
    assert not Challenges().use(second, "enrol")


def test_a_binding_covers_what_a_challenge_does():
    """Otherwise a signature would be good for what somebody has not seen."""
    from mcp_bridge.ledger.assertions import compute_challenge

    facts = {**vars(PLAN.binding), "seen": "5" * 64, "expires_at": PLAN.expires_at}
    challenges = {compute_challenge("approve", "a", facts), compute_challenge("deny", "a", facts)}
    challenges |= {compute_challenge("approve", "b", facts)}
    challenges |= {compute_challenge("approve", "a", {**facts, name: "other"}) for name in facts}

    assert set(facts) == {*vars(Binding("", "", "")), "seen", "expires_at"}
    assert len(challenges) == 3 + len(facts)
