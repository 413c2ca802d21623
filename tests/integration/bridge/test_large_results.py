"""Results of any size arrive whole, by whichever way they were asked for; one that does not is a failure."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from pve_simulator import Simulator, build_cluster
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.state.storage import Volume

pytestmark = pytest.mark.flow

# ansible-runner empties a result of more characters.
LIMIT = 700_000
RUN_IT = ("exec_guest", "vmid=101", 'command=["cat","big"]')
OUTPUT = "0123456789abcdef" * 50_000


def machines(count):
    """A cluster of this many running machines, with names as long as they may be."""
    names = {vmid: f"web-{vmid}-".ljust(63, "x") for vmid in range(101, 101 + count)}
    guests = [{"vmid": vmid, "name": name, "status": "running"} for vmid, name in names.items()]
    return cluster_from_data({"nodes": ["pve1", "pve2"], "guests": guests})


def backups(count):
    """A cluster with this many backups on one share."""
    cluster = build_cluster(nodes=2, guests=8)
    volumes = cluster.storages["shared"].volumes_on("pve1")
    for number in range(count):
        day, hour = divmod(number, 24)
        stamp = f"{2020 + day // 336}_{day // 28 % 12 + 1:02d}_{day % 28 + 1:02d}-{hour:02d}_00_00"
        volid = f"shared:backup/vzdump-qemu-101-{stamp}.vma.zst"
        volumes[volid] = Volume(volid, "backup", "vma.zst", 1024, vmid=101, ctime=1_600_000_000 + number * 3600)
    return cluster


def talkative():
    """A cluster with one machine, in which a command prints 800,000 characters."""
    script = {"runs": [{"argv": "cat big", "out": OUTPUT}]}
    guest = {"vmid": 101, "name": "web-01", "status": "running", "agent": 1, "agent_script": script}
    return cluster_from_data({"nodes": ["pve1"], "guests": [guest]})


@pytest.fixture
def simulator(request):
    with Simulator(request.param(), port=0, task_seconds=0.0) as running:
        yield running


def on(cluster):
    """Let a test have a cluster that this function makes."""
    return pytest.mark.parametrize("simulator", [cluster], indirect=True)


@pytest.fixture(params=["warm", "cold"])
def call(request, playvisor, simulator):
    """`call("list_guests")`: what `playvisor call` returns, whichever executor runs it."""
    executor = "cold" if request.param == "cold" else ""
    return lambda *words: playvisor("call", *words, "--json", PLAYVISOR_EXECUTOR=executor).json


def emptied(folder, phase):
    """The results in the events of a phase that ansible-runner has emptied."""
    files = (folder / phase).glob("artifacts/*/job_events/*-*.json")
    data = [json.loads(file.read_text()).get("event_data") or {} for file in files]
    return [one["res"] for one in data if one.get("res") == {}]


@pytest.mark.every_core
@on(lambda: build_cluster(nodes=8, guests=3000))
def test_3000_guests_are_listed(call, ledger):
    result = call("list_guests")

    assert (result["status"], result["summary"], len(result["guests"])) == ("ok", "3000 guests.", 3000)
    (row,) = ledger.recent()
    assert row.summary == "3000 guests."
    folder = ledger.folder(row.run_id)
    assert emptied(folder, "read") == [{}], "the way by events would do, so this proves nothing"
    (file,) = (folder / "read" / "results").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("playvisor.proxmox.pve_guest_info.json", 0o600)
    assert file.stat().st_size > LIMIT


@pytest.mark.thorough
@on(lambda: build_cluster(nodes=8, guests=3000))
def test_3000_guests_are_listed_by_mcp_too(converse):
    async def listed(client):
        first = await client.call_tool("list_guests", {"limit": 1000})
        last = await client.call_tool("list_guests", {"limit": 1000, "offset": 2900})
        return first, last

    first, last = converse(listed)

    assert not first.is_error
    assert first.content[0].text.startswith("3000 guests.")
    assert (len(first.structured_content["guests"]), len(last.structured_content["guests"])) == (1000, 100)
    assert first.structured_content["page"]["guests"]["total"] == 3000


@pytest.mark.thorough
@on(lambda: backups(4000))
def test_4000_backups_are_listed(call, ledger):
    result = call("list_backups", "storage=shared")

    assert (result["status"], len(result["volumes"])) == ("ok", 4000)
    assert emptied(ledger.folder(result["run_id"]), "read") == [{}]


@on(talkative)
def test_what_a_command_printed_arrives_and_it_is_told_that_it_ran(call, ledger):
    result = call(*RUN_IT)

    assert (result["status"], result["changed"]) == ("ok", True)
    assert result["guests"][0]["stdout"] == OUTPUT
    (row,) = ledger.recent()
    assert (row.outcome, row.changed) == ("ok", True)
    assert row.summary.startswith("Changed guest 101 (web-01)")
    assert emptied(ledger.folder(row.run_id), "apply") == [{}]


@pytest.mark.thorough
class TestNineHundredGuests:
    """A plan of 900 requests, and what becomes of it."""

    REQUEST = ("snapshot_guest", 'guests={"names":["web-*"]}', "snapname=before")

    @on(lambda: machines(900))
    def test_they_are_planned(self, playvisor, ledger, writes):
        done = playvisor("call", *self.REQUEST, "check=true", "--json").json

        assert (done["status"], done["changed"], len(done["plan"]["steps"])) == ("planned", False, 900)
        assert done["summary"].startswith("Would change 900 guests")
        (row,) = ledger.recent()
        assert row.summary == done["summary"]
        assert emptied(ledger.folder(row.run_id), "plan") == [{}]
        assert writes() == []

    @pytest.mark.thorough
    @on(lambda: machines(900))
    @pytest.mark.parametrize("call", ["warm"], indirect=True)
    def test_they_are_changed_and_everybody_is_told_so(self, call, ledger, playvisor, simulator):
        held = call(*self.REQUEST)
        assert (held["status"], len(held["plan"]["steps"])) == ("held", 900)
        playvisor("approvals", "approve", held["plan"]["id"], "--yes")

        done = call(*self.REQUEST)

        assert (done["status"], done["changed"], len(done["upids"])) == ("ok", True, 900)
        assert done["summary"].startswith("Took the snapshot of 900 guests")
        assert all("before" in guest.snapshots for guest in simulator.cluster.guests.values())
        row = ledger.recent()[0]
        assert (row.outcome, row.changed, len(row.upids)) == ("ok", True, 900)
        assert emptied(ledger.folder(row.run_id), "apply") == [{}]
        assert ledger.verify().faults == []
        shown = playvisor("runs", "show", row.run_id, "--json").json
        assert len(shown["plan"]["steps"]) == 900
        diff = playvisor("runs", "diff", row.run_id, "--json").json
        assert (diff["applied"], len(diff["diff"]["after"])) == (True, 900)
        undone = playvisor("runs", "undo", row.run_id, "--check", "--json").json
        assert [len(one["plan"]["steps"]) for one in undone["undone"]] == [900]


@pytest.fixture
def on_a_full_disk(env, simulator):
    """`on_a_full_disk("list_backups")`: a call of which no file may take more than half a million bytes."""

    def call(*words):
        done = subprocess.run(
            [sys.executable, "-m", "playvisor", "call", *words, "--json"],
            env={**env, "PLAYVISOR_EXECUTOR": "cold"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout)

    return call


class TestALostResult:
    """There was no room for the module's result, and the event of it is empty."""

    @pytest.mark.thorough
    @on(lambda: backups(4000))
    def test_what_was_to_be_read_is_not_called_nothing(self, on_a_full_disk, ledger):
        result = on_a_full_disk("list_backups", "storage=shared")

        assert (result["status"], result["failure"]["code"]) == ("failed", "internal")
        assert "its result was lost" in result["summary"]
        assert "free space" in result["failure"]["hint"]
        (row,) = ledger.recent()
        assert (row.outcome, row.changed, row.summary) == ("failed", False, result["summary"])

    @on(lambda: machines(900))
    def test_a_plan_that_is_lost_is_none_and_nothing_is_sent(self, on_a_full_disk, ledger, writes):
        result = on_a_full_disk("snapshot_guest", 'guests={"names":["web-*"]}', "snapname=before")

        assert (result["status"], result["changed"], "plan" in result) == ("failed", False, False)
        assert result["summary"].endswith("its result was lost. Nothing was changed.")
        assert writes() == []

    @on(talkative)
    def test_what_was_applied_is_told_by_what_was_sent(self, on_a_full_disk, ledger, playvisor):
        result = on_a_full_disk(*RUN_IT)

        assert (result["status"], result["changed"]) == ("failed", True)
        assert "its result was lost after it was applied. exec of 101 (web-01) was sent" in result["summary"]
        assert [sent["path"] for sent in result["sent"]] == ["/nodes/pve1/qemu/101/agent/exec"]
        (row,) = ledger.recent()
        assert (row.outcome, row.changed, row.summary) == ("failed", True, result["summary"])
        for word in ("diff", "undo"):
            refused = playvisor("runs", word, row.run_id)
            assert refused.status == 2
            assert "is not known: its module's result is missing" in refused.stderr
        shown = playvisor("runs", "show", row.run_id, "--json").json
        assert len(shown["plan"]["steps"]) == 1


