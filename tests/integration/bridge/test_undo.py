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


@pytest.mark.flow
def test_a_client_undoes_a_run_by_a_plan_that_is_held_approved_and_applied(lab, guest, writes, ledger):
    off = guest(running=False)
    started = lab.ask_as_person("start_guest", {"vmid": off.vmid})
    sent = writes()

    read = lab.ask("undo_run", {"run_id": started.run_id}, mode="read")
    planned = lab.ask("undo_run", {"run_id": started.run_id}, mode="check")
    held = lab.ask("undo_run", {"run_id": started.run_id})
    unsent = writes()
    lab.approve(held)
    undone = lab.ask("apply_plan", {"plan_id": held.plan.id})

    assert (read.status, planned.status, held.status, unsent) == ("refused", "planned", "held", sent)
    assert (held.tool, undone.tool, undone.status, undone.changed) == ("stop_guest", "stop_guest", "ok", True)
    assert not off.running
    # The undoing can be undone, too; what was undone already is nothing to do.
    assert lab.ask("undo_run", {"run_id": undone.run_id}).status == "ok"
    assert off.running
    assert ledger.verify().faults == []


@pytest.mark.flow
@pytest.mark.thorough
def test_a_run_that_takes_several_calls_says_what_became_of_each(lab, simulator):
    simulator.world.settings.task_seconds = 0.0
    off, paused = [one for one in simulator.cluster.guests.values() if one.type == "qemu" and not one.template][:2]
    lab.ask_as_person("stop_guest", {"vmid": off.vmid, "force": True})
    lab.ask_as_person("start_guest", {"vmid": paused.vmid})
    lab.ask_as_person("suspend_guest", {"vmid": paused.vmid})
    both = lab.ask_as_person("start_guest", {"guests": {"vmids": [off.vmid, paused.vmid]}})
    changed = {entry["vmid"]: entry["before"]["state"] for entry in both.data["guests"] if entry["changed"]}

    undone = lab.ask_as_person("undo_run", {"run_id": both.run_id})

    assert changed == {off.vmid: "stopped", paused.vmid: "paused"}
    assert (undone.status, undone.changed, undone.tool) == ("ok", True, "undo_run")
    assert {call["tool"] for call in undone.data["calls"]} == {"stop_guest", "suspend_guest"}
    assert (off.running, paused.running) == (False, True)


@pytest.mark.flow
def test_what_somebody_has_changed_since_is_left_as_it_is(lab, simulator):
    one, other, third = [each for each in simulator.cluster.guests.values() if not each.template][:3]
    one.config["startup"] = other.config["startup"] = "order=1"
    third.config["startup"] = "order=2"
    vmids = [one.vmid, other.vmid, third.vmid]
    started = lab.ask_as_person("configure_guest", {"guests": {"vmids": vmids}, "startup": "order=9"})
    one.config["startup"] = third.config["startup"] = "order=5"

    undone = lab.ask_as_person("undo_run", {"run_id": started.run_id})
    again = lab.ask_as_person("undo_run", {"run_id": started.run_id})

    assert (undone.status, undone.changed) == ("ok", True)
    assert [guest.config["startup"] for guest in (one, other, third)] == ["order=5", "order=1", "order=5"]
    for guest in (one, third):
        left = f"Not undone. Guest {guest.vmid}: startup.order is 5 by now, and was left as 9."
        assert left in undone.warnings
    assert (again.status, again.changed) == ("ok", False)


@pytest.mark.flow
@pytest.mark.thorough
def test_another_snapshot_of_the_same_name_is_not_deleted(lab, guest):
    web = guest(running=False)
    taken = lab.ask_as_person("snapshot_guest", {"vmid": web.vmid, "snapname": "before"})
    web.snapshots["before"].config["snaptime"] = "1700000000"

    undone = lab.ask_as_person("undo_run", {"run_id": taken.run_id})

    assert (undone.status, undone.failure.code, undone.changed) == ("failed", "drifted", False)
    assert "Somebody has changed since what this would undo" in undone.summary
    assert "before" in web.snapshots


