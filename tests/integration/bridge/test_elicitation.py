"""A client's user is asked about all of a plan, and only an answer to that very question approves it."""

from __future__ import annotations

import hashlib
import os
import pty
import select
import sys

import anyio
import pytest
from mcp.types import ElicitResult, InputRequiredResult

from mcp_bridge.authority.token_writer import TokenWriter
from mcp_bridge.database.transactions import transaction

pytestmark = pytest.mark.flow

LEGACY = pytest.param("legacy", marks=pytest.mark.thorough)
PROTOCOLS = pytest.mark.parametrize("protocol", [LEGACY, "auto"])
YES = ElicitResult(action="accept", content={"approve": True})
NO = ElicitResult(action="decline")


@pytest.fixture
def asking_policy(env, tmp_path):
    """A policy by which everything needs an approval, and the client's own user may give it."""
    own = tmp_path / "asking.cedar"
    own.write_text("permit(principal, action, resource) when { context.approved };")
    env["PLAYVISOR_POLICY"] = str(own)


def answer_with(reply, asked=None):
    """A client's user who always says the same; what was asked is added to `asked`."""

    async def user(_context, params):
        if asked is not None:
            asked.append(params.message)
        return reply

    return user


async def send(client, arguments, state=None, reply=None, tool="stop_guest"):
    """One call as it is, with whatever answer a client likes to put into it."""
    replies = {"approve": reply} if reply else None
    return await client.session.call_tool(
        tool, arguments, input_responses=replies, request_state=state, allow_input_required=True
    )


def is_question(came):
    return isinstance(came, InputRequiredResult)


@PROTOCOLS
@pytest.mark.parametrize("user", [None, answer_with(ElicitResult(action="cancel"))], ids=["undeclared", "declared"])
def test_a_client_cannot_answer_what_it_was_not_asked(converse, guest, writes, ledger, protocol, user):
    call = {"vmid": guest(running=True).vmid}

    async def steps(client):
        held = (await client.call_tool("stop_guest", call)).structured_content
        assert held["status"] == "held"
        # As clients once could: the plan's id was the state.
        states = [held["plan"]["id"], held["plan"]["digest"], "A" * 43, ""]
        return [await send(client, call, state, YES) for state in [*states, None]]

    came = converse(steps, protocol=protocol, user=user)

    assert writes() == []
    assert {row.decision for row in ledger.recent(30)} <= {"held", "refused"}
    # The protocol of before knows no such answers, so the SDK may not even send them.
    assert all(is_question(one) or one.structured_content["status"] == "held" for one in came)
    if protocol == "auto":
        ignored = [row for row in ledger.recent(30) if row.tool == "answer_plan"]
        assert len(ignored) == len(came)
        assert {(row.outcome, row.arguments["answer"]) for row in ignored} == {("refused", "accept")}


@pytest.mark.thorough
def test_an_answer_is_good_for_its_own_call_once(converse, simulator, writes, ledger):
    first, second = (one for one in simulator.cluster.guests.values() if one.name in ("web-01", "db-01"))

    async def steps(client):
        one, other = {"vmid": first.vmid}, {"vmid": second.vmid}

        async def get_state(call):
            return (await send(client, call)).request_state

        changed = await send(client, other, await get_state(one), YES)
        forced = await send(client, {**one, "force": True}, await get_state(one), YES)
        retold = await send(client, one, await get_state(one), YES, tool="reset_guest")
        used_up = await get_state(one)
        await send(client, other, used_up, YES)
        again = await send(client, one, used_up, YES)
        assert [is_question(came) for came in (changed, forced, retold, again)] == [True] * 4
        assert writes() == []

        state = await get_state(one)
        done = await send(client, one, state, YES)
        assert done.structured_content["status"] == "ok"
        first.running = True
        return await send(client, one, state, YES)

    replayed = converse(steps, toolsets="power", user=answer_with(YES))

    assert is_question(replayed)
    assert len(writes()) == 1
    assert ledger.verify().faults == []


