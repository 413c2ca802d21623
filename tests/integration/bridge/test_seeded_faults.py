"""Whatever dies, fills up or is locked on the way: nothing that reached the API is missing from the ledger.

The gateway is part of the bridge's process, so what kills one kills the other.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mcp_bridge.auth.caller import make_person
from mcp_bridge.authority import Authority
from mcp_bridge.evidence import events
from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.gated import GatedExecutor
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.settings import Settings
from mcp_bridge.system import processes

pytestmark = [pytest.mark.flow, pytest.mark.thorough]

START = "/status/start$"


@pytest.fixture
def off(guest):
    return guest(running=False)


@pytest.fixture
def begin(env, off):
    """Starts a guest by the command line, and kills that when it is still there at the end."""
    started = []

    def start(**limits: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "playvisor", "call", "start_guest", f"vmid={off.vmid}", "--json"]
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **limits
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def complete(ledger, writes):
    """`complete()`: every request that changed something is in the ledger, which is as it was written."""

    def check() -> None:
        rows = ledger.recent(50)
        traced = [
            (entry["method"], entry["path"])
            for row in rows
            for entry in events.read_api_trace(ledger.folder(row.run_id))
            if entry["method"] != "GET"
        ]
        assert [request for request in writes() if request not in traced] == []
        assert [row.run_id for row in rows if row.outcome is None] == []
        assert ledger.verify().faults == []

    return check


@contextmanager
def locked(state_dir: Path):
    """Another program holds the ledger."""
    holder = sqlite3.connect(state_dir / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.close()


@dataclass(frozen=True)
class Moment:
    """When something is killed: what the simulator holds up so that it lasts, and what shows that it has come.

    `phase` is where the run is then, `said` what the ledger says of it afterwards.
    """

    hold: dict[str, Any]
    shows: str
    phase: str
    said: str
    changed: bool = False
    task: bool = False


PLANNING = Moment({"method": "GET", "action": "hang"}, "held", "plan", "nothing but GET")
# One look at all guests for the plan, the second one to judge it, the third one to apply it.
JUDGING = Moment(
    {"method": "GET", "path": "/cluster/resources", "action": "hang", "after": 1}, "held", "plan", "nothing but GET"
)
LOOKING_AGAIN = Moment(
    {"method": "GET", "path": "/cluster/resources", "action": "hang", "after": 2}, "held", "apply", "nothing but GET"
)
JUDGING_AGAIN = Moment(
    {"method": "GET", "path": "/cluster/resources", "action": "hang", "after": 3}, "held", "apply", "nothing but GET"
)
SENDING = Moment(
    {"method": "POST", "path": START, "action": "delay", "seconds": 1.5}, "held", "apply", "no answer was seen", True
)
WORKING = Moment(
    {"task": "qmstart", "action": "hang"}, "a look at the task", "apply", "start of", changed=True, task=True
)
EVERY = pytest.mark.parametrize(
    "moment",
    [PLANNING, JUDGING, LOOKING_AGAIN, JUDGING_AGAIN, SENDING, WORKING],
    ids=["plans", "judges", "looks again", "judges again", "sends", "waits"],
)


@pytest.fixture
def until(simulator, eventually, ledger):
    """`with until(moment): …`: holds the simulator up; the function that it gives waits for the moment."""

    @contextmanager
    def held(moment):
        rule = simulator.inject(**moment.hold)
        looked = {
            "held": lambda: rule.hits > rule.after,
            "a look at the task": lambda: any("/tasks/UPID" in path for _method, path, _status in simulator.requests),
        }

        def wait():
            eventually(looked[moment.shows], moment.shows)
            (row,) = ledger.recent()
            folder = ledger.folder(row.run_id)
            assert events.PHASES.index(moment.phase) == max(
                events.PHASES.index(phase) for phase in events.PHASES if (folder / phase).is_dir()
            )
            return folder

        yield wait
        rule.count = 0

    return held


@EVERY
def test_a_bridge_that_is_killed_and_with_it_its_gateway(
    moment, begin, until, off, ledger, complete, eventually, writes, authority
):
    with until(moment) as wait:
        process = begin()
        folder = wait()
        process.kill()
        process.wait()

    assert [row.outcome for row in ledger.recent()] == [None]
    (closed,) = close_interrupted(authority)

    row = ledger.find(closed)
    assert (row.outcome, row.changed) == ("interrupted", moment.changed)
    assert moment.said in row.summary
    assert ["qmstart" in upid for upid in row.upids] == [True] * moment.task
    assert processes.find_run_processes(folder) == []
    reached(off, moment, eventually, writes)
    complete()


def reached(off, moment, eventually, writes):
    """Exactly what the moment lets reach the API has."""
    if moment.changed:
        eventually(lambda: writes() == [("POST", f"/nodes/{off.node}/qemu/{off.vmid}/status/start")], "the request")
    else:
        assert writes() == []


@pytest.mark.parametrize("moment", [PLANNING, WORKING], ids=["plans", "waits"])
def test_a_playbook_that_is_killed(moment, bridge, until, off, ledger, complete, eventually, writes):
    with until(moment) as wait, ThreadPoolExecutor(1) as threads:
        request = Request("start_guest", {"vmid": off.vmid}, "apply", make_person("pytest"))
        running = threads.submit(bridge.run, request, lambda _line: None, threading.Event())
        processes.kill_run(wait())
        result = running.result()

    assert (result.status, result.changed) == ("failed", moment.changed)
    (row,) = ledger.recent()
    assert (row.outcome, row.changed, len(row.upids)) == ("failed", moment.changed, int(moment.task))
    assert ("its task still runs" in row.summary) == moment.task
    reached(off, moment, eventually, writes)
    complete()


@pytest.fixture
def bridge(simulator, state_dir):
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
    made = Bridge(settings, GatedExecutor(ColdExecutor(settings.connection_env()), authority), authority)
    yield made
    made.close()


def test_a_bridge_that_is_killed_while_it_waits_to_record_the_end(
    begin, until, off, state_dir, ledger, complete, eventually, writes, authority
):
    with until(SENDING) as wait:
        process = begin()
        folder = wait()
        with locked(state_dir):
            eventually((folder / "SHA256SUMS").exists, "the end of its playbook")
            process.kill()
            process.wait()

    (closed,) = close_interrupted(authority)

    row = ledger.find(closed)
    assert (row.outcome, row.changed, len(row.upids)) == ("interrupted", True, 1)
    assert "was sent; what became of its task" in row.summary
    reached(off, SENDING, eventually, writes)
    complete()


def opened(pid, name):
    """Whether a process has a file open."""
    with suppress(OSError):
        return any(os.readlink(file).endswith(name) for file in Path(f"/proc/{pid}/fd").iterdir())
    return False


def test_a_locked_ledger_keeps_a_run_from_starting_until_it_is_free(
    begin, simulator, state_dir, ledger, complete, eventually, writes
):
    ledger.recent()
    with locked(state_dir):
        process = begin()
        eventually(lambda: opened(process.pid, "ledger.db"), "its look at the ledger")
        assert simulator.requests == []

    stdout, _stderr = process.communicate()
    assert json.loads(stdout)["status"] == "ok"
    assert len(writes()) == 1
    complete()


def test_a_full_disk_keeps_a_run_from_starting(begin, simulator, ledger, complete):
    ledger.recent()
    process = begin(preexec_fn=fill)

    stdout, stderr = process.communicate()

    assert process.returncode != 0
    assert "Nothing runs without it" in stdout + stderr
    assert "Traceback" not in stderr
    assert simulator.requests == []
    assert ledger.recent() == []
    complete()


def test_a_disk_that_fills_up_while_the_request_is_under_way(
    begin, until, off, ledger, complete, eventually, writes, authority
):
    with until(SENDING) as wait:
        process = begin()
        wait()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, FULL)
        stdout, _stderr = process.communicate()

    assert "no answer was seen" in json.loads(stdout)["summary"]
    assert "The ledger does not say yet how this run ended" in stdout
    assert [row.outcome for row in ledger.recent()] == [None]
    (closed,) = close_interrupted(authority)
    row = ledger.find(closed)
    assert (row.outcome, row.changed) == ("interrupted", True)
    assert "its process died, or could not write" in row.summary
    reached(off, SENDING, eventually, writes)
    complete()


# No file may become larger than this, which to a program is the same as a full disk.
FULL = (0, resource.RLIM_INFINITY)


def fill():
    resource.setrlimit(resource.RLIMIT_FSIZE, FULL)


def test_what_became_of_an_interrupted_run_is_asked_later_and_recorded(
    begin, until, simulator, ledger, complete, bridge, authority
):
    def shown(tool):
        request = Request(tool, {"run_id": closed}, "read", make_person("pytest"))
        return bridge.call(request, lambda _line: None, threading.Event()).as_dict()

    with until(replace(WORKING, hold={"task": "qmstart", "action": "hang", "seconds": 60.0})) as wait:
        process = begin()
        wait()
        process.kill()
        process.wait()
    (closed,) = close_interrupted(authority)
    before = ledger.find(closed)

    outage = simulator.inject(method="GET", action="reset")
    down = shown("get_run")
    outage.count = 0
    simulator.advance(3600.0)
    done = shown("get_run")
    again = shown("wait_run")

    assert down["status"] == "ok"
    assert "what became of its task is not known" in down["summary"]
    assert "was sent; its task ended OK." in done["summary"]
    assert again["run"]["follow_up"] == {
        "told": done["run"]["follow_up"]["told"],
        "run_id": done["run"]["follow_up"]["run_id"],
    }
    assert ledger.find(closed) == before
    followed = [row for row in ledger.recent() if row.tool == "follow_up"]
    assert [(row.outcome, row.arguments["run_id"]) for row in followed] == [("ok", closed), ("failed", closed)]
    complete()
