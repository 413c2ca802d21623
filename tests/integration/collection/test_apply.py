"""The runner of plans, on a cluster that refuses requests, loses answers and changes by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Plan, Step
from ansible_collections.playvisor.proxmox.plugins.module_utils._run import lost
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.apply import _apply, apply_all
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.resource import Outcome, Resource
from simulated import make_client

from pve_simulator.state.agent import AgentScript, ScriptedRun

TARGET = {"vmid": 101, "name": "web-01", "node": "pve1", "type": "qemu"}
GUEST = "/nodes/pve1/qemu/101"
START = Step("POST", f"{GUEST}/status/start", "it is stopped")
STARTED = Plan(TARGET, (START,), {"state": "stopped"}, {"state": "running"})
# A plan that ends where it began, as a restart's does.
AGAIN = replace(STARTED, before=STARTED.after)

LOCKED = {"path": "/status/start$", "message": "can't lock file 'lock-101.conf' - got timeout", "count": 1}
LOST = {"path": "/status/start$", "action": "lost"}
# The node gives up, and the work is done all the same or was never begun.
TIMED_OUT = {"path": "/status/start$", "status": 596}
# The work is done, and something else comes in place of its answer.
REPLACED = [{"action": "replaced", "status": status} for status in (500, 502, 503, 504, 595, 596, 599)]
FAILED = {"task": "qmstart", "action": "fail", "message": "start failed"}


class Power(Resource):
    noun = "guests"
    shared_goal = True
    settle_seconds = 0.2

    def observe(self, client, params):
        return []

    def target(self, observed):
        return TARGET

    def plan(self, observed, params):
        return STARTED

    def read_state(self, client, observed, plan):
        return {"state": client.get(f"{GUEST}/status/current")["status"]}


class Clone(Power):
    shared_goal = False


class Place:
    """A cluster whose guest 101 is stopped, and what was sent to it."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.guest = simulator.cluster.guests[101]
        self.guest.running = False
        self.client = make_client(simulator)

    @property
    def sent(self):
        return [path for method, path, _status in self.simulator.requests if method != "GET"]

    def apply(self, plan=STARTED, resource=None, timeout=3):
        outcome = Outcome(TARGET, plan)
        _apply(self.client, resource or Power(), None, plan, outcome, timeout)
        return outcome


@pytest.fixture
def place(simulator, monkeypatch):
    monkeypatch.setattr(lost, "LATE_SECONDS", 0.2)
    return Place(simulator)


@pytest.fixture
def running(place):
    """Somebody else has started the guest since it was looked at."""
    place.guest.running = True
    return place


def test_what_is_done_is_changed(place):
    outcome = place.apply()

    assert (outcome.failure, outcome.changed, outcome.state) == (None, True, {"state": "running"})
    assert len(outcome.upids) == 1


def test_a_state_reached_by_somebody_else_is_not_our_change(running):
    outcome = running.apply()

    assert (outcome.failure, outcome.changed) == (None, False)
    assert "already running" in outcome.warnings[0]
    assert "somebody else" in outcome.warnings[0]


@pytest.mark.parametrize(
    "exitstatus",
    ["start failed: command '/usr/bin/kvm -id 101' failed: got timeout", "received timeout", "connection timed out"],
)
def test_what_a_task_had_begun_before_it_timed_out_is_our_change(running, exitstatus):
    running.simulator.inject(**{**FAILED, "message": exitstatus})

    outcome = running.apply()

    assert (outcome.failure, outcome.changed, outcome.state) == (None, True, {"state": "running"})
    assert "timed out" in outcome.warnings[0]
    assert "somebody else" not in outcome.warnings[0]


def test_a_task_that_timed_out_without_the_guest_running_has_failed(place):
    place.simulator.inject(**{**FAILED, "message": "start failed: got timeout"})

    outcome = place.apply()

    assert (outcome.failure.code, outcome.changed) == ("task_failed", False)


def test_a_request_whose_answer_was_lost_is_not_sent_again_but_looked_after(place):
    place.simulator.inject(**LOST)

    outcome = place.apply(resource=Power())

    assert (outcome.failure, outcome.changed, len(place.sent)) == (None, True, 1)


def test_a_request_that_timed_out_is_followed_and_not_sent_again(running):
    running.simulator.inject(**TIMED_OUT)

    outcome = running.apply()

    assert (outcome.failure, outcome.changed, len(running.sent)) == (None, True, 1)