@pytest.mark.thorough
def test_another_client_cannot_use_what_one_was_asked(serving, talk, ledger, guest, writes):
    call = {"vmid": guest(running=True).vmid}
    mine, other = (TokenWriter(ledger.database).create(name, [])[1] for name in ("mine", "other"))

    async def steps(url):
        async def get_state(client):
            return (await send(client, call)).request_state

        async def use(state):
            return lambda client: send(client, call, state, YES)

        came = []
        for secret, name in ((other, "test-client"), (mine, "another-name")):
            state = await talk(url, mine, get_state, user=answer_with(YES))
            came.append(await talk(url, secret, await use(state), name=name, user=answer_with(YES)))
        state = await talk(url, mine, get_state, user=answer_with(YES))
        came.append(await talk(url, mine, await use(state), user=None))
        assert writes() == []
        state = await talk(url, mine, get_state, user=answer_with(YES))
        came.append(await talk(url, mine, await use(state), user=answer_with(YES)))
        return came

    with serving("--mode", "apply") as url:
        came = anyio.run(steps, url)

    assert [is_question(one) for one in came] == [True, True, False, False]
    assert [one.structured_content["status"] for one in came[2:]] == ["held", "ok"]
    assert len(writes()) == 1


@pytest.mark.parametrize(
    ("protocol", "reply"),
    [
        pytest.param("legacy", NO, marks=pytest.mark.thorough),
        ("auto", YES),
        pytest.param("legacy", YES, marks=pytest.mark.thorough),
        pytest.param("auto", NO, marks=pytest.mark.thorough),
        pytest.param("auto", ElicitResult(action="accept", content={"approve": False}), marks=pytest.mark.thorough),
    ],
)
def test_what_no_person_can_have_answered_leaves_it_held_for_an_operator(
    converse, playvisor, env, guest, writes, ledger, protocol, reply
):
    call = {"vmid": guest(running=True).vmid}
    env["PLAYVISOR_READING_SECONDS"] = "600"

    async def stop(client):
        return (await client.call_tool("stop_guest", call)).structured_content

    held = converse(stop, protocol=protocol, user=answer_with(reply))

    assert (held["status"], held["failure"]["code"]) == ("held", "approval_required")
    assert "answered by itself" in held["summary"]
    assert f"playvisor approvals approve {held['plan']['id'][:8]}" in held["failure"]["hint"]
    assert writes() == []
    assert [row.decision for row in ledger.recent()] == ["refused", "held"]
    assert playvisor("approvals", "approve", held["plan"]["id"], "--yes").status == 0
    assert converse(stop, user=None)["status"] == "ok"


@pytest.mark.thorough
def test_a_client_that_declines_by_itself_leaves_it_held_and_one_that_asks_does_not(converse, guest, writes):
    async def stop(client):
        return (await client.call_tool("stop_guest", {"vmid": guest(running=True).vmid})).structured_content

    assert converse(stop, user=answer_with(NO), name="codex-mcp-client")["status"] == "held"
    assert converse(stop, user=answer_with(NO))["status"] == "refused"
    assert writes() == []


@pytest.mark.parametrize("how", ["option", pytest.param("setting", marks=pytest.mark.thorough)])
@PROTOCOLS
def test_a_server_that_is_told_not_to_ask_does_not_ask(converse, env, guest, writes, protocol, how):
    asked = []
    options = ("--no-elicitation",) if how == "option" else ()
    if how == "setting":
        env["PLAYVISOR_ELICITATION"] = "off"

    async def stop(client):
        return (await client.call_tool("stop_guest", {"vmid": guest(running=True).vmid})).structured_content

    held = converse(stop, protocol=protocol, user=answer_with(YES, asked), options=options)

    assert (held["status"], asked, writes()) == ("held", [], [])


@PROTOCOLS
def test_an_approved_plan_is_judged_again_by_what_is_so_then(
    converse, env, simulator, guest, writes, ledger, tmp_path, protocol
):
    own = tmp_path / "own.cedar"
    own.write_text(
        "permit(principal, action, resource) when { context.approved };\n"
        '@id("nobodys") forbid(principal, action, resource is Guest) when { resource.pool == "" }'
        ' unless { context.approval == "operator" };'
    )
    env["PLAYVISOR_POLICY"] = str(own)

    async def user(_context, _params):
        simulator.cluster.pools.clear()
        return YES

    async def stop(client):
        return (await client.call_tool("stop_guest", {"vmid": guest(running=True).vmid})).structured_content

    done = converse(stop, protocol=protocol, user=user)

    assert done["status"] == "held"
    assert "nobodys" in done["failure"]["message"]
    assert writes() == []
    assert [row.decision for row in ledger.recent()] == ["held", "approved", "held"]


