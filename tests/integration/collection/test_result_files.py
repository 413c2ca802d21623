"""A module writes its whole result to where whoever runs the playbook wants it, as an event would tell of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.flow, pytest.mark.every_core]

# By which the module runs in the playbook's worker, in a fork of it, and as Ansible itself does it.
WAYS = {
    "in the worker": ({"PVE_ONE_TASK": "1"}, ()),
    "in a fork": ({}, ()),
    "normally": ({}, ("-e", "pve_in_process=false")),
}
ACTION = "ansible_collections.playvisor.proxmox.plugins.action.pve_task"
# What Ansible adds.
OWN = {"invocation", "exception", "deprecations"}


@pytest.fixture
def written(play, tmp_path):
    """`written(way, playbook, **options)`: what the event says, and the contents of the file, None without one."""
    folder = tmp_path / "results"

    def run(way, playbook, *flags, **options):
        environment, words = WAYS[way]
        env = {"PVE_RESULTS": str(folder), "PROXMOX_VERIFY_SSL": "false", "PROXMOX_FINGERPRINT": "", **environment}
        done = play(playbook, *words, *flags, env=env, **options)
        event = {name: value for name, value in done.result.items() if name not in OWN and name[:8] != "_ansible"}
        file = folder / f"playvisor.proxmox.pve_{playbook}.json"
        return event, json.loads(file.read_text()) if file.exists() else None

    run.folder = folder
    return run


@pytest.fixture
def odd(tmp_path, collections_path):
    """The environment that has a module which misbehaves, and whose tasks the action plugin serves, too."""
    plugins = tmp_path / "ansible_collections/test/odd/plugins"
    for name, text in {
        "modules/odd.py": Path(__file__).with_name("odd").joinpath("odd.py").read_text(),
        "action/odd.py": f"from {ACTION} import ActionModule as ActionModule\n",
    }.items():
        (plugins / name).parent.mkdir(parents=True, exist_ok=True)
        (plugins / name).write_text(text)
    return {"ANSIBLE_COLLECTIONS_PATH": f"{tmp_path}:{collections_path}"}


@pytest.mark.parametrize("way", WAYS)
def test_the_file_says_what_the_event_says_of_a_success(written, way):
    event, file = written(way, "guest_info")

    assert len(file["guests"]) == 8
    assert ["not verified" in warning for warning in file["warnings"]] == [True]
    assert file == {**event, "failed": False}
    (only,) = written.folder.iterdir()
    assert only.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("way", WAYS)
def test_the_file_says_what_the_event_says_of_a_plan(written, way):
    event, file = written(way, "snapshot", "--check", "--diff", vmid=101, snapname="before", state="present")

    assert (file["failed"], len(file["plan"]["steps"]), list(file["diff"])) == (False, 1, ["before", "after"])
    assert file == {**event, "failed": False}


@pytest.mark.parametrize("way", WAYS)
def test_the_file_says_what_the_event_says_of_a_failure(written, way):
    event, file = written(way, "snapshot", vmid=999, snapname="before", state="present")

    assert (file["failed"], file["failure"]["code"]) == (True, "not_found")
    assert file == {**event, "failed": True}


def test_a_secret_among_the_options_is_in_no_file(written):
    written("in the worker", "cloudinit", "--check", vmid=101, password="hunter2-hunter2")

    (file,) = written.folder.iterdir()
    assert "hunter2-hunter2" not in file.read_text()


def test_nothing_is_written_unless_a_folder_is_named(play, tmp_path):
    done = play("guest_info")

    assert len(done.result["guests"]) == 8
    assert list(tmp_path.rglob("*pve_guest_info.json")) == []


@pytest.mark.parametrize(
    ("task", "kept"),
    [
        ({"test.odd.odd": {"how": "fail"}}, False),
        ({"test.odd.odd": {"how": "crash"}}, False),
        ({"test.odd.odd": {"how": "warn"}}, True),
        ({"test.odd.odd": {"how": "warn"}, "no_log": True}, False),
        ({"test.odd.odd": {"how": "warn"}, "loop": [1, 2]}, False),
    ],
    ids=["fails without a code", "crashes", "ends well", "is hidden", "is one of several"],
)
def test_what_ansible_says_in_its_own_way_is_told_by_events_alone(play, tmp_path, odd, task, kept):
    playbook, folder = tmp_path / "odd.yml", tmp_path / "results"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))

    play(str(playbook.with_suffix("")), "-c", "local", env={"PVE_RESULTS": str(folder), **odd})

    assert [file.name for file in folder.glob("*")] == (["test.odd.odd.json"] if kept else [])


def test_a_folder_that_can_not_be_written_to_costs_nothing_but_the_file(play, tmp_path):
    (tmp_path / "file").write_text("")

    done = play("guest_info", env={"PVE_RESULTS": str(tmp_path / "file")})

    assert (done.rc, len(done.result["guests"])) == (0, 8)
