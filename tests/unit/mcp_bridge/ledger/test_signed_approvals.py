"""A decision with a passkey is proven by its signature, even where somebody has written every hash anew."""

from __future__ import annotations

import json
import shutil

import pytest
from software_authenticator import SoftwareAuthenticator, decode, encode
from sqlalchemy import NullPool, create_engine, text

from mcp_bridge.auth.caller import Caller
from mcp_bridge.auth.passkeys import make_relying_party
from mcp_bridge.authority import Authority
from mcp_bridge.evidence.plan_view import make_plan_view, render_text, seal
from mcp_bridge.ledger import chain
from mcp_bridge.ledger.records import Act, Closing, KeptPlan, Opening, Who, dump_canonically, make_expiry
from mcp_bridge.ledger.writer import LedgerWriter
from mcp_bridge.settings import Settings

ORIGIN = "https://play.example.com"
RP = make_relying_party([ORIGIN])
JO = Caller("jo", "person")
APPROVED, DENIED = "a" * 36, "b" * 36
PLAN = KeptPlan(
    plan_id=APPROVED,
    digest="d" * 64,
    tool="delete_snapshot",
    arguments={"vmid": 101},
    shown={"steps": [], "effects": ["loses data"], "needs_passkey": True},
    asker="claude",
    expires_at=make_expiry(900),
    state="held",
    cluster="lab ab12",
    judged="9" * 64,
    policy="8" * 64,
)