def test_an_answer_that_no_longer_suffices_leaves_it_held(converse, env, guest, writes, ledger, tmp_path):
    strict = (
        'permit(principal, action == Action::"start_guest", resource);\n'
        'permit(principal, action, resource) when { context.approval == "operator" };'
    )
    asking = f"""{strict}
permit(principal, action, resource) when {{ context.approval == "elicitation" && context.recent_targets < 2 }};"""
    own = tmp_path / "own.cedar"
    own.write_text(asking)
    env["PLAYVISOR_POLICY"] = str(own)
    web, off = guest(running=True), guest(running=False)

    async def steps(client):
        async def stop_while(change, **how):
            """What a call comes to whose user says yes, when something changes until then."""
            asked = await send(client, {"vmid": web.vmid, **how})
            assert is_question(asked)
            await change()
            return (await send(client, {"vmid": web.vmid, **how}, asked.request_state, YES)).structured_content

        async def tighten():
            own.write_text(strict)

        async def touch_another():
            assert (await client.call_tool("start_guest", {"vmid": off.vmid})).structured_content["changed"]

        by_policy = await stop_while(tighten)
        own.write_text(asking)
        return by_policy, await stop_while(touch_another, force=True)

    by_policy, by_window = converse(steps, user=answer_with(YES))

    assert [one["status"] for one in (by_policy, by_window)] == ["held", "held"]
    assert "the policy has changed since" in by_policy["summary"]
    assert "has approved it, and somebody else has to as well" in by_window["summary"]
    assert [path for _method, path in writes()] == [f"/nodes/{off.node}/qemu/{off.vmid}/status/start"]
    assert ledger.verify().faults == []


def test_who_approved_where_and_what_was_seen_is_in_the_ledger(converse, playvisor, guest, ledger):
    asked = []

    async def stop(client):
        return (await client.call_tool("stop_guest", {"vmid": guest(running=True).vmid})).structured_content

    converse(stop, user=answer_with(YES, asked))
    approved = next(row for row in ledger.recent() if row.tool == "approve_plan")

    assert (approved.client_name, approved.client_version) == ("test-client", "7")
    assert (approved.arguments["approval"], approved.arguments["session"]) == ("elicitation", "stdio")
    assert approved.arguments["seen"] == hashlib.sha256(asked[0].encode()).hexdigest()
    assert "stop web-01" in approved.summary
    assert playvisor("approvals", "show", approved.arguments["plan_id"]).stdout.startswith(asked[0])


RULES = [
    {"key": f"r{n}", "type": "in", "action": "ACCEPT", "source": f"192.0.2.{n}", "proto": "tcp", "dport": "22"}
    for n in range(1, 26)
]


@pytest.mark.usefixtures("asking_policy")
def test_the_user_reads_all_that_is_done(converse, guest):
    vmid, asked = guest(running=True).vmid, []
    open_to_all = [{"key": "any", "type": "in", "action": "ACCEPT", "source": "0.0.0.0/0"}]
    calls = [
        ("set_guest_ha", {"vmid": vmid, "request_state": "stopped"}),
        ("stop_guest", {"vmid": vmid}),
        ("stop_guest", {"vmid": vmid, "force": True, "shutdown_timeout": 0}),
        ("set_firewall", {"level": "guest", "vmid": vmid, "options": {"enable": False}, "rules": open_to_all}),
        (
            "configure_guest",
            {"vmid": vmid, "new_name": "owned", "nics": [{"slot": "net0", "bridge": "vmbr66"}], "description": "Hi!"},
        ),
        ("set_backup_job", {"id": "nightly", "schedule": "02:00", "storage": "local", "vmids": [vmid]}),
    ]

    async def steps(client):
        return [(await client.call_tool(tool, arguments)).structured_content for tool, arguments in calls]

    held = converse(steps, toolsets="all", user=answer_with(ElicitResult(action="cancel"), asked))

    assert [one["status"] for one in held] == ["held"] * len(calls)
    ha, clean, hard, firewall, config, job = asked
    assert "state: stopped" in ha
    assert "HA stops it" in ha
    assert "asks it to shut down cleanly" in clean
    assert "plug" not in clean
    assert "pulls the plug" in hard
    assert "forceStop: 1" in hard
    assert "enable: 0" in firewall
    assert "source: 0.0.0.0/0" in firewall
    assert "lets everybody in" in firewall
    assert "name: web-01 → owned" in config
    assert "bridge=vmbr66" in config
    assert "bridge=vmbr0 →" in config
    assert "description: none → Hi!" in config
    assert "schedule: 02:00" in job
    assert f"vmid: {vmid}" in job
    for text, one in zip(asked, held, strict=True):
        assert one["plan"]["digest"] in text
        assert "test-client 7 as it calls itself" in text
        for step in one["plan"]["steps"]:
            assert f"{step['method']} {step['path']}" in text


