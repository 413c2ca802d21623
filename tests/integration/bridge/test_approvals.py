"""What policy holds is applied once somebody has approved exactly this plan, and not otherwise."""

from __future__ import annotations

import pytest
from anyio.to_thread import run_sync
from mcp.types import ElicitResult

pytestmark = pytest.mark.flow

LEGACY = pytest.param("legacy", marks=pytest.mark.thorough)
PROTOCOLS = pytest.mark.parametrize("protocol", [LEGACY, "auto"])


def stop(web):
    async def steps(client):
        return (await client.call_tool("stop_guest", {"vmid": web.vmid})).structured_content

    return steps


@pytest.mark.parametrize("protocol", ["legacy", "auto"])
def test_the_clients_user_is_shown_the_plan_and_approves_it(converse, guest, writes, ledger, protocol):
    web, asked = guest(running=True), []

    async def user(_context, params):
        asked.append(params.message)
        return ElicitResult(action="accept", content={"approve": True})

    done = converse(stop(web), protocol=protocol, user=user)

    assert (done["status"], done["changed"]) == ("ok", True)
    assert len(asked) == 1
    assert f"POST /nodes/{web.node}/qemu/{web.vmid}/status/shutdown" in asked[0]
    assert [path for _method, path in writes()] == [f"/nodes/{web.node}/qemu/{web.vmid}/status/shutdown"]
    assert [row.decision for row in ledger.recent()] == ["approved", "approved", "held"]


@pytest.mark.thorough
@PROTOCOLS
@pytest.mark.parametrize(
    "answer", [ElicitResult(action="decline"), ElicitResult(action="accept", content={"approve": False})]
)
def test_what_the_user_declines_is_not_applied(converse, guest, writes, ledger, protocol, answer):
    async def user(_context, _params):
        return answer

    done = converse(stop(guest(running=True)), protocol=protocol, user=user)

    assert (done["status"], done["failure"]["code"]) == ("refused", "refused")
    assert writes() == []
    assert [row.decision for row in ledger.recent()] == ["denied", "held"]


@pytest.mark.thorough
@PROTOCOLS
def test_a_user_who_does_not_decide_leaves_it_held(converse, guest, writes, protocol):
    async def user(_context, _params):
        return ElicitResult(action="cancel")

    done = converse(stop(guest(running=True)), protocol=protocol, user=user)

    assert (done["status"], done["failure"]["code"]) == ("held", "approval_required")
    assert writes() == []


def test_without_anybody_to_ask_it_is_held_and_approved_at_the_command_line(converse, playvisor, guest, writes, ledger):
    web = guest(running=True)

    async def steps(client):
        held = await stop(web)(client)
        assert held["status"] == "held"
        assert f"playvisor approvals approve {held['plan']['id'][:8]}" in held["failure"]["hint"]
        assert (await stop(web)(client))["status"] == "held"

        (first, _second) = (await run_sync(playvisor, "approvals", "list", "--json")).json
        assert first["plan_id"] == held["plan"]["id"]
        assert "shutdown" in (await run_sync(playvisor, "approvals", "show", first["plan_id"])).stdout
        assert (await run_sync(playvisor, "approvals", "approve", first["plan_id"], "--yes")).status == 0
        assert writes() == []

        done = await stop(web)(client)
        assert (done["status"], done["changed"]) == ("ok", True)
        web.running = True
        assert (await stop(web)(client))["status"] == "held"

    converse(steps, user=None)

    assert ledger.verify().faults == []


def test_an_approval_is_void_when_the_guest_is_another_by_then(converse, playvisor, guest):
    web = guest(running=True)

    async def steps(client):
        held = await stop(web)(client)
        assert (await run_sync(playvisor, "approvals", "approve", held["plan"]["id"], "--yes")).status == 0
        web.config["name"] = "somebody-elses"
        return await stop(web)(client)

    assert converse(steps, user=None)["status"] == "held"


def test_what_is_protected_is_not_for_the_clients_user_to_approve(converse, guest, writes):
    web = guest(running=True)
    web.config["protection"] = 1

    async def user(_context, _params):
        raise AssertionError("nobody may be asked")

    done = converse(stop(web), user=user)

    assert done["status"] == "held"
    assert "protected-guests" in done["failure"]["message"]
    assert writes() == []


@pytest.mark.thorough
def test_a_denied_plan_is_not_decided_on_again(converse, playvisor, guest):
    held = converse(stop(guest(running=True)), user=None)

    assert playvisor("approvals", "deny", held["plan"]["id"]).status == 0
    again = playvisor("approvals", "approve", held["plan"]["id"], "--json")

    assert again.status == 2
    assert "is denied" in again.json["failure"]["message"]


