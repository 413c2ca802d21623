"""`playvisor sim capture`, from a live cluster to one to rehearse on."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pve_simulator import Simulator, load_seed
from pve_simulator.state.guest import Guest

pytestmark = pytest.mark.flow


def facts(guest: Guest) -> tuple[object, ...]:
    """What a capture has to keep of a guest."""
    return guest.type, guest.node, guest.config, guest.pending, guest.snapshots, guest.running


@pytest.mark.parametrize("name", [pytest.param("cluster.json", marks=pytest.mark.thorough), "cluster.yaml"])
def test_a_captured_cluster_can_be_rehearsed_on(playvisor, simulator, ledger, tmp_path: Path, name: str):
    file = tmp_path / name

    done = playvisor("sim", "capture", str(file), "--json")

    assert done.status == 0, done.stderr
    assert done.json["rehearse"] == f"playvisor sim --seed {file}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    captured = load_seed(file)
    assert {vmid: facts(guest) for vmid, guest in captured.guests.items()} == {
        vmid: facts(guest) for vmid, guest in simulator.cluster.guests.items()
    }
    with Simulator(captured, port=0, task_seconds=0.0) as rehearsal:
        env = {
            "PROXMOX_URL": rehearsal.url,
            "PROXMOX_TOKEN_SECRET": rehearsal.token_secret,
            "PROXMOX_FINGERPRINT": rehearsal.fingerprint,
        }
        stopped = next(guest for guest in captured.guests.values() if not guest.running and not guest.template)
        started = playvisor("call", "start_guest", f"vmid={stopped.vmid}", "--json", **env)
    assert started.json["changed"], started.stderr
    assert stopped.running
    assert not simulator.cluster.guests[stopped.vmid].running


@pytest.mark.thorough
def test_a_capture_is_in_the_ledger_and_sends_nothing_but_reads(playvisor, simulator, ledger, tmp_path: Path):
    playvisor("sim", "capture", str(tmp_path / "cluster.json"), "--scrub-names", "--no-content")

    (row,) = ledger.recent(1)
    assert (row.tool, row.outcome) == ("capture_cluster", "ok")
    assert (row.arguments["names"], row.arguments["content"]) == ("scrub", False)
    assert {entry[0] for entry in simulator.requests} == {"GET"}
    assert ledger.verify().faults == []


def test_names_are_gone_from_a_scrubbed_state_file(playvisor, simulator, tmp_path: Path):
    file = tmp_path / "report.yaml"

    done = playvisor("sim", "capture", str(file), "--scrub-names")

    text = file.read_text()
    names = {guest.name for guest in simulator.cluster.guests.values()} | set(simulator.cluster.pools)
    assert [name for name in sorted(names) if name in text] == []
    assert "playvisor sim --seed" in done.stdout


@pytest.mark.thorough
def test_a_file_without_a_known_suffix_is_refused_before_anything_is_read(playvisor, simulator, tmp_path: Path):
    done = playvisor("sim", "capture", str(tmp_path / "cluster.txt"))

    assert done.status == 2
    assert ".yaml" in done.stderr
    assert not simulator.requests


def test_a_client_cannot_call_an_internal_tool_by_its_name(playvisor, simulator, tmp_path: Path):
    done = playvisor("call", "capture_cluster", f"dest={tmp_path / 'x.json'}", "--json")

    assert done.status == 2
    assert "There is no tool" in done.json["summary"]
    assert not simulator.requests
    assert not (tmp_path / "x.json").exists()