@pytest.mark.thorough
@pytest.mark.usefixtures("asking_policy")
def test_what_does_not_fit_in_a_form_is_not_asked_there_and_is_all_on_the_terminal(converse, playvisor, guest, writes):
    vmid, asked = guest(running=True).vmid, []
    calls = [
        ("set_firewall", {"level": "guest", "vmid": vmid, "rules": RULES}),
        ("configure_guest", {"vmid": vmid, "description": "long " * 800 + "end"}),
    ]

    async def steps(client):
        return [(await client.call_tool(tool, arguments)).structured_content for tool, arguments in calls]

    rules, description = converse(steps, toolsets="all", user=answer_with(YES, asked))

    assert ([rules["status"], description["status"]], asked, writes()) == (["held", "held"], [], [])
    assert "too long to be asked about" in rules["summary"]
    shown = playvisor("approvals", "show", rules["plan"]["id"]).stdout
    assert all(f"source: 192.0.2.{n}\n" in shown for n in range(1, 26))
    assert "long " * 800 + "end" in " ".join(playvisor("approvals", "show", description["plan"]["id"]).stdout.split())


@pytest.fixture
def plan(playvisor, guest):
    """A plan that waits: to stop a protected guest, whoever asks."""
    web = guest(running=True)
    web.config["protection"] = 1
    return playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json").json["plan"]


def test_plans_are_told_apart_in_the_list_by_what_they_would_do(playvisor, plan):
    (listed,) = [line for line in playvisor("approvals", "list").stdout.splitlines() if plan["id"][:8] in line]

    assert "stop web-01 (" in listed
    assert "policy" not in listed


def test_a_script_says_that_it_means_this_plan(playvisor, plan):
    approve = ("approvals", "approve", plan["id"], "--json")

    bare = playvisor(*approve)
    wrong = playvisor(*approve, "--digest", "0" * 64)
    short = playvisor(*approve, "--digest", plan["digest"][:7])
    right = playvisor(*approve, "--digest", plan["digest"][:12])

    assert [done.status for done in (bare, wrong, short, right)] == [2, 2, 2, 0]
    assert "--digest" in bare.json["failure"]["hint"]
    assert right.json["state"] == "approved"


def type_at_terminal(command, env, word, before=lambda: None):
    """What a command shows on a terminal of 80 columns until it ends, `word` typed when it asks; and its status."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, {**env, "COLUMNS": "80", "TERM": "dumb"})
    shown = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
        if b"Type yes:" in shown and word:
            before()
            os.write(terminal, f"{word}\n".encode())
            word = ""
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize(("word", "status", "state"), [("yes", 0, "approved"), ("y", 1, "held")])
def test_a_person_at_a_terminal_sees_it_all_and_is_asked(env, plan, ledger, word, status, state):
    command = [sys.executable, "-m", "playvisor", "approvals", "approve", plan["id"]]

    shown, ended = type_at_terminal(command, env, word)

    assert (ended, ledger.plans.find(plan["id"]).state) == (status, state)
    assert "asks it to shut down cleanly" in shown
    assert plan["digest"] in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_a_plan_that_changed_since_it_was_shown_is_not_approved(env, plan, ledger):
    command = [sys.executable, "-m", "playvisor", "approvals", "approve", plan["id"]]

    def change():
        with transaction(ledger.database.engine) as connection:
            connection.exec_driver_sql("UPDATE plans SET shown = replace(shown, 'shutdown', 'stop')")

    shown, ended = type_at_terminal(command, env, "yes", change)

    assert ended != 0
    assert "Approved" not in shown
    with transaction(ledger.database.engine) as connection:
        assert connection.exec_driver_sql("SELECT state FROM plans").scalars().all() == ["held"]
