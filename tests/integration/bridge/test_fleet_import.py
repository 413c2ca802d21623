"""`playvisor fleet import` and `export`, as docs/fleet-import.md tells it: every command in it is run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

pytestmark = pytest.mark.flow

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "fleet-import.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS = [shlex.split(line) for block in BLOCKS for line in block.splitlines()]


def write_sources(folder, guests):
    """Files of other tools that name guests of the cluster."""
    first, second, *_others = guests
    resource = {
        "address": "proxmox_virtual_environment_vm.web",
        "mode": "managed",
        "type": "proxmox_virtual_environment_vm",
        "values": {"vm_id": first.vmid, "name": first.name, "timeout_clone": 1800},
    }
    state = {"format_version": "1.0", "values": {"root_module": {"resources": [resource]}}}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "hosts.ini").write_text(f"[web]\n{first.name} ansible_user=debian\n{second.name}\nunknown\n")
    (folder / "tasks.yaml").write_text(f"- community.proxmox.proxmox_kvm: {{vmid: {first.vmid}, cores: 2}}\n")


@pytest.mark.thorough
def test_every_command_of_the_document_works_and_changes_nothing(playvisor, simulator, tmp_path, monkeypatch):
    guests = sorted(simulator.cluster.guests.values(), key=lambda guest: guest.vmid)
    write_sources(tmp_path, guests)
    monkeypatch.chdir(tmp_path)
    before = {guest.vmid: dict(guest.config) for guest in guests}
    for program, *words in COMMANDS:
        assert program == "playvisor"
        done = playvisor(*words)
        assert done.status == 0, (words, done.stderr)
    assert {method for method, *_rest in simulator.requests} == {"GET"}
    assert {guest.vmid: guest.config for guest in simulator.cluster.guests.values()} == before
    assert "guests" in (tmp_path / "lab" / "guests.yml").read_text()
    assert (tmp_path / "imports.tf").read_text().count("import {") >= len(guests)


def test_an_import_of_some_guests_is_an_empty_plan(playvisor, simulator, tmp_path, ledger):
    first, second, *_others = sorted(simulator.cluster.guests.values(), key=lambda guest: guest.vmid)
    write_sources(tmp_path, (first, second))
    file = tmp_path / "web.yml"

    done = playvisor("fleet", "import", "--into", str(file), "--from", str(tmp_path / "hosts.ini"), "-o", "json")

    assert done.status == 0, done.stderr
    assert done.json["counts"] == {"guests": 2}
    assert done.json["left_out"] == ["unknown: the cluster has no such guest"]
    assert done.json["not_carried_over"] == [f"{first.name}: its variables stay in the inventory: ansible_user"]
    assert done.json["plan"] == f"playvisor fleet plan {file}"
    assert {row.tool for row in ledger.recent(10)} == {"observe_cluster", "report_fleet"}


@pytest.mark.thorough
def test_an_import_leaves_what_another_fleet_has(playvisor, simulator, tmp_path):
    first, *others = sorted(simulator.cluster.guests.values(), key=lambda guest: guest.vmid)
    file = tmp_path / "web.yml"
    assert playvisor("fleet", "import", "--into", str(file), "--select", str(first.vmid), "--name", "web").status == 0
    assert playvisor("fleet", "apply", str(file), "--yes").status == 0

    done = playvisor("fleet", "import", "--into", str(tmp_path / "lab"), "--part", "guests", "-o", "json")

    assert (done.status, done.json["counts"]) == (0, {"guests": len(others)}), done.stderr
    assert any(first.name in sentence and "fleet web" in sentence for sentence in done.json["not_managed"])
