"""Requests whose answers are lost on the way: result and ledger say what became of them, and never "unchanged"."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from pydantic import SecretStr

from mcp_bridge.auth.caller import make_person
from mcp_bridge.authority import Authority
from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.gated import GatedExecutor
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.settings import Settings

pytestmark = pytest.mark.flow

SLOW = 0.5


class Forgetful(ColdExecutor):
    """An executor by which the result of what was applied is lost."""

    def run(self, run, progress, cancel):
        outcome = super().run(run, progress, cancel)
        return replace(outcome, result=None) if run.permit else outcome


@pytest.fixture(params=[ColdExecutor])
def bridge(request, simulator, state_dir):
    """A bridge in this process."""
    settings = Settings(
        url=simulator.url,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=SecretStr(simulator.token_secret),
        fingerprint=simulator.fingerprint,
        state_dir=state_dir,
    )
    authority = Authority(settings)
    made = Bridge(settings, GatedExecutor(request.param(settings.connection_env()), authority), authority)
    yield made
    made.close()


@pytest.fixture
def call(bridge):
    """`call("stop_guest", vmid=101)`: the result of one call."""

    def run(tool, **arguments):
        request = Request(tool, arguments, "apply", make_person("pytest"))
        return bridge.run(request, lambda _line: None, threading.Event())

    return run


def list_tasks(simulator, kind):
    return [str(task.upid) for task in simulator.world.tasks.list_all() if task.upid.type == kind]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "lost"}, id="lost"),
        pytest.param({"action": "half"}, id="half", marks=pytest.mark.thorough),
        pytest.param({"action": "replaced", "status": 596}, id="596", marks=pytest.mark.thorough),
    ],
)
def test_a_request_whose_answer_is_lost_is_told_by_its_task(simulator, guest, call, ledger, writes, fault):
    on = guest(running=True)
    simulator.world.settings.task_seconds = SLOW
    simulator.inject(path="/status/reboot$", **fault)

    result = call("reboot_guest", vmid=on.vmid)

    assert (result.status, result.changed, result.upids) == ("ok", True, list_tasks(simulator, "qmreboot"))
    (row,) = ledger.recent()
    assert (row.outcome, row.changed, row.upids) == ("ok", True, result.upids)
    assert len(writes()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("action", ["reset", "html", "bad_json"])
def test_a_request_of_which_nothing_is_seen_is_unknown(simulator, guest, call, ledger, writes, action):
    on = guest(running=True)
    simulator.inject(path="/status/reboot$", action=action)

    result = call("reboot_guest", vmid=on.vmid)

    assert (result.status, result.changed, result.data["unknown"]) == ("failed", True, True)
    assert "It is unknown whether POST" in result.summary
    (row,) = ledger.recent()
    assert (row.outcome, row.changed, row.upids) == ("failed", True, [])
    assert "It is unknown whether POST" in row.summary
    assert len(writes()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("is_other", [False, True], ids=["its own", "another run's"])
def test_what_a_killed_run_had_sent_is_found_without_its_answer(
    simulator, guest, env, bridge, call, ledger, eventually, writes, is_other
):
    off = guest(running=False)
    fault = {"action": "hang"} if is_other else {"action": "delay", "seconds": 1.0}
    rule = simulator.inject(path="/status/start$", method="POST", count=1, **fault)
    command = [sys.executable, "-m", "playvisor", "call", "start_guest", f"vmid={off.vmid}"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    eventually(lambda: rule.hits > 0, "the request")
    process.kill()
    process.communicate()
    (closed,) = close_interrupted(bridge.authority)
    before = ledger.find(closed)
    assert (before.changed, before.upids) == (True, [])
    assert "may have been done (unknown)" in before.summary

    if is_other:
        assert call("start_guest", vmid=off.vmid).status == "ok"
    eventually(lambda: list_tasks(simulator, "qmstart"), "the task")
    request = Request("get_run", {"run_id": closed}, "read", make_person("pytest"))
    shown = bridge.call(request, lambda _line: None, threading.Event()).as_dict()

    upids = list_tasks(simulator, "qmstart")
    (followed,) = [row for row in ledger.recent() if row.tool == "follow_up"]
    if is_other:
        assert (followed.outcome, followed.upids) == ("failed", [])
        assert "no task of it is in the cluster's lists" in shown["summary"]
    else:
        assert (followed.outcome, followed.upids) == ("ok", upids)
        assert "its answer was lost, and its task was found; its task ended OK" in shown["summary"]
    assert ledger.find(closed) == replace(before)


@pytest.mark.thorough
@pytest.mark.parametrize("bridge", [Forgetful], indirect=True)
def test_what_was_sent_before_a_freeze_is_told_though_the_result_is_lost(
    simulator, guest, bridge, call, ledger, eventually, writes
):
    web = guest(running=False)
    slot, size = next(
        (key, int(text.partition("size=")[2].partition("G")[0])) for key, text in web.config.items() if "size=" in text
    )
    change = {"vmid": web.vmid, "memory": int(web.config["memory"]) + 512, "disks": [{"slot": slot, "size": size + 1}]}
    rule = simulator.inject(method="PUT", action="delay", seconds=2.0, count=1)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(call, "resize_guest", **change)
        eventually(lambda: rule.hits > 0, "the first request")
        _freeze, has_ended = bridge.authority.freeze("incident 42", 30.0)
        assert has_ended
        sent = writes()
        result = running.result()

    assert len(result.plan.steps) == 2
    assert writes() == sent
    assert (result.status, result.changed, [one["path"] for one in result.data["sent"]]) == (
        "failed",
        True,
        [path for _method, path in sent],
    )
    (row,) = ledger.recent()
    assert (row.outcome, row.decision, row.changed) == ("failed", "frozen", True)
