"""Every kind of fault, as a rule in data."""

from __future__ import annotations

import ssl
from http.client import HTTPSConnection

import pytest

from pve_simulator.http.message import Request, Response
from pve_simulator.world import fault_effects
from pve_simulator.world.faults import ANSWERS, EFFECTS, REQUEST_ACTIONS, TASK_ACTIONS, FaultRule, Faults

GUEST = "/nodes/pve1/qemu/101"


def inject(api, **rule):
    made = FaultRule.from_data(rule)
    api.driver.world.faults.rules.append(made)
    return made


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "Authentication failed!"),
        (403, "Permission check failed"),
        (500, "injected fault"),
        (595, "Connection refused"),
        (596, "Connection timed out"),
        (599, "Too many redirections"),
    ],
)
def test_a_request_gets_the_status_of_its_rule(api, status, reason):
    inject(api, path="^/version$", status=status)

    assert api.get("/version")[:2] == (status, reason)
    assert api.get("/nodes")[0] == 200


def test_a_rule_says_its_own_message(api):
    inject(api, status=500, message="cfs-lock 'file-storage_cfg' error: got lock request timeout")

    assert api.get("/version")[1] == "cfs-lock 'file-storage_cfg' error: got lock request timeout"


@pytest.mark.parametrize(
    ("action", "status", "content_type", "part"),
    [
        ("bad_json", 200, "application/json;charset=UTF-8", '{"data":[{"vmid":'),
        ("html", 502, "text/html", "<html>"),
    ],
)
def test_a_body_is_not_what_it_should_be(api, action, status, content_type, part):
    rule = FaultRule.from_data({"action": action})
    response = api.run(fault_effects.build_answer(rule))

    assert (response.status, response.content_type) == (status, content_type)
    assert part in response.body.decode()


@pytest.mark.parametrize("action", ["reset", "hang"])
def test_a_connection_ends_without_an_answer(api, action):
    response = api.run(fault_effects.build_answer(FaultRule.from_data({"action": action, "seconds": 0.001})))

    assert response.abort


def test_a_body_comes_slowly(api):
    inject(api, action="slow", seconds=2.5, path="^/version$")
    world = api.driver.world
    request = Request.from_target("GET", "/api2/json/version", {}, b"")

    assert fault_effects.deliver(world, request, "/version", Response()).slow == 2.5
    assert fault_effects.deliver(world, request, "/nodes", Response()).slow == 0


def test_an_answer_is_lost_after_the_request_was_carried_out(pve_simulator):
    pve_simulator.inject(action="lost", path="/101/config$", count=1)
    connection = HTTPSConnection(
        pve_simulator.host, pve_simulator.port, context=ssl.create_default_context(cafile=pve_simulator.ca_path)
    )
    token = f"PVEAPIToken={pve_simulator.user}!{pve_simulator.token_id}={pve_simulator.token_secret}"

    connection.request("PUT", f"/api2/json{GUEST}/config?name=other", headers={"Authorization": token})

    with pytest.raises(ConnectionError):
        connection.getresponse()
    assert pve_simulator.cluster.guests[101].name == "other"


def test_an_answer_takes_its_time_on_the_clock(api):
    inject(api, action="delay", seconds=40, path="^/version$")
    before = api.driver.clock.time()

    assert api.get("/version")[0] == 200
    assert api.driver.clock.time() - before == pytest.approx(40)


@pytest.mark.parametrize(("action", "exitstatus"), [("fail", "out of luck"), ("warn", "WARNINGS: 1")])
def test_a_task_ends_as_its_rule_wants(api, action, exitstatus):
    inject(api, action=action, task="qmstart", vmid=105, message="out of luck")
    api.driver.world.cluster.guests[105].config.pop("lock")

    assert api.task("/nodes/pve1/qemu/105/status/start") == exitstatus
    assert api.driver.world.cluster.guests[105].running == (action == "warn")


