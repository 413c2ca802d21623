"""Observations of a simulated cluster, and what they cost."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.parts import PARTS

from mcp_bridge.catalogue.docs import read_module_docs


def test_a_file_is_written_by_the_playbook_and_the_next_one_costs_little(play, simulator, client, tmp_path: Path):
    file = tmp_path / "seen.jsonl"

    first = play("observe", dest=str(file)).result

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert lines[0]["cluster"]["nodes"] == ["pve1", "pve2"]
    kinds = [line["line"] for line in lines]
    assert sorted(kinds, key=["header", "object", "complete", "missing", "task", "metrics"].index) == kinds
    assert first["counts"]["guest"] == 8
    assert (first["left"], first["missing"]) == ({"guests": [], "parts": []}, 0)
    assert {method for method, *_rest in simulator.requests} == {"GET"}
    client.request("POST", "/nodes/pve1/qemu/101/config", {"description": "changed"})
    second = play("observe", dest=str(file), since=first["until"], running=first["running"], guests=[], parts=[]).result
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["key"] for line in lines if "config" in line.get("doc", {})] == ["101"]
    assert second["requests"] <= 12


def test_the_parts_are_those_that_are_documented():
    assert read_module_docs("pve_observe").options["parts"]["choices"] == list(PARTS)
