"""What destroys is held until somebody approves it with a passkey, once there is one; the ledger proves it."""

from __future__ import annotations

import pytest
from software_authenticator import SoftwareAuthenticator

from mcp_bridge.auth.caller import Caller, make_person
from mcp_bridge.auth.passkeys import make_relying_party
from mcp_bridge.evidence.plan_view import render_text, seal
from mcp_bridge.run import Request

pytestmark = pytest.mark.flow

WEB = "https://play.example.com"
RP = make_relying_party([WEB])
KIM = Caller("kim", "person", ("approver",), "passkey", "playvisor-web")


@pytest.fixture
def device(authority):
    """Kim's passkey."""
    made = SoftwareAuthenticator(WEB)
    authority.passkeys.enrol(KIM, made.create(authority.passkeys.make_enrolment_options(KIM, RP)), RP, "phone")
    return made


def test_a_snapshot_is_deleted_once_a_passkey_has_approved_it_in_another_browser(
    lab, playvisor, guest, writes, ledger, device
):
    web = guest(running=False)
    wish = {"vmid": web.vmid, "snapname": "before"}
    lab.ask_as_person("snapshot_guest", wish)
    before = len(writes())

    held = lab.ask_as_person("delete_snapshot", wish)

    plan_id = held.plan.id
    assert (held.status, held.failure.code) == ("held", "approval_required")
    assert "rule destroy-needs-a-passkey" in held.failure.message
    assert f"`playvisor approvals open {plan_id[:8]}` prints the link" in held.failure.hint

    refused = playvisor("approvals", "approve", plan_id, "--yes")
    assert refused.status == 2
    assert "has to be approved with a passkey" in refused.stderr
    link = playvisor("approvals", "open", plan_id[:8], PLAYVISOR_WEB_URL=f"{WEB}/")
    assert (link.stdout, link.stderr) == (f"{WEB}/approvals/{plan_id}\n", "")
    assert playvisor("approvals", "open", plan_id).stdout == f"http://localhost:8786/approvals/{plan_id}\n"
    assert len(writes()) == before

    bridge = lab.bridge
    options = bridge.passkeys.make_approval_options(plan_id, KIM, RP)
    seen = seal(render_text(bridge.show_plan(plan_id)))
    request = Request("approve_plan", {}, "apply", KIM)
    bridge.decide_plan(plan_id, request, approve=True, seen=seen, assertion=device.get(options), rp=RP)
    done = lab.ask_as_person("delete_snapshot", wish)

    assert (done.status, done.changed) == ("ok", True)
    assert [*web.snapshots] == []
    assert (ledger.recent()[0].approver, ledger.recent()[0].decision) == ("kim", "approved")
    assert (ledger.verify().faults, ledger.verify().signed) == ([], 1)
    assert "Decisions that passkeys have signed: 1; each signature is good." in playvisor("runs", "verify").stdout


def test_a_client_is_told_the_link_where_the_web_is_known(converse, guest, env, device):
    env["PLAYVISOR_WEB_URL"] = WEB
    web = guest(running=True)

    async def steps(client):
        return (await client.call_tool("stop_guest", {"vmid": web.vmid})).structured_content

    held = converse(steps, user=None)

    link = f"{WEB}/approvals/{held['plan']['id']}"
    assert f"approves it, or a person approves it at {link}; then" in held["failure"]["hint"]


def test_without_a_passkey_the_command_line_goes_on_as_before(lab, playvisor, guest):
    wish = {"vmid": guest(running=False).vmid, "snapname": "before"}
    lab.ask_as_person("snapshot_guest", wish)

    held = lab.ask("delete_snapshot", wish)
    approved = playvisor("approvals", "approve", held.plan.id, "--yes")

    assert (held.status, approved.status) == ("held", 0)
    assert lab.ask("delete_snapshot", wish).status == "ok"


def test_passkeys_are_listed_and_revoked_at_the_command_line(playvisor, authority, device):
    (listed,) = playvisor("passkeys", "list", "--json").json

    revoked = playvisor("passkeys", "revoke", listed["key"][:6])

    assert (listed["owner"], listed["name"], listed["state"]) == ("kim", "phone", "valid")
    assert revoked.status == 0
    assert "Revoked the passkey phone of kim." in revoked.stderr
    assert playvisor("passkeys", "list", "--json").json[0]["state"] == "revoked"
    assert not authority.passkeys.is_any_enrolled()
    assert playvisor("passkeys", "revoke", listed["key"]).status == 2
    assert authority.ledger.recent()[0].asker == make_person("x").identity


def test_the_policy_is_explained_as_it_is_with_passkeys(playvisor, device):
    told = playvisor("policy", "explain", "delete_snapshot", "--person", "--json").json

    assert [told[when]["ruling"] for when in ("as it is", "approved by an operator", "approved with a passkey")] == [
        "hold",
        "refuse",
        "allow",
    ]


def test_cases_say_whether_there_are_passkeys(playvisor, tmp_path):
    cases = tmp_path / "cases.yml"
    cases.write_text(
        "- {tool: delete_snapshot, passkeys_enrolled: true, approval: {kind: operator, by: kim}, expect: refuse}\n"
        "- {tool: delete_snapshot, passkeys_enrolled: true, approval: {kind: passkey, by: kim}, expect: allow}\n"
        "- {tool: delete_snapshot, approval: {kind: operator, by: kim}, expect: allow}\n"
    )

    assert playvisor("policy", "test", str(cases)).status == 0