def test_a_task_hangs_until_it_is_stopped(api):
    inject(api, action="hang", task="qmstop", seconds=500)
    upid = api.post(f"{GUEST}/status/stop")[2]["data"]

    api.run(api.driver.clock.advance(400))
    assert api.data(f"/nodes/pve1/tasks/{upid}/status")["status"] == "running"
    api.run(api.driver.call("DELETE", f"/nodes/pve1/tasks/{upid}"))

    assert api.data(f"/nodes/pve1/tasks/{upid}/status")["exitstatus"] == "received interrupt"


def test_a_held_lock_file_makes_tasks_give_up(api):
    inject(api, action="lock", task="qmstop", seconds=30)

    assert api.task(f"{GUEST}/status/stop") == "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout"


def test_a_lock_file_held_for_a_moment_is_waited_for(api):
    inject(api, action="lock", task="qmstop", seconds=5)

    assert api.task(f"{GUEST}/status/stop") == "OK"


def test_a_lock_in_the_configuration_goes_away_again(api):
    inject(api, action="lock", lock="backup", path="/status/stop$", seconds=60, count=1)

    assert api.task(f"{GUEST}/status/stop") == "VM is locked (backup)"
    api.run(api.driver.clock.advance(61))
    assert api.task(f"{GUEST}/status/stop") == "OK"


def test_somebody_else_edits_a_configuration_in_between(api):
    held = api.data(f"{GUEST}/config")["digest"]
    inject(api, action="digest", path="/config$", method="PUT", count=1)

    api.run(api.driver.call("PUT", f"{GUEST}/config", tags="new", digest=held))

    config = api.data(f"{GUEST}/config")
    assert config["digest"] != held
    assert "edited by somebody else" in config["description"]


def test_a_node_goes_down_in_the_middle_of_a_task(api):
    inject(api, action="node_offline", task="vzstop", seconds=0.1)
    upid = api.post("/nodes/pve2/lxc/200/status/stop")[2]["data"]

    assert api.run(api.driver.finish(upid)) == "unexpected status"
    assert api.get("/nodes/pve2/lxc")[0] == 595
    by_name = {entry["node"]: entry["status"] for entry in api.data("/nodes")}
    assert by_name["pve2"] == "offline"


def test_a_node_is_gone_when_it_is_asked(api):
    inject(api, action="node_offline", path="^/nodes/pve2/", count=1)

    assert api.get("/nodes/pve2/status")[0] == 595


def test_rules_count_and_let_pass(api):
    inject(api, path="^/version$", after=1, count=2)

    assert [api.get("/version")[0] for dummy in range(5)] == [200, 500, 500, 200, 200]


def test_probability_is_the_same_in_every_run():
    def draws(seed):
        faults = Faults([FaultRule(probability=0.5, action="slow", seconds=1)], seed)
        request = Request.from_target("GET", "/api2/json/version", {}, b"")
        return [faults.find_delivery(request, "/version") is not None for dummy in range(40)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)
    assert 10 < sum(draws(1)) < 30


def test_a_rule_of_one_guest_spares_the_others(api):
    inject(api, vmid=101)

    assert api.get(f"{GUEST}/config")[0] == 500
    assert api.get("/nodes/pve1/qemu/102/config")[0] == 200


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"nonsense": 1}, "unknown fault fields: nonsense"),
        ({"action": "explode"}, "no fault of requests is called 'explode'"),
        ({"action": "html", "task": "qmstart"}, "no fault of tasks is called 'html'"),
        ({"path": "("}, "no regular expression"),
    ],
)
def test_a_bad_rule_is_refused(data, complaint):
    with pytest.raises(ValueError, match=complaint):
        FaultRule.from_data(data)


def test_every_action_is_one_of_requests_or_tasks():
    assert {"status", "reset", "hang", "bad_json", "html"} == ANSWERS
    assert {"delay", "lock", "digest", "node_offline"} == EFFECTS
    assert ANSWERS | EFFECTS | {"slow", "lost", "half", "replaced"} == REQUEST_ACTIONS
    assert {"fail", "warn", "hang", "lock", "node_offline"} == TASK_ACTIONS