@pytest.mark.parametrize(
    ("fault", "is_running", "plan", "resource", "code"),
    [
        (FAILED, False, STARTED, Power(), errors.TASK_FAILED),
        (FAILED, True, AGAIN, Power(), errors.TASK_FAILED),
        (FAILED, True, STARTED, Clone(), errors.TASK_FAILED),
        (TIMED_OUT, False, STARTED, Power(), errors.TIMEOUT),
    ],
)
def test_a_state_that_proves_nothing_leaves_the_failure(place, fault, is_running, plan, resource, code):
    place.guest.running = is_running
    place.simulator.inject(**fault)

    assert place.apply(plan, resource).failure.code == code
    assert len(place.sent) == 1


@pytest.mark.parametrize(("plan", "resource"), [(AGAIN, Power()), (STARTED, Clone())], ids=["again", "clone"])
@pytest.mark.parametrize("delivery", [{"action": "lost"}, {"action": "half"}, *REPLACED], ids=str)
def test_where_the_state_proves_nothing_the_task_of_a_lost_answer_does(place, plan, resource, delivery):
    place.simulator.world.settings.task_seconds = 0.3
    place.simulator.inject(path="/status/start$", **delivery)

    outcome = place.apply(plan, resource)

    assert (outcome.failure, outcome.changed, outcome.unknown, len(place.sent)) == (None, True, False, 1)
    assert [str(task.upid) for task in place.simulator.world.tasks.list_all()] == outcome.upids
    assert "its task was found" in outcome.warnings[0]


@pytest.mark.parametrize("known", [True, False], ids=["known", "not known"])
def test_a_task_from_before_the_request_is_not_taken_for_its(place, known):
    place.client.known_upids.update([place.client.request("POST", f"{GUEST}/status/start")] if known else [])
    if not known:
        place.client.request("POST", f"{GUEST}/status/start")
        place.simulator.advance(3)
        place.client.get("/version")
    place.simulator.inject(path="/status/start$", action="reset")

    outcome = place.apply(AGAIN, timeout=1)

    assert (outcome.unknown, outcome.changed, outcome.failure.code, outcome.upids) == (True, True, "unreachable", [])
    assert ("one of these tasks may be its: UPID" in outcome.failure.message) != known


def test_a_task_of_another_user_is_not_taken_for_a_requests(place):
    place.simulator.inject(path="/status/start$", action="lost")
    place.client.connection = replace(place.client.connection, token_id="other")

    assert place.apply(AGAIN, timeout=1).unknown


def test_of_two_tasks_that_may_be_a_requests_none_is_taken_and_both_are_named(place):
    place.simulator.world.settings.task_seconds = 0.3
    place.simulator.inject(path="/status/start$", action="lost")
    for _time in range(2):
        with pytest.raises(errors.PveError):
            place.client.request("POST", f"{GUEST}/status/start")

    outcome = place.apply(AGAIN, timeout=1)

    upids = [str(task.upid) for task in place.simulator.world.tasks.list_all()]
    assert (outcome.unknown, outcome.changed, outcome.upids, len(upids)) == (True, True, [], 3)
    assert [upid in outcome.failure.message for upid in upids] == [True] * 3


@pytest.mark.parametrize(
    "fault",
    [{"action": "reset"}, {"status": 596}, {"status": 595}, {"status": 403}, {"status": 500}],
    ids=["reset", "596", "595", "403", "500"],
)
def test_how_a_task_ended_that_can_not_be_asked_for_is_unknown(place, fault):
    place.simulator.world.settings.task_seconds = 60
    place.simulator.inject(path="/tasks/UPID", method="GET", **fault)

    outcome = place.apply(AGAIN, timeout=1)

    assert (outcome.unknown, outcome.changed, len(outcome.upids)) == (True, True, 1)
    assert outcome.upids[0] in outcome.failure.message


def test_a_request_that_could_not_be_sent_was_not_done(place):
    place.client.get("/version")
    place.simulator.stop()

    outcome = place.apply(AGAIN, timeout=1)

    assert (outcome.failure.code, outcome.unknown, outcome.changed) == (errors.UNREACHABLE, False, False)