@on(talkative)
def test_a_result_that_is_changed_afterwards_is_noticed(ledger, playvisor, simulator):
    result = playvisor("call", *RUN_IT, "--json").json
    folder = ledger.folder(result["run_id"])
    assert ledger.verify().faults == []

    (file,) = (folder / "apply" / "results").iterdir()
    file.write_text(file.read_text().replace('"changed": true', '"changed": false'))

    (fault,) = ledger.verify().faults
    assert "apply/results/playvisor.proxmox.pve_guest_exec.json was changed" in fault.what
    assert playvisor("runs", "diff", result["run_id"]).status == 2


@on(talkative)
def test_the_events_of_a_run_are_shown_with_its_whole_result(playvisor, simulator):
    result = playvisor("call", *RUN_IT, "--json").json

    events = playvisor("runs", "events", result["run_id"], "--json").json

    results = [event["event_data"]["res"] for event in events if event["event"] == "runner_on_ok"]
    assert [one["guests"][0].get("stdout") for one in results] == [None, OUTPUT]


@pytest.mark.thorough
@on(lambda: backups(1000))
def test_what_is_too_long_for_get_run_is_named(playvisor, converse):
    run = playvisor("call", "list_backups", "storage=shared", "--json").json

    async def get(client):
        return (await client.call_tool("get_run", {"run_id": run["run_id"]})).structured_content["run"]

    shown = converse(get)

    assert "returned" not in shown
    assert shown["returned_left_out"].startswith("What it returned (2 storage, 1000 volumes) takes ")
