"""A running Playvisor makes commands faster, and changes nothing else about them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcp_bridge.executor.forkserver import lending
from mcp_bridge.executor.warm import WarmExecutor
from playvisor.cli import command_line
from tests.integration.bridge.conftest import PLAYVISOR

pytestmark = pytest.mark.flow


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """Where this test's servers and commands meet."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "playvisor"


@pytest.fixture
def lent(runtime):
    """Commands of these tests borrow from no other server."""
    return str(runtime.parent)


@pytest.fixture
def lent_by(runtime, clean_env, eventually):
    """`with lent_by() as (process, folder)`: `playvisor serve`, with the folder that it lends."""

    @contextmanager
    def serve():
        with subprocess.Popen([*PLAYVISOR, "serve"], env=clean_env, stderr=subprocess.PIPE, text=True) as serving:
            try:
                eventually(lambda: runtime.is_dir() and list(runtime.iterdir()), "somebody who lends")
                [link] = runtime.iterdir()
                yield serving, link.readlink()
            finally:
                serving.terminate()
        assert serving.returncode == 0
        assert list(runtime.iterdir()) == []

    return serve


@pytest.fixture
def lender(lent_by):
    """The folder that a `playvisor serve` lends."""
    with lent_by() as (_serving, folder):
        yield folder


def programs_of(run_folder):
    """The folder that stood first on the PATH of a run's ansible-playbook."""
    command = next(run_folder.glob("*/artifacts/*/command"))
    return Path(json.loads(command.read_text())["env"]["PATH"].split(os.pathsep)[0])


def test_a_command_is_run_by_a_fork_as_it_would_run_by_itself(
    lender, runtime, playvisor, state_dir, simulator, eventually
):
    lent = playvisor("call", "list_guests", "--json")
    wrong = playvisor("call", "nosuch")
    usage = playvisor("call", "list_guests", "--nosuch")
    alone = playvisor("call", "list_guests", "--json", PLAYVISOR_EXECUTOR="cold")

    assert (lent.json["summary"], len(lent.json["guests"])) == (alone.json["summary"], 8)
    assert (lent.status, lent.stderr) == (alone.status, alone.stderr) == (0, "")
    assert programs_of(state_dir / "runs" / lent.json["run_id"]) == lender
    assert programs_of(state_dir / "runs" / alone.json["run_id"]) != lender
    assert (wrong.status, usage.status) == (2, 2)
    assert "There is no tool 'nosuch'" in wrong.stderr
    assert "`playvisor call --help`" in usage.stderr
    left = [path for path in state_dir.rglob("*") if path.stat().st_mode & 0o077]
    assert left == []
    assert playvisor("runs", "verify", "--json").json["intact"]
    assert not any(simulator.token_secret in text for text in leaked(lender))


