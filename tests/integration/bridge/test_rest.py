"""The REST API: every tool an endpoint, runs and plans as resources, and what bad input gets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from web_client import Web

from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.errors import LedgerError
from mcp_bridge.run import Request
from playvisor.web.app import list_endpoints
from playvisor.web.rest.endpoints import MOST_AT_ONCE

pytestmark = pytest.mark.flow


@pytest.fixture
def web(lab):
    """The web application on a simulated cluster, with somebody signed in."""
    web = Web(lab.bridge)
    web.sign_in()
    return web


def test_a_tool_is_called_and_its_run_can_be_read(web):
    found = web.call("POST", "/tools/stop_guest", {"vmid": 101})
    assert found.status_code == 200, found.text
    run_id = found.json()["run_id"]

    run = web.get(f"/runs/{run_id}")
    assert (run["tool"], run["outcome"], run["asker_kind"]) == ("stop_guest", "ok", "person")
    assert [one["run_id"] for one in web.get("/runs?tool=stop_guest")["runs"]] == [run_id]
    assert {event["phase"] for event in web.get(f"/runs/{run_id}/tasks")["events"]} == {"plan", "apply"}
    trace = web.get(f"/runs/{run_id}/requests")
    assert [one["path"] for one in trace["requests"] if one["method"] == "POST"] == [
        "/nodes/pve1/qemu/101/status/shutdown"
    ]
    assert trace["grant"]["tool"] == "stop_guest"
    assert web.get(f"/runs/{run_id}/changes")["applied"]
    assert web.get(f"/runs/{run_id}/undo")["calls"][0]["tool"] == "start_guest"
    files = web.get(f"/runs/{run_id}/artifacts")["artifacts"]
    content = web.call("GET", f"/runs/{run_id}/artifacts/{files[0]['path']}")
    assert content.headers["content-type"] == "text/plain; charset=utf-8"
    assert "playvisor.proxmox.pve_guest_state" in web.call("GET", f"/runs/{run_id}/playbook").text


def test_lists_go_on_from_a_cursor_to_their_end(web):
    for _time in range(3):
        web.call("POST", "/tools/list_pools", {})
    first = web.get("/runs?tool=list_pools&limit=2")
    second = web.get(f"/runs?tool=list_pools&limit=2&cursor={first['next']}")

    assert [len(page["runs"]) for page in (first, second)] == [2, 1]
    assert second["next"] is None
    assert web.get("/runs?reads=false")["runs"] == []


def test_a_plan_that_is_held_is_shown_checked_and_decided_on_as_it_was_seen(web, lab):
    held = lab.bridge.call(
        Request("stop_guest", {"vmid": 101}, "apply", make_local_client("model")), print, threading.Event()
    )
    (plan,) = web.get("/plans")["plans"]
    shown = web.get(f"/plans/{plan['plan_id']}")
    assert (held.status, shown["state"], shown["asker_kind"]) == ("held", "held", "client")
    assert not web.call("POST", f"/plans/{plan['plan_id']}/drift", {}).json()["drifted"]
    assert len(web.get("/plans?state=all")["plans"]) == 1, "checking whether it has drifted keeps no plan"

    other = web.call("POST", f"/plans/{plan['plan_id']}/decision", {"approve": True, "seal": "x"})
    assert (other.status_code, other.json()["code"]) == (409, "drifted")
    body = {"approve": True, "seal": shown["seal"], "reason": "It is planned.\nReally."}
    assert web.call("POST", f"/plans/{plan['plan_id']}/decision", body).json()["state"] == "approved"
    (decision,) = web.get("/runs?tool=approve_plan")["runs"]
    assert decision["arguments"]["reason"] == "It is planned.\nReally."


def test_a_plan_has_drifted_once_its_guest_is_another(web, lab):
    lab.bridge.call(Request("stop_guest", {"vmid": 101}, "apply", make_local_client("model")), print, threading.Event())
    (plan,) = web.get("/plans")["plans"]
    web.call("POST", "/tools/configure_guest", {"vmid": 101, "new_name": "other"})

    assert web.call("POST", f"/plans/{plan['plan_id']}/drift", {}).json()["drifted"]


_BAD = [
    ("POST", "/tools/stop_gest", {}, 404, "not_found"),
    ("POST", "/tools/stop_guest", {"vmid": "x"}, 422, "invalid_parameter"),
    ("POST", "/tools/stop_guest", {"vmid": 99999}, 404, "not_found"),
    ("GET", "/tools/stop_gest", None, 404, "not_found"),
    ("GET", "/runs/ffff", None, 404, "not_found"),
    ("GET", "/runs?limit=0", None, 422, "invalid_parameter"),
    ("GET", "/runs?cursor=!", None, 422, "invalid_parameter"),
    ("GET", "/runs?since=banana", None, 422, "invalid_parameter"),
    ("GET", "/runs?colour=red", None, 422, "invalid_parameter"),
    ("GET", "/plans/ffff", None, 404, "not_found"),
    ("POST", "/plans/ffff/decision", {"approve": True, "seal": "x"}, 404, "not_found"),
    ("POST", "/plans/ffff/decision", {"approve": 1, "seal": ""}, 422, "invalid_parameter"),
    ("POST", "/policy/explain", {"tool": "list_guests"}, 422, "invalid_parameter"),
    ("POST", "/policy/test", {"cases": "["}, 422, "invalid_parameter"),
    ("POST", "/freeze", {"why": "x" * 201}, 422, "invalid_parameter"),
    ("POST", "/tokens", {"name": "No Name"}, 422, "invalid_parameter"),
    ("DELETE", "/tokens/nobody", None, 404, "not_found"),
    ("PUT", "/runs", None, 405, "invalid_parameter"),
    ("GET", "/nothing", None, 404, "not_found"),
]


def test_bad_input_gets_a_problem_that_says_what_is_wrong(web):
    for method, path, body, status, code in _BAD:
        answer = web.call(method, path, body)
        problem = answer.json()

        assert (answer.status_code, problem["code"]) == (status, code), (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["detail"].endswith((".", "?")), problem["detail"]


def test_who_is_not_signed_in_gets_nothing_and_a_page_elsewhere_neither(lab):
    web = Web(lab.bridge)
    assert web.call("GET", "/runs").status_code == 401
    web.sign_in()
    web.csrf = "another"
    assert web.call("POST", "/tools/list_nodes", {}).json()["code"] == "csrf"
    assert web.call("GET", "/runs", origin="https://elsewhere.example").status_code == 403
    assert web.call("GET", "/runs", host="elsewhere.example").status_code == 421
    assert web.call("POST", "/session/link", {"code": "again"}).status_code == 401


def test_a_body_that_is_broken_or_too_large_is_refused(web):
    def send(content, media="application/json"):
        return web.browser.post(
            "/api/v1/tools/list_nodes", content=content, headers={"x-csrf-token": web.csrf, "content-type": media}
        )

    assert send(b"{").status_code == 400
    assert send(b"[]").status_code == 422
    assert send(b"[" * 100_000).status_code == 400
    assert send(b"{}", "text/plain").status_code == 415
    assert send(b" " * (2**20 + 1)).status_code == 413


def test_a_token_is_a_client_that_decides_on_nothing(web):
    made = web.call("POST", "/tokens", {"name": "robot", "days": 1})
    assert made.status_code == 201
    robot = Web(web.context.bridge)
    bearer = f"Bearer {made.json()['token']}"

    assert robot.call("POST", "/tools/list_nodes", {}, authorization=bearer).status_code == 200
    held = robot.call("POST", "/tools/stop_guest", {"vmid": 101}, authorization=bearer)
    assert held.status_code == 202
    plan = held.json()["plan"]["id"]
    assert held.headers["location"] == f"/api/v1/plans/{plan}"
    seal = web.get(f"/plans/{plan}")["seal"]
    decision = {"approve": True, "seal": seal}
    assert robot.call("POST", f"/plans/{plan}/decision", decision, authorization=bearer).status_code == 403
    assert robot.call("GET", "/tokens", authorization=bearer).status_code == 403
    assert web.call("DELETE", "/tokens/robot").json()["state"] == "revoked"
    assert robot.call("GET", "/runs", authorization=bearer).status_code == 401


def test_a_freeze_is_set_and_ended(web):
    assert web.call("POST", "/freeze", {"why": "moving racks"}).json()["frozen"]
    assert "moving racks" in web.get("/freeze")["why"]
    assert web.get("/overview")["attention"][0]["kind"] == "frozen"
    refused = web.call("POST", "/tools/stop_guest", {"vmid": 101})
    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
    assert not web.call("DELETE", "/freeze").json()["frozen"]
    newest = web.get("/ledger/acts?limit=1")
    before = web.get(f"/ledger/acts?limit=1&cursor={newest['next']}")
    assert [page["acts"][0]["kind"] for page in (newest, before)] == ["thawed", "frozen"]


def test_the_other_resources_answer(web):
    web.call("POST", "/tools/list_nodes", {})
    assert web.call("POST", "/ledger/verify", {}).json()["intact"]
    assert web.get("/ledger")["entry"] > 0
    assert web.get("/policy")["rules"]
    explained = web.call("POST", "/policy/explain", {"tool": "stop_guest", "kind": "client"}).json()
    assert explained["decisions"]["as it is"]["ruling"] == "hold"
    tested = web.call("POST", "/policy/test", {"cases": "- tool: stop_guest\n  expect: allow\n"}).json()
    assert tested["failed"] == 1
    assert web.get("/history/changes")["changes"] == []
    unseen = web.get("/history/changes?what=web-77")
    assert (unseen["changes"], len(unseen["warnings"])) == ([], 1)
    assert web.get("/history/state")["objects"] == []
    assert web.get("/health")["status"] == "ok"
    assert web.get("/health/checks")["cluster"]["reached"]
    assert web.get("/ledger/verify")["state"] == "intact"
    assert {row["name"] for row in web.get("/settings")["settings"]} >= {"PROXMOX_URL", "PLAYVISOR_POLICY"}
    assert "profiles" in web.get("/profiles")
    assert web.get("/overview")["cluster"]["quorate"]
    assert web.get("/overview/checks")["backups"]["gaps"] == 8


def test_the_description_covers_every_tool_and_is_not_sent_twice(web):
    answer = web.call("GET", "/openapi.json")
    assert "/api/v1/tools/stop_guest" in answer.json()["paths"]
    assert web.call("GET", "/openapi.json", if_none_match=answer.headers["etag"]).status_code == 304


def test_who_asks_too_often_is_told_to_wait(lab):
    web = Web(lab.bridge)
    web.context.rate.rate = 2

    answers = [web.call("GET", "/sign-in") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "30"


def test_who_guesses_tokens_is_slowed_down_and_recorded(lab):
    web = Web(lab.bridge)
    web.context.rate.rate = 2

    answers = [web.call("GET", "/runs", authorization="Bearer pv_guess") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    (act,) = lab.bridge.ledger.list_acts(5, "login_refused")
    assert act["facts"]["why"] == "no valid token"


def test_who_has_too_many_requests_under_way_is_told_to_wait_for_one(web):
    who = web.context.sessions.list_all()[0].caller.identity
    web.context.at_once[who] = MOST_AT_ONCE

    answer = web.call("GET", "/freeze")
    assert (answer.status_code, answer.json()["code"]) == (429, "busy")
    web.context.at_once[who] -= 1
    assert web.call("GET", "/freeze").status_code == 200
    assert web.context.at_once == {who: MOST_AT_ONCE - 1}


def test_a_question_or_case_that_would_take_long_to_decide_is_refused(web):
    many = web.call("POST", "/policy/explain", {"tool": "stop_guest", "targets": 1000, "tags": ["a"] * 20_000})
    aliases = "- &c {tool: stop_guest, expect: allow, targets: [&t {vmid: 1, tags: [a, b]}" + ", *t" * 100 + "]}\n"
    cases = web.call("POST", "/policy/test", {"cases": aliases + "- *c\n" * 100})

    assert (many.status_code, set(many.json()["fields"])) == (422, {"targets", "tags"})
    assert (cases.status_code, "counting what aliases stand for" in cases.json()["detail"]) == (422, True)


def test_a_tool_that_there_is_not_is_not_found_and_a_similar_one_is_named(web):
    answers = [web.call("GET", "/tools/stop_gest"), web.call("POST", "/tools/stop_gest", {"name": "web-01"})]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[1].json()["hint"].startswith("Did you mean stop_guest")


@pytest.mark.parametrize("check", [True, False])
def test_a_person_on_the_web_names_no_file_of_the_server(web, tmp_path, check):
    token = {"token": "root@pam!t1", "secret_file": f"{tmp_path}/secret"}
    refused = web.call("POST", "/tools/create_token", {"tokens": [token], "check": check})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_parameter")
    assert list(tmp_path.glob("secret")) == []


def test_what_stops_everything_waits_for_nothing_that_others_do():
    prompt = {endpoint.name for endpoint in list_endpoints() if endpoint.prompt}

    assert prompt >= {"freeze", "thaw", "get_health", "list_ways", "sign_in_by_link", "end_session", "revoke_session"}
    assert not prompt & {"call_tool", "sign_in_by_oidc", "sign_in_by_realm", "check_health", "verify_ledger"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/runs?limit=--5", 422),
        (f"/api/v1/runs?limit={'9' * 5000}", 422),
        ("/assets/%00", 404),
        (f"/assets/{'a' * 300}", 404),
        (f"/api/v1/runs/{{run}}/artifacts/{'a' * 300}", 404),
        ("/api/v1/runs/{run}/artifacts/%00", 404),
        (f"/api/v1/fleets/{'a' * 300}/files/x.yml", 404),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_number_and_no_file_is_told(web, path, status):
    run = web.call("POST", "/tools/list_nodes", {}).json()["run_id"]

    assert web.browser.get(path.format(run=run)).status_code == status


def test_a_write_that_is_repeated_under_its_key_is_done_once(web):
    first = web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="a-1")
    again = web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="a-1")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert len(web.get("/runs?tool=stop_guest")["runs"]) == 1
    other = web.call("POST", "/tools/stop_guest", {"vmid": 102}, idempotency_key="a-1")
    assert (other.status_code, other.json()["code"]) == (422, "invalid_parameter")
    assert web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="a b").status_code == 400


def test_a_failure_and_a_plan_that_is_held_are_repeated_too(web, lab):
    failed = [web.call("POST", "/tools/stop_guest", {"vmid": 99999}, idempotency_key="b") for _time in range(2)]
    assert [one.status_code for one in failed] == [404, 404]
    assert failed[1].json() == failed[0].json()
    assert failed[1].headers["content-type"] == "application/problem+json"
    robot = Web(lab.bridge)
    bearer = f"Bearer {web.call('POST', '/tokens', {'name': 'robot'}).json()['token']}"
    held = [
        robot.call("POST", "/tools/stop_guest", {"vmid": 101}, authorization=bearer, idempotency_key="b")
        for _time in range(2)
    ]
    assert [one.status_code for one in held] == [202, 202], "the key is each asker's own"
    assert held[1].headers["location"] == held[0].headers["location"]
    assert len(web.get("/plans")["plans"]) == 1


def test_what_was_not_carried_out_may_be_sent_again_under_its_key(web, lab, monkeypatch):
    def refuse(*_arguments):
        raise LedgerError("The disk is full.", "Free space.")

    with monkeypatch.context() as patched:
        patched.setattr(lab.bridge, "call", refuse)
        assert web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="c").status_code == 503
    assert web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="c").status_code == 200


def test_a_write_that_takes_long_is_answered_as_running_with_where_to_follow_it(lab, simulator):
    simulator.world.settings.task_seconds = 1.0
    web = Web(lab.make_bridge(answer_seconds=0.1))
    web.sign_in()
    answer = web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="d")

    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    where = answer.headers["location"].removeprefix("/api/v1")
    assert web.get(where)["tool"] == "stop_guest"
    again = web.call("POST", "/tools/stop_guest", {"vmid": 101}, idempotency_key="d")
    assert again.headers["location"] == answer.headers["location"]
    run_id = where.rpartition("/")[2]
    waited = web.call("POST", "/tools/wait_run", {"run_id": run_id, "timeout": 60})
    while waited.status_code == 202:
        assert waited.headers["location"] == answer.headers["location"]
        waited = web.call("POST", "/tools/wait_run", {"run_id": run_id, "timeout": 60})
    assert waited.json()["run"]["outcome"] == "ok"


def test_identical_reads_at_the_same_time_share_one_run(lab):
    web = Web(lab.bridge)
    web.sign_in()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _number: web.call("POST", "/tools/list_guests", {}).json(), range(4)))

    assert len({answer["run_id"] for answer in answers}) < 4


def test_what_somebody_has_already_is_not_sent_again(web):
    answer = web.call("GET", "/tools")

    assert web.call("GET", "/tools", if_none_match=answer.headers["etag"]).status_code == 304
    assert web.call("GET", "/tools", if_none_match=f'"x", {answer.headers["etag"]}').status_code == 304
    assert web.call("GET", "/tools", if_none_match='"x"').status_code == 200


def test_head_and_options_are_answered_without_anything_for_other_origins(web):
    assert web.call("HEAD", "/runs").status_code == 200
    answer = web.call("OPTIONS", "/plans/ffff")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_page_without_an_origin_gets_the_built_files_and_nothing_else(web):
    def ask(path):
        return web.browser.get(path, headers={"origin": "null"}).status_code

    assert ask("/assets/none.js") == 404
    assert [ask(path) for path in ("/api/v1/session", "/", "/terminal.html", "/assets")] == [403] * 4


def test_a_run_that_goes_on_is_found_by_its_tool(lab):
    web = Web(lab.bridge)
    web.sign_in()
    web.call("POST", "/tools/list_pools", {})

    assert web.get("/runs?outcome=running&tool=list_pools")["runs"] == []
    assert web.get("/runs?outcome=running&guest=101")["runs"] == []


def test_a_server_that_only_reads_approves_and_plans_nothing(lab):
    lab.bridge.call(Request("stop_guest", {"vmid": 101}, "apply", make_local_client("model")), print, threading.Event())
    web = Web(lab.bridge, "read")
    web.sign_in()
    (plan,) = web.get("/plans")["plans"]
    seal = web.get(f"/plans/{plan['plan_id']}")["seal"]

    assert web.call("POST", f"/plans/{plan['plan_id']}/drift", {}).status_code == 403
    body = {"approve": True, "seal": seal}
    assert web.call("POST", f"/plans/{plan['plan_id']}/decision", body).status_code == 403
    assert web.call("POST", f"/plans/{plan['plan_id']}/decision", {**body, "approve": False}).status_code == 200