def test_a_person_at_the_command_line_needs_approval_only_for_protected_guests(playvisor, guest, ledger):
    done = playvisor("call", "stop_guest", f"vmid={guest(running=True).vmid}", "--json")

    assert (done.status, done.json["status"]) == (0, "ok")
    assert ledger.recent()[0].rules == "people-act"


def test_a_policy_of_ones_own_refuses_and_says_why(playvisor, guest, writes, tmp_path, ledger):
    own = tmp_path / "own.cedar"
    own.write_text(
        'permit(principal, action, resource);\n@id("no-stops") @advice("Ask the database team.")\n'
        'forbid(principal, action == Action::"stop_guest", resource);'
    )

    done = playvisor("call", "stop_guest", f"vmid={guest(running=True).vmid}", "--json", PLAYVISOR_POLICY=str(own))

    assert done.status == 3
    assert "no-stops" in done.json["failure"]["message"]
    assert done.json["failure"]["hint"] == "Ask the database team."
    assert writes() == []
    assert ledger.recent()[0].decision == "refused"


def test_a_policy_that_makes_no_sense_lets_nothing_be_changed(playvisor, guest, writes, tmp_path):
    own = tmp_path / "own.cedar"
    own.write_text("permit(principal, action, resource) when { context.colour };")

    done = playvisor("call", "stop_guest", f"vmid={guest(running=True).vmid}", "--json", PLAYVISOR_POLICY=str(own))

    assert done.status != 0
    assert "colour" in done.stdout
    assert writes() == []


def test_a_policy_that_knows_clients_by_their_own_names_is_warned_of(playvisor, tmp_path):
    own = tmp_path / "own.cedar"
    own.write_text('@id("mine") permit(principal == Client::"claude-desktop", action, resource);')

    checked = playvisor("policy", "check", str(own))

    assert checked.status == 0
    assert 'nobody is proven to be Client::"claude-desktop"' in checked.stderr.replace("\n", " ")
    assert len(playvisor("policy", "check", str(own), "--json").json["warnings"]) == 1


def test_a_freeze_stops_changes_but_neither_reads_nor_plans(playvisor, guest, writes):
    web = guest(running=True)

    playvisor("freeze", "incident 42")
    stopped = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json")
    planned = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--check", "--json")
    listed = playvisor("call", "list_guests", "--json")

    assert (stopped.status, stopped.json["failure"]["code"]) == (3, "frozen")
    assert "incident 42" in stopped.json["failure"]["message"]
    assert (planned.json["status"], listed.json["status"]) == ("planned", "ok")
    assert writes() == []
    playvisor("thaw")
    assert playvisor("call", "stop_guest", f"vmid={web.vmid}").status == 0


def test_the_policy_is_checked_explained_and_tested(playvisor, tmp_path):
    cases = tmp_path / "cases.yml"
    cases.write_text(
        "- {name: stop, tool: stop_guest, expect: hold}\n"
        "- {name: start, tool: start_guest, expect: allow}\n"
        "- {name: people, tool: stop_guest, asker: {kind: person}, "
        "targets: [{vmid: 100, tags: [protected]}], expect: hold}\n"
    )

    rules = [rule["name"] for rule in playvisor("policy", "check", "--json").json["rules"]]
    explained = playvisor("policy", "explain", "stop_guest", "--tag", "protected", "--json").json
    backup = playvisor("policy", "explain", "backup_guest", "mode=stop", "--stopped", "--json").json
    stopping = playvisor("policy", "explain", "backup_guest", "mode=stop").stdout
    by_effect = playvisor("policy", "explain", "start_guest", "--effect", "gives access", "--json").json
    tested = playvisor("policy", "test", str(cases))
    cases.write_text("- {tool: start_guest, expect: refuse}")

    assert "blast-radius" in rules
    assert [one["ruling"] for one in explained.values()] == ["hold", "refuse", "allow", "allow"]
    assert [one["effects"] for one in backup.values()] == [["changes"]] * 4
    assert [one["ruling"] for one in backup.values()] == ["allow"] * 4
    assert "Effects: changes, interrupts." in stopping
    assert "POST /nodes/pve1/vzdump" in stopping
    assert [one["ruling"] for one in by_effect.values()] == ["hold", "refuse", "allow", "allow"]
    assert tested.status == 0, tested.stderr
    assert playvisor("policy", "test", str(cases)).status == 1