def leaked(lender):
    server = next(path for path in Path("/proc").glob("[0-9]*") if is_server(path, lender))
    return [(server / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]


def is_server(process, lender):
    try:
        return f"{lender}/socket".encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_an_interrupt_reaches_the_command(lender, env, guest, simulator, eventually):
    simulator.world.settings.task_seconds = 30.0
    web = guest(running=False)
    with subprocess.Popen(
        [*PLAYVISOR, "call", "start_guest", f"vmid={web.vmid}", "--json"], env=env, stdout=-1
    ) as command:
        eventually(lambda: any(method == "POST" for method, _path, _status in simulator.requests), "the start")
        command.send_signal(signal.SIGINT)
        result = json.loads(command.stdout.read())

    assert (command.returncode, result["status"]) == (130, "cancelled")
    assert result["upids"]


@pytest.mark.thorough
def test_a_command_is_finished_when_whoever_lends_ends(lent_by, env, guest, simulator, state_dir, eventually):
    simulator.world.settings.task_seconds = 4.0
    web = guest(running=False)
    start = [*PLAYVISOR, "guest", "start", str(web.vmid), "--json"]
    with lent_by() as (serving, folder), subprocess.Popen(start, env=env, stdout=subprocess.PIPE) as command:
        eventually(lambda: any(method == "POST" for method, _path, _status in simulator.requests), "the start")
        serving.terminate()
        assert serving.wait(10) == 0
        result = json.loads(command.stdout.read())

    assert (command.returncode, result["status"], web.running) == (0, "ok", True)
    assert programs_of(state_dir / "runs" / result["run_id"]) == folder
    eventually(lambda: not folder.exists(), "the end of what had lent")


@pytest.mark.thorough
def test_nothing_is_handed_to_a_folder_that_others_may_write_to(lender, runtime, playvisor, state_dir):
    runtime.chmod(0o777)

    result = playvisor("call", "list_guests", "--json").json

    assert programs_of(state_dir / "runs" / result["run_id"]) != lender
    runtime.chmod(0o700)


def test_what_no_longer_lends_is_not_missed(runtime, playvisor, tmp_path):
    runtime.mkdir(mode=0o700)
    assert lending.publish(str(tmp_path / "gone"))

    assert playvisor("call", "list_guests", "--json").status == 0


@pytest.mark.thorough
def test_who_came_first_goes_on_lending(lender, runtime, clean_env, playvisor):
    with subprocess.Popen([*PLAYVISOR, "serve"], env=clean_env, stderr=subprocess.PIPE, text=True) as second:
        # It says so when it is ready.
        assert "run faster now" in second.stderr.readline()
        [link] = runtime.iterdir()
        assert link.readlink() == lender
        second.terminate()
    assert [link.readlink() for link in runtime.iterdir()] == [lender]
    assert playvisor("guest", "list", "--json").status == 0


@pytest.mark.parametrize(
    ("command", "executor", "lent"),
    [
        (["call", "list_guests"], "", True),
        (["apply", "abc"], "warm", True),
        (["call", "list_guests"], "cold", False),
        (["guest", "list"], "", True),
        (["--profile", "lab", "guest", "list"], "", True),
        (["runs", "list"], "", True),
        (["mcp"], "", False),
        (["--profile=lab", "mcp"], "", False),
        (["doctor"], "", False),
        (["--version"], "", False),
        ([], "", False),
    ],
)
def test_commands_that_end_by_themselves_are_lent(monkeypatch, command, executor, lent):
    monkeypatch.setenv("PLAYVISOR_EXECUTOR", executor)

    assert command_line.may_be_lent(["playvisor", *command]) == lent


def test_completing_is_lent(monkeypatch):
    monkeypatch.setenv(command_line.COMPLETION_VARIABLE, "complete_bash")

    assert command_line.may_be_lent(["playvisor"])
    assert not command_line.runs_playbooks(["playvisor"])


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        (["call", "list_guests"], True),
        (["guest", "list"], True),
        (["--profile", "lab", "guest", "list"], True),
        (["guest", "list", "--help"], False),
        (["guest"], False),
        (["runs", "list"], False),
        (["doctor", "--json"], False),
    ],
)
def test_only_commands_that_run_playbooks_get_a_head_start(command, runs):
    assert command_line.runs_playbooks(["playvisor", *command]) == runs


def test_the_server_of_an_mcp_bridge_lends_and_withdraws(runtime, simulator, tmp_path, eventually):
    from mcp_bridge.run.factory import make_bridge
    from mcp_bridge.settings import Settings

    login = {"user": simulator.user, "token_id": simulator.token_id, "token_secret": simulator.token_secret}
    executor = make_bridge(
        Settings(url=simulator.url, **login, state_dir=tmp_path / "state"), lasting=True
    )._means.executor.executor
    assert isinstance(executor, WarmExecutor)

    eventually(lambda: runtime.is_dir() and list(runtime.iterdir()), "somebody who lends")
    executor.close()

    assert list(runtime.iterdir()) == []


@pytest.mark.thorough
def test_a_command_may_start_whoever_lends_to_the_next(runtime, lent, playvisor, state_dir, simulator, eventually):
    alone = playvisor("call", "list_guests", "--json", PLAYVISOR_SERVE="auto").json
    folder = eventually(lambda: runtime.is_dir() and [link.readlink() for link in runtime.iterdir()], "a lender")[0]
    try:
        lent_run = playvisor("call", "list_guests", "--json", PLAYVISOR_SERVE="auto").json
        started = [path for path in Path("/proc").glob("[0-9]*") if is_child_of(path, keeper_of(folder))]
        seen = "".join((path / "environ").read_bytes().decode(errors="replace") for path in started)
    finally:
        os.kill(keeper_of(folder), signal.SIGTERM)

    assert programs_of(state_dir / "runs" / alone["run_id"]) != folder
    assert programs_of(state_dir / "runs" / lent_run["run_id"]) == folder
    assert "PATH=" in seen
    assert "PROXMOX_" not in seen
    assert simulator.token_secret not in seen
    eventually(lambda: not folder.exists(), "the end of what had lent")


def keeper_of(folder):
    """The process that started the server of this folder."""
    server = next(path for path in Path("/proc").glob("[0-9]*") if is_server(path, folder))
    return int((server / "stat").read_text().rpartition(")")[2].split()[1])


def is_child_of(process, parent):
    try:
        return process.name == str(parent) or (process / "stat").read_text().rpartition(")")[2].split()[1] == str(
            parent
        )
    except OSError:
        return False


@pytest.mark.thorough
def test_whoever_lends_ends_when_nobody_borrows(runtime, clean_env):
    done = subprocess.run(
        [*PLAYVISOR, "serve", "--idle=1"], env=clean_env, capture_output=True, check=False, timeout=60
    )

    assert done.returncode == 0
    assert list(runtime.iterdir()) == []