def test_a_locked_guest_is_waited_for_and_asked_again(place):
    place.simulator.inject(**LOCKED)

    outcome = place.apply()

    assert (outcome.failure, len(place.sent), place.guest.running) == (None, 2, True)


def test_a_guest_started_by_the_holder_of_its_lock_is_not_started_again(running):
    running.simulator.inject(**LOCKED)

    outcome = running.apply()

    assert (outcome.failure, outcome.changed, len(running.sent)) == (None, False, 1)


class Comment(Power):
    """The comment of a pool."""

    def read_state(self, client, observed, plan):
        (pool,) = client.get("/pools", poolid="lab")
        return {"comment": pool.get("comment", "")}


def test_a_lock_of_something_that_is_no_guest_is_waited_for_too(place):
    place.client.request("POST", "/pools", {"poolid": "lab"})
    place.simulator.inject(
        path="^/pools", method="PUT", message="can't lock file '/etc/pve/user.cfg' - got timeout", count=1
    )
    step = Step("PUT", "/pools", "", {"poolid": "lab", "comment": "ours"}, task=False)

    outcome = place.apply(Plan({"pool": "lab"}, (step,), {"comment": ""}, {"comment": "ours"}), Comment())

    assert (outcome.failure, outcome.changed) == (None, True)


class Sealed(Power):
    """Gives each step what the cluster says of the moment, and gives up when asked for a third."""

    def __init__(self):
        self.asked = 0

    def prepare_step(self, client, step):
        self.asked += 1
        if self.asked == 3:
            raise errors.PveError(errors.DIGEST_CONFLICT, "It is no longer as the plan left it.")
        return replace(step, params={**step.params, "digest": client.get(f"{GUEST}/config")["digest"]})


def test_no_step_is_sent_after_one_that_can_not_be_prepared(place):
    names = [Step("PUT", f"{GUEST}/config", "", {"name": name}, task=False) for name in ("one", "two", "three")]

    outcome = place.apply(replace(STARTED, steps=tuple(names)), Sealed())

    assert place.guest.name == "two"
    assert (outcome.failure.code, outcome.steps_done, outcome.changed) == (errors.DIGEST_CONFLICT, 2, True)


def test_a_state_that_differs_at_once_is_somebody_elses_change(place):
    class AtOnce(Power):
        settle_seconds = 0.0
        looks = 0

        def read_state(self, client, observed, plan):
            self.looks += 1
            return {"state": "paused"}

    resource = AtOnce()

    outcome = place.apply(resource=resource, timeout=60)

    assert (outcome.failure.code, outcome.changed, resource.looks) == (errors.DIGEST_CONFLICT, True, 1)


class Written(Power):
    """A configuration, of which only the state may take some time."""

    late_keys = frozenset({"state"})
    looks = 0

    def __init__(self, *found):
        self._found = found

    def read_state(self, client, observed, plan):
        self.looks += 1
        return self._found[min(self.looks, len(self._found)) - 1]


def test_a_value_that_came_back_as_another_is_told_at_once(place):
    resource = Written({"state": "stopped", "startup": "2", "disks": {"scsi0": {"ro": None, "size": 4}}})
    wished = {"state": "running", "startup": "order=2", "disks": {"scsi0": {"ro": "0", "size": 4}}}

    outcome = place.apply(replace(STARTED, after=wished), resource=resource, timeout=600)

    assert (outcome.failure.code, outcome.changed, resource.looks) == (errors.INVALID_PARAMETER, True, 1)
    assert outcome.failure.fields == {"startup": "came back as 2", "disks.scsi0.ro": "came back as None"}
    assert "startup was sent as order=2 and came back as 2" in outcome.failure.message
    assert outcome.failure.hint


def test_what_is_gone_is_no_value_that_came_back_as_another(place):
    resource = Written({"exists": False})

    outcome = place.apply(replace(STARTED, after={"exists": True, "startup": "2"}), resource=resource, timeout=600)

    assert (outcome.failure.code, outcome.failure.fields) == (errors.TIMEOUT, {})


def test_a_value_that_may_take_some_time_is_waited_for(place):
    stopped, running = ({"state": state, "startup": "2"} for state in ("stopped", "running"))
    resource = Written(stopped, running)

    outcome = place.apply(replace(STARTED, after=running), resource=resource, timeout=600)

    assert (outcome.failure, resource.looks) == (None, 2)