def decide(authority, device, plan, *, approve):
    options = authority.passkeys.make_approval_options(plan.plan_id, JO, RP, approve=approve)
    opening = Opening(f"on {plan.plan_id[:1]}", "approve_plan", {}, "apply", Who("jo"), "0.1.0")
    authority.decide_plan(
        plan.plan_id,
        approve=approve,
        approver="jo",
        approval="passkey",
        seen=seal(render_text(make_plan_view(plan))),
        record=(opening, Closing("ok", "approved", False, "Decided.")),
        sign=authority.passkeys.make_signing(device.get(options), JO, RP),
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A ledger in which a passkey has approved one plan, and denied another one."""
    authority = Authority(Settings(state_dir=tmp_path_factory.mktemp("written")))
    device, other = SoftwareAuthenticator(ORIGIN), SoftwareAuthenticator(ORIGIN)
    for name, one in (("phone", device), ("laptop", other)):
        credential = one.create(authority.passkeys.make_enrolment_options(JO, RP))
        authority.passkeys.enrol(JO, credential, RP, name)
    for plan, approve in ((PLAN, True), (KeptPlan(**{**vars(PLAN), "plan_id": DENIED}), False)):
        authority.keep_plan(plan)
        decide(authority, device, plan, approve=approve)
    authority.ledger.database.engine.dispose()
    return authority.ledger.database.state_dir


@pytest.fixture
def ledger(written, tmp_path):
    """A copy of it."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return LedgerWriter(tmp_path)


@pytest.fixture
def forge(ledger):
    """Changes facts of acts, and writes the whole chain anew: rows, hashes, the head and the file beside it."""

    folder = ledger.database.state_dir

    def write(change):
        with create_engine(f"sqlite:///{folder / 'ledger.db'}", poolclass=NullPool).begin() as connection:
            acts = [dict(row) for row in connection.execute(text("SELECT * FROM acts ORDER BY seq")).mappings()]
            for act in acts:
                facts = json.loads(act["facts"])
                change(act, facts)
                act["facts"] = dump_canonically(facts)
                set_row(connection, act, facts)
            runs = [dict(row) for row in connection.execute(text("SELECT * FROM runs")).mappings()]
            digest = write_chain(connection, acts, runs)
            end = connection.execute(text("SELECT * FROM ledger_head")).mappings().one()
            connection.execute(text("UPDATE ledger_head SET hash = :digest"), {"digest": digest})
        head = {"ledger": end["ledger_id"], "seq": end["seq"], "hash": digest}
        (folder / "ledger.head").write_text(json.dumps(head).ljust(255) + "\n")
        return [fault.what for fault in LedgerWriter(folder).verify().faults]

    return write


def set_row(connection, act, facts):
    """Let the row of a plan or a passkey say what its act does."""
    table = act["kind"].partition("_")[0]
    named = {"plan": ("plans", "plan_id"), "passkey": ("passkeys", "key")}.get(table)
    if named:
        columns = [column["name"] for column in connection.execute(text(f"PRAGMA table_info({named[0]})")).mappings()]
        said = {name: value for name, value in facts.items() if name in columns and name != named[1]}
        values = ", ".join(f"{name} = :{name}" for name in said)
        query = text(f"UPDATE {named[0]} SET {values} WHERE {named[1]} = :subject")
        connection.execute(query, {**said, "subject": act["subject"]})


def write_chain(connection, acts, runs):
    """Write all hashes anew, as somebody can who may write everything; returns the last one."""
    runs = [{**run, "changed": bool(run["changed"])} for run in runs]
    entries = [(act["seq"], "act", act) for act in acts]
    entries += [(run[f"{kind}_seq"], kind, run) for run in runs for kind in ("opened", "closed")]
    digest = chain.GENESIS
    for seq, kind, row in sorted(entries, key=lambda entry: entry[0]):
        previous, digest = digest, chain.entry_hash(kind, seq, digest, row)
        names = ("prev", "hash") if kind == "act" else (f"{kind}_prev", f"{kind}_hash")
        row |= dict(zip(names, (previous, digest), strict=True))
        table, key = ("acts", "seq") if kind == "act" else ("runs", "run_id")
        more = ", kind = :kind, who = :who, facts = :facts" if kind == "act" else ""
        query = text(
            f"UPDATE {table} SET {names[0]} = :{names[0]}, {names[1]} = :{names[1]}{more} WHERE {key} = :{key}"
        )
        connection.execute(query, row)
    return digest


def is_approval(act):
    return act["kind"] == "plan_approved"


def test_what_nobody_has_touched_is_intact_and_its_signatures_are_counted(ledger):
    verification = ledger.verify()

    assert (verification.faults, verification.signed) == ([], 2)


def test_who_writes_the_chain_anew_and_changes_nothing_is_not_noticed_by_that(forge):
    """Otherwise the tests below would prove nothing of signatures."""
    assert forge(lambda _act, _facts: None) == []


@pytest.mark.parametrize("name", ["digest", "cluster", "judged", "policy", "expires_at", "seen", "tool", "asker"])
def test_a_decision_about_anything_else_is_not_what_was_signed(forge, name):
    def change(act, facts):
        if act["subject"] == APPROVED and name in facts:
            facts[name] = "2999-01-01T00:00:00.000000Z" if name == "expires_at" else "0" * 64

    assert "the decision by a passkey does not count: it signs something else" in forge(change)


def flip(facts, name):
    data = bytearray(decode(facts["signature"][name]))
    data[-1] ^= 1
    facts["signature"][name] = encode(bytes(data))


def set_client_data(facts, **more):
    said = json.loads(decode(facts["signature"]["client_data"]))
    facts["signature"]["client_data"] = encode(json.dumps({**said, **more}).encode())


def move_to_another_page(facts):
    set_client_data(facts, origin="https://evil.play.example.com")
    facts["signature"]["origin"] = "https://evil.play.example.com"


SPOILED = {
    "a byte of the signature": lambda facts: flip(facts, "signature"),
    "a byte of what the passkey says": lambda facts: flip(facts, "authenticator_data"),
    "a byte of what the browser says": lambda facts: flip(facts, "client_data"),
    "the page": move_to_another_page,
    "the page that the act names": lambda facts: facts["signature"].update(origin="https://evil.example.com"),
    "no signature": lambda facts: facts.pop("signature"),
    "a signature that is none": lambda facts: facts.update(signature={"key": facts["signature"]["key"]}),
    "another passkey": lambda facts: facts["signature"].update(credential_id=encode(b"other")),
    "a passkey that never was": lambda facts: facts["signature"].update(key="f" * 16),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_signature_of_which_anything_was_changed_is_named(forge, name):
    faults = forge(lambda act, facts: SPOILED[name](facts) if is_approval(act) else None)

    assert [fault.startswith("the decision by a passkey does not count: ") for fault in faults] == [True]


def test_the_signature_of_another_decision_proves_nothing(forge):
    taken = {}

    def change(act, facts):
        taken[act["kind"]] = facts.get("signature")
        if act["kind"] == "plan_denied":
            facts["signature"] = taken["plan_approved"]

    assert forge(change) == ["the decision by a passkey does not count: it signs something else"]


def test_a_denial_is_not_made_an_approval(forge):
    def change(act, facts):
        if act["kind"] == "plan_denied":
            act["kind"] = "plan_approved"
            facts["state"] = "approved"

    assert forge(change) == ["the decision by a passkey does not count: it signs something else"]


def test_another_public_key_is_not_the_one_that_was_enrolled(forge):
    keys = []

    def change(act, facts):
        if act["kind"] == "passkey_enrolled":
            keys.append(facts["public_key"])
            facts["public_key"] = keys[0] if len(keys) > 1 else facts["public_key"][:-4] + "AAAA"

    faults = forge(change)

    assert faults.count("the public key of the passkey is not the one that it was enrolled with") == 2
    assert sum(fault.startswith("the decision by a passkey does not count: the public key") for fault in faults) == 2


@pytest.mark.parametrize("name", ["owner", "rp_id"])
def test_a_passkey_of_somebody_else_or_another_server_has_decided_nothing(forge, name):
    def change(act, facts):
        if act["kind"] == "passkey_enrolled":
            facts[name] = "mallory"

    assert sum(fault.startswith("the decision by a passkey does not count: ") for fault in forge(change)) == 2


def test_who_decided_is_whose_passkey_it_was(forge):
    def change(act, _facts):
        act["who"] = "mallory" if is_approval(act) else act["who"]

    assert forge(change) == ["the decision by a passkey does not count: its passkey is somebody else's"]


def test_a_passkey_that_was_revoked_before_has_decided_nothing(forge):
    def change(act, facts):
        if act["kind"] == "passkey_used" and facts.get("plan_id") == APPROVED:
            # It stands between the two decisions.
            act["kind"] = "passkey_revoked"
            facts.clear()
            facts["revoked_at"] = "2026"

    faults = forge(change)

    assert faults.count("the decision by a passkey does not count: its passkey was revoked") == 2


def test_a_passkey_that_was_enrolled_afterwards_has_decided_nothing(forge):
    keys = []

    def change(act, facts):
        keys.append(act["subject"]) if act["kind"] == "passkey_enrolled" else None
        if is_approval(act):
            facts["signature"]["key"] = "f" * 16
        if act["subject"] == keys[0] if keys else False:
            act["kind"] = {"passkey_enrolled": "passkey_used"}.get(act["kind"], act["kind"])

    assert sum("its passkey was not enrolled at that time" in fault for fault in forge(change)) == 2


def test_a_row_of_a_passkey_without_an_entry_and_an_entry_without_a_row_are_named(ledger):
    with ledger.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE passkeys SET key = 'f' WHERE name = 'laptop'")

    assert sorted(fault.what for fault in ledger.verify().faults) == [
        "a passkey without any entry",
        "the passkey that was enrolled is missing",
    ]


def test_an_approval_whose_signature_does_not_count_is_not_used(forge, tmp_path):
    """Row and entries say the same, and the chain is whole."""
    assert LedgerWriter(tmp_path).plans.find_approval(PLAN.binding).plan is not None

    forge(lambda act, facts: flip(facts, "signature") if is_approval(act) else None)

    claim = LedgerWriter(tmp_path).plans.find_approval(PLAN.binding)
    assert (claim.plan, claim.difference) == (None, "signature")


def test_an_approval_with_a_passkey_that_is_made_up_is_named(ledger):
    """By somebody who appends as a writer does."""
    plan = KeptPlan(**{**vars(PLAN), "plan_id": "c" * 36})
    ledger.plans.keep(plan)
    ledger.plans.decide(plan.plan_id, approve=True, approver="jo", approval="passkey", seen="5" * 64)
    ledger.append(Act("server_started", {}, "server_started"))

    assert [fault.what for fault in ledger.verify().faults] == [
        "the decision by a passkey does not count: it has no signature"
    ]
