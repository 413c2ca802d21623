"""What is recorded besides runs: that a server starts, with its settings, and the room that artifacts take."""

from __future__ import annotations

import uuid

import pytest
from pydantic import SecretStr

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import make_person
from mcp_bridge.authority import Authority
from mcp_bridge.catalogue.arguments import make_recordable
from mcp_bridge.ledger.records import Closing
from mcp_bridge.run import record
from mcp_bridge.run.record import Recorder
from mcp_bridge.run.request import Request
from mcp_bridge.settings import Settings


@pytest.fixture
def settings(tmp_path):
    values = {"PROXMOX_HOST": "pve1", "PROXMOX_USER": "ops@pve", "PROXMOX_TOKEN_SECRET": SecretStr("s3cret-value")}
    return Settings(**values, PLAYVISOR_STATE_DIR=tmp_path, PLAYVISOR_LEDGER_URL=None)


@pytest.mark.parametrize("tool", [tool for tool in catalogue.list_offered() if tool.writes], ids=lambda tool: tool.name)
def test_no_example_has_arguments_that_are_too_secret_to_apply_its_plan_by_its_id(settings, tool):
    """A token's own secret is made when its plan is applied; its arguments only say which file it goes to."""
    recorder = Recorder(settings, Authority(settings))

    kept = recorder.redact_data(make_recordable(tool.input_schema, tool.example))

    assert kept == tool.example


def test_a_server_that_starts_is_an_act_with_its_settings_and_no_secret(settings):
    recorder = Recorder(settings, Authority(settings))
    recorder.note_start("stdio", "apply")

    act = recorder.ledger.list_acts(1)[0]

    assert (act["kind"], act["facts"]["face"], act["facts"]["mode"]) == ("server_started", "stdio", "apply")
    assert act["facts"]["settings"]["user"] == "ops@pve"
    assert "s3cret" not in str(act)
    assert recorder.ledger.verify().faults == []


def test_a_process_that_is_no_server_records_no_start(settings):
    assert Recorder(settings, Authority(settings)).ledger.list_acts() == []


def test_a_run_says_who_asked_as_it_is_proven(settings):
    recorder = Recorder(settings, Authority(settings))
    caller = make_person("playvisor-cli", "1.0")
    opening = recorder.make_opening(Request("list_guests", {}, "read", caller), str(uuid.uuid4()))
    recorder.ledger.record(opening, Closing("ok", "allowed", False, "2 guests.", cluster="pve:lab"))

    row = recorder.ledger.recent(1)[0]

    assert (row.asker, row.asker_kind, row.client_name) == (caller.identity, "person", "playvisor-cli")
    assert row.cluster == "pve:lab"


def test_one_run_of_so_many_looks_after_artifacts_whichever_process_it_is_in(monkeypatch):
    monkeypatch.setattr(record, "_RUNS_PER_CLEANING", 4)

    due = [run_id for run_id in map(str, range(400)) if record.is_cleaning_due(run_id)]

    assert 60 < len(due) < 140