@pytest.mark.flow
@pytest.mark.thorough
def test_a_run_that_can_not_be_undone_says_why(lab, guest):
    off = guest(running=False)
    off_name = f"Guest {off.vmid} ({off.config['name']})"
    runs = {
        "backed up": lab.ask_as_person("backup_guest", {"vmid": off.vmid, "storage": "local"}),
        "planned": lab.ask_as_person("start_guest", {"vmid": off.vmid, "check": True}),
        "read": lab.ask_as_person("list_guests", {}),
        "tampered": lab.ask_as_person("start_guest", {"vmid": off.vmid}),
    }
    folder = lab.state_dir / "runs" / runs["tampered"].run_id
    next(folder.glob("apply/artifacts/*/stdout")).write_text("changed")

    results = {what: lab.ask("undo_run", {"run_id": run.run_id}) for what, run in runs.items()}
    unknown = lab.ask("undo_run", {"run_id": "ffffffff"})

    assert {result.failure.code for result in results.values()} == {"unsupported"}
    assert f"{off_name}: it would mean deleting the backup" in results["backed up"].summary
    assert "changed nothing" in results["planned"].summary
    assert "changed nothing" in results["read"].summary
    assert "do not match the ledger" in results["tampered"].summary
    assert unknown.failure.code == "not_found"


@pytest.mark.flow
@pytest.mark.thorough
def test_what_changed_by_whom_and_back_takes_one_call_each(lab, guest, simulator):
    """The values before stand with the runs that changed something, and those alone."""
    web = guest(running=True)
    memory = int(web.config["memory"])
    lab.ask_as_person("list_guests", {})
    lab.ask_as_person("configure_guest", {"vmid": web.vmid, "description": "hacked"})
    lab.ask_as_person("resize_guest", {"vmid": web.vmid, "memory": memory * 2})
    lab.ask_as_person("start_guest", {"vmid": web.vmid})
    lab.ask_as_person("stop_guest", {"vmid": web.vmid, "check": True})

    listed = lab.ask("list_runs", {"since": "24h", "changed": True}).data["runs"]
    others = lab.ask("list_runs", {"changed": False}).data["runs"]
    nobodys = lab.ask("list_runs", {"user": "bob"})
    timeless = lab.ask("list_runs", {"since": "the other day"})
    planned = [lab.ask("undo_run", {"run_id": run["run_id"], "check": True}) for run in listed]

    target = f"{web.vmid} {web.name}"
    assert [(run["tool"], run["changes"]) for run in listed] == [
        ("resize_guest", {target: {"memory": {"before": memory, "after": memory * 2}}}),
        ("configure_guest", {target: {"description": {"before": "", "after": "hacked"}}}),
    ]
    assert {run["tool"] for run in others} >= {"list_guests", "start_guest", "stop_guest", "list_runs"}
    assert not any("changes" in run for run in others)
    assert nobodys.data["runs"] == []
    assert (timeless.status, timeless.failure.code) == ("failed", "invalid_parameter")
    assert nobodys.warnings[0].startswith("Nobody called bob has asked Playvisor for anything; of late, these have: ")
    assert listed[0]["asker"] in nobodys.warnings[0]
    assert [result.plan.steps[0]["params"].get("delete") for result in planned] == [None, "description"]
    assert planned[0].plan.steps[0]["params"]["memory"] == memory


@pytest.mark.flow
@pytest.mark.thorough
def test_what_is_not_known_or_too_long_of_a_change_is_said(lab, guest):
    web = guest(running=True)
    long = lab.ask_as_person("configure_guest", {"vmid": web.vmid, "description": "x" * 2000})
    lost = lab.ask_as_person("set_guest_tags", {"vmid": web.vmid, "add_tags": ["a"]})
    next((lab.state_dir / "runs" / lost.run_id).glob("apply/artifacts/*/stdout")).write_text("changed")

    lost_run, long_run = lab.ask("list_runs", {"changed": True}).data["runs"]

    assert long.changed
    assert "do not match the ledger" in lost_run["changes"]
    assert "characters; get_run shows them" in long_run["changes"]
