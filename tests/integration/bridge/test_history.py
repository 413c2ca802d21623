"""The history: what changed on a simulated cluster, and who did it, as people and AI clients see it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import anyio
import pytest
from simulated import make_client

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def fresh(simulator):
    """The list of all resources is never old."""
    simulator.world.settings.resources_lag = 0.0


PAGE = Path(__file__).resolve().parents[3] / "docs/history.md"


@pytest.fixture
def outside(simulator):
    """Does something on the cluster that Playvisor has no part in: `outside("PUT", path, **params)`."""
    client = make_client(simulator)

    def do(method: str, path: str, **params: object) -> None:
        client.request(method, path, params)

    return do


def test_every_command_of_the_walk_through_works(playvisor, simulator, outside):
    """In their order; after the first look, somebody else does what the page says."""
    commands = [shlex.split(line) for line in re.findall(r"^    playvisor (.+)$", PAGE.read_text(), re.MULTILINE)]
    assert len(commands) > 8
    shown = {}
    for number, words in enumerate(commands):
        done = playvisor(*words, COLUMNS="80")
        assert done.status == 0, (words, done.stderr)
        shown[" ".join(words)] = done.stdout
        if number == 0:
            assert "first look" in done.stderr
            outside("PUT", "/nodes/pve1/qemu/101/config", cores=3, tags="web")
            outside("POST", "/nodes/pve1/qemu/101/snapshot", snapname="before-upgrade")

    who = shown["history who --since yesterday"]
    assert "status: running → stopped" in who
    assert "cores: 2 → 3 (waits for a restart) [outside, no task]" in who
    assert "+ snapshot before-upgrade [root@pam!playvisor (qmsnapshot)]" in who
    assert max(map(len, who.splitlines())) <= 80
    assert "web-02" not in shown["history who web-01 --since 2h"]
    assert "web-01" in shown["history who --user root@pam"]
    assert "web-02" not in shown["history who --user root@pam"]
    assert "3" in next(line for line in shown["history show web-01"].splitlines() if line.startswith("cores"))
    by = {change["key"]: change for change in json.loads(shown["history who --since 7d -o json"])["changes"]}
    assert by["106"]["source"] == "run"


@pytest.mark.thorough
@pytest.mark.parametrize("ahead", [0, 86_400, -86_400])
def test_what_runs_of_ours_change_is_theirs_with_a_task_or_without(playvisor, simulator, guest, ahead):
    # Whatever the cluster's clock says.
    simulator.world.clock.set_time(simulator.world.clock.time() + ahead)
    container, machine = guest(running=True, kind="lxc"), guest(running=True)
    assert playvisor("history", "sync").status == 0
    described = playvisor("call", "configure_guest", f"vmid={container.vmid}", "description=new", "--json").json
    copied = playvisor("call", "clone_guest", f"vmid={machine.vmid}", "new_name=copy-01", "--json").json
    assert (described["changed"], copied["changed"]) == (True, True), copied

    synced = playvisor("history", "sync", "--json").json

    found = {change["name"]: (change["what"], change["source"], change.get("run_id")) for change in synced["changes"]}
    assert found[container.name] == ("changed", "run", described["run_id"])
    assert found["copy-01"] == ("appeared", "run", copied["run_id"])
    assert playvisor("history", "sync", "--json").json["changes"] == []


@pytest.mark.thorough
def test_what_somebody_changes_right_after_a_run_of_ours_is_not_ours(playvisor, outside, guest):
    machine = guest(running=True)
    assert playvisor("history", "sync").status == 0
    for tool, option in (("configure_guest", "description=ours"), ("resize_guest", "memory=3072")):
        assert playvisor("call", tool, f"vmid={machine.vmid}", option, "--json").json["changed"]
    outside("PUT", f"/nodes/{machine.node}/qemu/{machine.vmid}/config", memory=4096, cores=3)

    (changed,) = playvisor("history", "sync", "--json").json["changes"]
    shown = playvisor("query", f"select path, source from changes where key = '{machine.vmid}'", "--json").json

    who = {field["path"]: field["who"] for field in changed["fields"] if field["path"].startswith("config.")}
    assert (who["config.memory"], who["config.cores"]) == ("outside, no task", "outside, no task")
    assert re.fullmatch(r".* \(run [0-9a-f]{8}\)", who["config.description"])
    sources = {row["path"]: row["source"] for row in shown}
    assert (sources["config.memory"], sources["config.description"]) == ("outside", "run")


def test_what_is_not_known_is_said_with_what_to_do(playvisor, simulator):
    nothing = playvisor("history", "who", "--json")
    unknown = playvisor("history", "show", "web-01")
    assert (nothing.status, nothing.json["changes"]) == (0, [])
    assert "playvisor history sync" in nothing.json["warnings"][0]
    assert unknown.status == 2
    assert "playvisor history sync" in unknown.stderr
    assert not simulator.requests
    assert playvisor("history", "who").stderr.startswith("No changes are known.")
    asked = playvisor("call", "cluster_changes", "--json")
    assert asked.json["summary"].startswith("No changes are known. Nobody has looked at a cluster yet.")

    playvisor("history", "sync")
    wrong = playvisor("history", "who", "--since", "last tuesday")
    late = playvisor("history", "show", "web-01", "--at", "2020-01-01")
    future = playvisor("history", "show", "web-01", "--at", "2099-01-01")
    kind = playvisor("history", "who", "--kind", "guests")
    near = playvisor("history", "show", "web-1")
    assert (wrong.status, late.status, future.status, kind.status) == (2, 2, 2, 2)
    assert "is yet to come" in future.stderr
    assert "Do you mean guest?" in kind.stderr
    assert "Do you mean web-01" in near.stderr
    assert "yesterday" in wrong.stderr
    assert "nobody has looked before" in late.stderr


@pytest.mark.thorough
def test_a_server_looks_by_itself_and_ends_at_once(converse, env, playvisor, ledger, outside, eventually):
    env["PLAYVISOR_HISTORY_SECONDS"] = "1"

    async def watch(client):
        await client.list_tools()
        await anyio.to_thread.run_sync(lambda: eventually(lambda: looks(ledger), "a look"))
        outside("PUT", "/nodes/pve1/qemu/101/config", name="web-09")

        async def ask():
            answer = await client.call_tool("cluster_changes", {"since": "1h", "kind": "guest"})
            return answer.structured_content

        for _attempt in range(60):
            found = await ask()
            if found.get("changes"):
                return found
            await anyio.sleep(0.25)
        return await ask()

    found = converse(watch, mode="read", toolsets="history")

    assert found["changes"][0]["name"] == "web-09"
    assert found["changes"][0]["source"] == "outside"
    assert "/changes" in found["untrusted"]
    # Those looks are the server's own, and no runs that anybody asked for.
    listed = playvisor("runs", "list", "-n", "50", "--json").json
    assert {run["tool"] for run in listed} == {"cluster_changes"}
    assert {run.client_name for run in looks(ledger)} == {"playvisor"}
    assert all(run.outcome in ("ok", "cancelled") for run in looks(ledger))


def looks(ledger):
    """The runs that look at the cluster."""
    return [run for run in ledger.recent(50, tool="observe_cluster") if run.outcome]
