"""Whatever is killed, and whenever: no write without a row, no row that stays open, no process and no key left."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mcp_bridge.auth.caller import make_person
from mcp_bridge.evidence import events
from mcp_bridge.executor.warm import WarmExecutor
from mcp_bridge.run import Request
from mcp_bridge.system import processes
from trust.lab import Lab, wait_until

pytestmark = pytest.mark.flow

ATTACK = "kills"
STOPPED = 110
STEP = f"/nodes/pve1/qemu/{STOPPED}/status/start"
# How many requests the cluster has got when it happens; the last ones are looks at the task.
MOMENTS = range(1, 12)
LEAST = 83


@pytest.fixture
def runtime(monkeypatch) -> Iterator[Path]:
    """Where gateways of this test have their sockets and keys."""
    # pytest's own folder would be too deep for a socket.
    with tempfile.TemporaryDirectory(prefix="pv-kill-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@pytest.fixture
def slow(lab, runtime) -> Lab:
    """A cluster that takes its time, so that there are moments to choose from."""
    lab.simulator.world.settings.latency = 0.02
    lab.simulator.inject(task="qmstart", action="hang", seconds=3600.0)
    return lab


@contextmanager
def begin(lab: Lab, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process of its own, which is not there any more at the end."""
    command = [sys.executable, "-m", "playvisor", "call", "start_guest", f"vmid={STOPPED}", "--json", *words]
    with subprocess.Popen(
        command,
        env={**lab.environment, "PLAYVISOR_EXECUTOR": "cold"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield process
        process.kill()


def read_keys(runtime: Path) -> list[tuple[Path, str]]:
    """The sockets and keys that a run could have seen by now."""
    found = []
    for key in runtime.glob("*/*.key"):
        with suppress(OSError):
            found.append((key.parent / "socket", key.read_text(encoding="ascii")))
    return found


def is_usable(path: Path, key: str) -> bool:
    """Whether anything is answered to who has a key."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.settimeout(2)
        connection.connect(str(path))
        head = f"GET /api2/json/version HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        while part := connection.recv(4096):
            answer += part
    return answer.startswith(b"HTTP/1.1 200")


def check(lab: Lab, counts: Any, keys: list[tuple[Path, str]]) -> None:
    """Everything that reached the cluster is in a row that is closed; nothing lives, no key opens anything."""
    # Whoever comes next closes what was left open.
    ledger = lab.make_bridge().ledger
    rows = ledger.recent(50)
    traced = {
        (entry["method"], entry["path"]): row
        for row in rows
        for entry in events.read_api_trace(ledger.folder(row.run_id))
        if entry["method"] != "GET"
    }
    unrecorded = [write for write in lab.writes if write not in traced]
    untold = [write for write in lab.writes if write in traced and not traced[write].changed]
    still_open = [row.run_id for row in rows if row.outcome is None]
    counts.unnoticed += len(unrecorded) + len(untold) + len(still_open)
    assert (unrecorded, untold, still_open) == ([], [], [])
    assert ledger.verify().faults == []
    for row in rows:
        wait_until(lambda row=row: not processes.find_run_processes(ledger.folder(row.run_id)), "the end of a run")
    usable = [key for path, key in keys if is_usable(path, key)]
    counts.leaks += len(usable)
    assert usable == []


def wait_for_requests(lab: Lab, number: int, is_over: Any) -> None:
    wait_until(lambda: len(lab.simulator.requests) >= number or is_over(), f"request {number}")


class TestTheBridge:
    @pytest.mark.parametrize(
        "moment", [pytest.param(moment, marks=[] if moment == 9 else [pytest.mark.trust]) for moment in MOMENTS]
    )
    def test_is_killed(self, slow, runtime, count, moment):
        counts = count(ATTACK)
        counts.tries = 1
        with begin(slow) as process:
            wait_for_requests(slow, moment, lambda: process.poll() is not None)
            keys = read_keys(runtime)
            process.kill()
            process.wait()

        check(slow, counts, keys)

    @pytest.mark.trust
    @pytest.mark.parametrize("seed", range(8))
    def test_is_killed_with_everything_that_it_started(self, slow, runtime, count, seed):
        counts = count(ATTACK)
        counts.tries = 1
        with begin(slow) as process:
            wait_for_requests(slow, random.Random(seed).randint(1, 12), lambda: process.poll() is not None)
            keys = read_keys(runtime)
            for pid in [process.pid, *find_descendants(process.pid)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

        check(slow, counts, keys)

    @pytest.mark.trust
    @pytest.mark.parametrize("seed", range(8))
    def test_in_the_background_is_killed(self, slow, runtime, count, seed):
        counts = count(ATTACK)
        counts.tries = 1
        with begin(slow, "wait=false") as process:
            wait_for_requests(slow, random.Random(seed).randint(1, 12), lambda: False)
            keys = read_keys(runtime)
            pids = {row.pid for row in slow.make_bridge().ledger.recent(5)} - {os.getpid()}
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait(60)
        wait_until(lambda: not any(map(processes.read_start_time, pids)), "the end of what was killed")

        assert pids
        check(slow, counts, keys)


def find_descendants(pid: int) -> list[int]:
    """Every process that this one started, and those that they did."""
    parents = {int(entry.name): processes.read_parent(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")}
    found = [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known and child not in found]
    return found[1:]


class TestTheRun:
    """Its playbook, or the process that it is forked from, while the bridge lives."""

    @pytest.fixture
    def own(self, runtime, executor) -> Iterator[WarmExecutor]:
        """An executor whose fork server may be killed."""
        made = WarmExecutor({})
        made.start()
        wait_until(lambda: made.supervisor.pid, "a fork server")
        yield made
        made.close()

    def _start(self, lab: Lab, threads: ThreadPoolExecutor) -> Any:
        request = Request("start_guest", {"vmid": STOPPED}, "apply", make_person("playvisor"))
        return threads.submit(lab.bridge.run, request, lambda _line: None, threading.Event())

    def _release(self, lab: Lab) -> None:
        """What outlived the kill goes on to its end."""
        lab.simulator.world.faults.rules.clear()
        lab.simulator.world.settings.latency = 0.0
        lab.simulator.advance(4000.0)

    def _kill_playbooks(self, lab: Lab, runtime: Path, counts: Any, moments: Any) -> None:
        for moment in moments:
            counts.tries += 1
            before = len(lab.simulator.requests)
            rule = lab.simulator.inject(task="qmstart", action="hang", seconds=3600.0)
            with ThreadPoolExecutor(1) as threads:
                run = self._start(lab, threads)
                wait_for_requests(lab, before + moment, run.done)
                keys = read_keys(runtime)
                for row in lab.bridge.ledger.recent(3):
                    processes.kill_run(lab.bridge.ledger.folder(row.run_id))
                rule.count = 0
                lab.simulator.advance(4000.0)
                result = run.result(60)
            assert result.status in ("ok", "failed", "cancelled"), result
            check(lab, counts, keys)
            if lab.simulator.cluster.guests[STOPPED].running:
                lab.simulator.cluster.guests[STOPPED].running = False

    def test_is_killed(self, lab, runtime, count):
        lab.simulator.world.settings.latency = 0.02

        self._kill_playbooks(lab, runtime, count(ATTACK), (9,))

    @pytest.mark.trust
    @pytest.mark.parametrize("seed", range(2))
    def test_is_killed_at_any_time(self, lab, runtime, count, seed):
        lab.simulator.world.settings.latency = 0.02
        chosen = random.Random(seed)

        self._kill_playbooks(lab, runtime, count(ATTACK), [chosen.randint(1, 14) for _turn in range(22)])

    @pytest.mark.trust
    @pytest.mark.parametrize("seed", range(14))
    def test_is_of_a_fork_server_that_is_killed(self, lab, runtime, count, own, seed):
        counts = count(ATTACK)
        counts.tries = 1
        lab.executor = own
        lab.simulator.world.settings.latency = 0.02
        lab.simulator.inject(task="qmstart", action="hang", seconds=3600.0)
        with ThreadPoolExecutor(1) as threads:
            run = self._start(lab, threads)
            wait_for_requests(lab, random.Random(seed).randint(1, 12), run.done)
            keys = read_keys(runtime)
            os.kill(own.supervisor.pid, signal.SIGKILL)
            self._release(lab)
            result = run.result(60)

        assert result.status in ("ok", "failed", "cancelled"), result
        check(lab, counts, keys)
