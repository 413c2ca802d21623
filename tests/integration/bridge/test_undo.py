"""What a run did is shown, and taken back as a run of its own."""

from __future__ import annotations

import pytest

from pve_simulator import Simulator, build_cluster


@pytest.mark.flow
def test_a_run_is_shown_and_taken_back(playvisor, guest, writes, state_dir):
    web = guest(running=True)
    stopped = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json").json["run_id"]

    diff = playvisor("runs", "diff", stopped, "--json").json
    target = f"{web.vmid} {web.name}"
    assert (diff["applied"], diff["diff"]["after"]) == (True, {target: {"state": "stopped"}})

    sent = writes()
    check = playvisor("runs", "undo", stopped, "--check", "--json")
    assert (check.status, check.json["undone"][0]["status"], writes()) == (0, "planned", sent)

    undone = playvisor("runs", "undo", stopped, "--json")
    assert (undone.status, undone.json["undone"][0]["tool"], undone.json["left"]) == (0, "start_guest", [])
    assert web.running
    runs = playvisor("runs", "list", "--json").json
    assert [run["tool"] for run in runs] == ["start_guest", "start_guest", "stop_guest"]

    planned = playvisor("runs", "undo", check.json["undone"][0]["run_id"])
    assert (planned.status, "changed nothing" in planned.stderr) == (2, True)

    # A guest that was given the vmid, or another name, since is not the one that it was.
    web.config["name"] = "another"
    renamed = playvisor("runs", "undo", stopped)
    assert renamed.status == 1
    assert f"Guest {web.vmid} is named another, not" in renamed.stderr

    next(state_dir.glob(f"runs/{stopped}/apply/artifacts/*/stdout")).write_text("changed")
    tampered = playvisor("runs", "undo", stopped)
    assert (tampered.status, "do not match the ledger" in tampered.stderr) == (2, True)


@pytest.mark.flow
@pytest.mark.thorough
def test_tags_names_and_rules_are_as_they_were(playvisor, guest):
    web = guest(running=False)
    had = dict(web.config)
    rule = "key=https,type=in,action=ACCEPT,proto=tcp,dport=443"
    changes = [
        ("guest", "tag", web.name, "--add-tags", "blue"),
        ("guest", "configure", web.name, "--new-name", "renamed"),
        ("firewall", "add-rule", "renamed", "--level", "guest", "--rules", rule),
    ]
    done = [playvisor(*change, "--json").json for change in changes]
    undone = [playvisor("runs", "undo", one["run_id"], "--json") for one in reversed(done)]

    assert [one["changed"] for one in done] == [True] * 3
    assert [one.status for one in undone] == [0] * 3, [one.stdout for one in undone]
    assert (web.config["name"], web.config.get("tags")) == (had["name"], had.get("tags"))
    listed = playvisor("firewall", "rules", web.name, "--level", "guest", "--json").json
    assert "https" not in str(listed["firewalls"])


@pytest.mark.flow
def test_policy_decides_on_what_takes_a_run_back(playvisor, guest):
    web = guest(running=True)
    stopped = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json").json["run_id"]

    undone = playvisor("runs", "undo", stopped, "--json", PLAYVISOR_MODE="read")

    assert (undone.status, undone.json["undone"][0]["status"]) == (3, "refused")
    assert not web.running


@pytest.mark.flow
def test_what_was_done_on_another_cluster_is_not_taken_back(playvisor, guest, writes):
    """A rehearsal copy shares the state directory with the cluster, and has the same guests."""
    web = guest(running=True)
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as copy:
        there = {"PROXMOX_URL": copy.url, "PROXMOX_FINGERPRINT": copy.fingerprint}
        there["PROXMOX_TOKEN_SECRET"] = copy.token_secret
        stopped = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json", **there).json
    web.running = False

    undone = playvisor("runs", "undo", stopped["run_id"])

    assert (stopped["status"], undone.status, writes()) == ("ok", 2, [])
    assert "was on the cluster" in undone.stderr


@pytest.mark.thorough
@pytest.mark.flow
def test_a_guest_that_has_another_name_by_now_is_said_to_be_left(playvisor, simulator):
    one, other, third = [each for each in simulator.cluster.guests.values() if each.running][:3]
    stopped = playvisor("call", "stop_guest", f"guests.vmids={one.vmid},{other.vmid}", "--json").json
    assert len(stopped["guests"]) == 2, stopped
    for guest, name in ((third, one.name), (one, "another")):
        guest.config["name" if guest.type == "qemu" else "hostname"] = name

    undone = playvisor("runs", "undo", stopped["run_id"], "--json")

    assert (one.running, other.running) == (False, True)
    assert (undone.status, undone.json["left"]) == (1, [f"Guest {one.vmid}: it has another name by now."])