def test_a_backup_on_a_node_without_the_guests_fails_without_a_change(place):
    elsewhere = Step("POST", "/nodes/pve2/vzdump", "", {"vmid": "101", "storage": "local"})

    outcome = place.apply(replace(STARTED, steps=(elsewhere,)))

    assert (outcome.failure.code, outcome.changed) == (errors.NOT_FOUND, False)


class Ids(Power):
    """Makes a guest with the first free id."""

    shared_goal = False

    def plan(self, observed, params):
        step = Step("POST", "/nodes/pve1/qemu", "there is none", {"vmid": observed})
        return Plan({"vmid": observed}, (step,), {"state": "none"}, {"state": "stopped"})

    def target(self, observed):
        return {"vmid": observed}

    def read_state(self, client, observed, plan):
        return {"state": client.get(f"/nodes/pve1/qemu/{plan.target['vmid']}/status/current")["status"]}

    def replan_after_refusal(self, client, observed, plan, error):
        return observed + 1 if error.code == errors.AMBIGUOUS else None


def try_ids(place, first, **params):
    outcome = Outcome({"vmid": first}, Ids().plan(first, {}))
    apply_all(place.client, Ids(), [first], [outcome], {"timeout": 3, **params})
    return outcome


def test_a_plan_that_was_refused_at_once_is_replaced(place):
    taken = sorted(vmid for vmid, guest in place.simulator.cluster.guests.items() if guest.type == "qemu")
    first, free = taken[-1], max(place.simulator.cluster.guests) + 1

    outcome = try_ids(place, first)

    assert len(place.sent) == free - first + 1
    assert (outcome.failure, outcome.changed, outcome.target, outcome.plan.target) == (
        None,
        True,
        *[{"vmid": free}] * 2,
    )


def test_a_plan_that_was_expected_is_not_replaced(place):
    outcome = try_ids(place, 101, expect_plan="0123")

    assert (outcome.failure.code, outcome.changed, len(place.sent)) == (errors.DRIFTED, False, 1)


def test_what_no_other_plan_can_help_stays_a_failure(place):
    place.simulator.inject(path="/qemu$", method="POST", status=403, message="Permission check failed")

    outcome = try_ids(place, 150)

    assert (outcome.failure.code, outcome.target) == (errors.PERMISSION_DENIED, {"vmid": 150})


class Prudent(Power):
    def prepare_step(self, client, step):
        return None


def test_a_step_that_is_not_needed_any_more_is_left_out(running):
    outcome = running.apply(resource=Prudent())

    assert (outcome.failure, outcome.changed, running.sent) == (None, False, [])


def test_a_state_that_does_not_come_is_not_waited_for_beyond_patience(place):
    outcome = place.apply(replace(STARTED, steps=()), timeout=600)

    assert outcome.failure.code == errors.TIMEOUT
    assert "did not reach state running in time: it is state stopped" in outcome.failure.message


class Programs(Clone):
    """What each request begins has to be seen through; it ends with the exit code of the program."""

    def finish_step(self, client, step, outcome, deadline):
        outcome.facts["exitcode"] = client.get(f"{GUEST}/agent/exec-status", pid=outcome.answer["pid"])["exitcode"]
        if outcome.facts["exitcode"]:
            raise errors.PveError(errors.TASK_FAILED, "It failed.")


@pytest.mark.parametrize(("program", "exitcode"), [("true", 0), ("false", 1)])
def test_what_a_request_began_is_seen_through_and_was_done_even_if_it_failed(running, program, exitcode):
    running.guest.config["agent"] = "1"
    running.guest.part(AgentScript).runs.append(ScriptedRun(program, exitcode))
    step = Step("POST", f"{GUEST}/agent/exec", "", {"command": [program]}, task=False)

    outcome = running.apply(replace(STARTED, steps=(step,)), Programs())

    assert (outcome.changed, outcome.failure is not None, outcome.facts) == (
        True,
        exitcode != 0,
        {"exitcode": exitcode},
    )


def test_a_module_may_show_what_an_answer_held(place):
    class Telling(Power):
        def send(self, client, observed, step, outcome):
            super().send(client, observed, step, outcome)
            outcome.facts["secret"] = "shown once"

    outcome = place.apply(resource=Telling())

    assert (outcome.facts, outcome.failure) == ({"secret": "shown once"}, None)
