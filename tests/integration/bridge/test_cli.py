"""The command line, as a subprocess."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.world.faults import FaultRule
from tests.integration.bridge.conftest import PLAYVISOR

SECRET = "7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"


@pytest.mark.flow
def test_tools_are_commands_of_a_noun_and_a_verb(playvisor, guest, writes):
    web, other = guest(running=True), guest(running=False)

    listed = playvisor("guest", "list", web.name, str(other.vmid), "--json")
    mixed = playvisor("guest", "list", web.name, other.name, "--json").json
    planned = playvisor("guest", "stop", web.name, "--check", "--json").json
    unnamed = playvisor("guest", "stop")
    unknown = playvisor("guest", "strt", web.name)

    assert (listed.status, "either ids or names" in listed.json["failure"]["hint"]) == (2, True)
    assert sorted(one["vmid"] for one in mixed["guests"]) == sorted([web.vmid, other.vmid])
    assert (planned["tool"], planned["status"], planned["guests"][0]["vmid"]) == ("stop_guest", "planned", web.vmid)
    assert (unnamed.status, "Which guests are meant" in unnamed.stderr) == (2, True)
    assert (unknown.status, "Did you mean 'start'?" in unknown.stderr) == (2, True)
    assert writes() == []


@pytest.mark.thorough
@pytest.mark.flow
def test_a_watched_command_is_repeated_until_interrupted(env, guest, state_dir):
    web = guest(running=True)
    command = [*PLAYVISOR, "guest", "list", web.name, "--watch", "--every", "0.5", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as watching:
        seen = 0
        for line in watching.stdout:
            seen += line.strip() == f'"name": "{web.name}",'
            if seen == 2:
                watching.send_signal(signal.SIGINT)
                break
        watching.stdout.read()

    assert (seen, watching.returncode) == (2, 0)
    assert len(list((state_dir / "runs").iterdir())) >= 2


@pytest.mark.flow
def test_names_are_completed(playvisor, guest):
    web = guest(running=True)
    asked = {"_PLAYVISOR_COMPLETE": "complete_bash", "COMP_CWORD": "3"}

    found = playvisor(COMP_WORDS=f"playvisor guest show {web.name[:-1]}", **asked)
    unreachable = playvisor(COMP_WORDS="playvisor node drain pv", **asked, PROXMOX_URL="https://127.0.0.1:1")

    assert web.name in found.stdout.split()
    assert (unreachable.status, unreachable.stdout.strip(), unreachable.stderr) == (0, "", "")


@pytest.mark.flow
def test_a_guest_is_stopped_once_exactly_as_planned_and_the_ledger_proves_it(playvisor, guest, writes, state_dir):
    web = guest(running=True)

    check = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--check", "--json")
    assert check.status == 0
    assert (check.json["status"], check.json["changed"]) == ("planned", False)
    assert writes() == []

    applied = playvisor("call", "stop_guest", f"name={web.name}", "--json")
    assert (applied.json["status"], applied.json["changed"]) == ("ok", True)
    # What was only planned is kept under an id; the plan itself is the same.
    assert applied.json["plan"].items() <= check.json["plan"].items()
    assert writes() == [(step["method"], step["path"]) for step in check.json["plan"]["steps"]]
    assert not web.running

    again = playvisor("call", "stop_guest", f"name={web.name}", "--json")
    assert (again.status, again.json["status"], again.json["changed"]) == (0, "ok", False)
    assert len(writes()) == 1

    runs = playvisor("runs", "list", "--json").json
    assert [(run["outcome"], run["decision"], run["changed"]) for run in runs] == [
        ("ok", "nothing to do", False),
        ("ok", "allowed", True),
        ("planned", "plan only", False),
    ]
    assert runs[1]["upids"] == applied.json["upids"]
    shown = playvisor("runs", "show", applied.json["run_id"][:8], "--json").json
    assert shown["plan"]["digest"] == applied.json["plan"]["digest"]
    # What they do was judged afterwards, and is an entry of the ledger.
    assert [{**step, "effects": ["changes", "interrupts"]} for step in shown["plan"]["steps"]] == applied.json["plan"][
        "steps"
    ]
    assert shown["client_name"] == "playvisor-cli"
    events = playvisor("runs", "events", applied.json["run_id"], "--json").json
    assert {event["phase"] for event in events} == {"plan", "apply"}
    sent = playvisor("runs", "trace", applied.json["run_id"], "--json").json
    assert [(one["phase"], one["method"], one["path"], one["status"]) for one in sent if one["method"] != "GET"] == [
        ("apply", "POST", applied.json["plan"]["steps"][0]["path"], 200)
    ]
    assert applied.json["plan"]["steps"][0]["path"] in playvisor("runs", "trace", applied.json["run_id"]).stdout
    assert playvisor("runs", "verify", "--json").json["intact"]

    stdout = next(state_dir.glob(f"runs/{applied.json['run_id']}/apply/artifacts/*/stdout"))
    stdout.write_text("nothing happened here")
    verified = playvisor("runs", "verify", "--json")
    assert verified.status == 1
    (fault,) = verified.json["faults"]
    assert fault["run_id"] == applied.json["run_id"]
    assert fault["what"].endswith("stdout was changed")


@pytest.mark.flow
@pytest.mark.thorough
def test_a_disk_with_a_change_that_waits_grows_and_keeps_both(playvisor, guest, writes):
    web = guest(running=True)
    slot, value = next((key, text) for key, text in web.config.items() if "size=" in text)
    volume, size = value.partition(",")[0], int(value.partition("size=")[2].partition("G")[0])
    web.pending[slot] = f"{value},ssd=1"

    check = playvisor("guest", "resize", web.name, "--disks", f"slot={slot},size={size + 5}", "--check", "--json")
    grown = playvisor("guest", "resize", web.name, "--disks", f"slot={slot},size={size + 5}", "--json")
    again = playvisor("guest", "resize", web.name, "--disks", f"slot={slot},size={size + 5}", "--json")

    assert (grown.status, grown.json["status"], grown.json["changed"]) == (0, "ok", True), grown.stdout
    assert writes() == [(step["method"], step["path"]) for step in check.json["plan"]["steps"]]
    assert [path.rpartition("/")[2] for _method, path in writes()] == ["resize", "config"]
    assert web.config[slot].startswith(f"{volume},")
    assert f"size={size + 5}G" in web.config[slot]
    assert web.pending[slot] == f"{web.config[slot]},ssd=1"
    assert again.json["changed"] is False


@pytest.mark.flow
def test_people_get_tables_on_stdout_messages_on_stderr_and_no_colour_in_a_pipe(playvisor, guest):
    web = guest(running=True)

    listed = playvisor("call", "list_guests", f"guests.vmids={web.vmid}", "guests.status=running")
    assert web.name in listed.stdout
    assert "1 guest." in listed.stderr
    assert "1 guest." not in listed.stdout
    assert "\x1b" not in listed.stdout + listed.stderr

    planned = playvisor("call", "reboot_guest", f"vmid={web.vmid}", "shutdown_timeout=30", "--check")
    assert f"/nodes/{web.node}/qemu/{web.vmid}/status/reboot" in planned.stdout
    assert "timeout=30" in planned.stdout

    overview = playvisor("call", "cluster_overview")
    assert "2 of 2 nodes online" in overview.stderr
    assert "Intact: 3 runs" in playvisor("runs", "verify").stdout
    table = playvisor("runs", "list").stdout
    assert [table.count(word) for word in ("list_guests", "reboot_guest", "cluster_overview")] == [1, 1, 1]


@pytest.mark.flow
def test_many_guests_are_started_and_one_that_fails_does_not_keep_the_others(playvisor, simulator, guest):
    chosen = [one for one in simulator.cluster.guests.values() if one.type == "qemu" and not one.template]
    for one in chosen:
        one.running = False
    bad = chosen[1]
    simulator.world.faults.rules.append(FaultRule(task="qmstart", vmid=bad.vmid, action="fail", message="no memory"))

    run = playvisor("call", "start_guest", "guests.type=qemu", "guests.templates=false", "--json")

    assert run.status == 1
    assert (run.json["status"], run.json["changed"]) == ("failed", True)
    assert f"{bad.vmid} ({bad.name})" in run.json["failure"]["message"]
    assert [one.vmid for one in chosen if not one.running] == [bad.vmid]


@pytest.mark.flow
def test_a_guest_that_can_not_be_planned_does_not_keep_the_others(playvisor, simulator):
    chosen = [one for one in simulator.cluster.guests.values() if one.type == "qemu" and not one.template]
    for one in chosen:
        one.running = False
    chosen[0].running = chosen[0].paused = True
    vmids = ",".join(str(one.vmid) for one in chosen[:2])

    run = playvisor("call", "stop_guest", f"guests.vmids={vmids}", "--json")
    assert run.json["failure"]["code"] == "unsupported"

    chosen[1].running = True
    run = playvisor("call", "stop_guest", f"guests.vmids={vmids}", "--json")
    assert run.json["failure"]["code"] == "unsupported"
    assert run.json["changed"]
    assert not chosen[1].running


class TestDoctor:
    @pytest.mark.flow
    def test_all_is_well_with_every_privilege(self, playvisor):
        examined = playvisor("doctor", "--json")

        assert examined.status == 0
        assert examined.json["healthy"]
        assert {check["state"] for check in examined.json["checks"]} == {"ok"}
        assert {entry["usable"] for entry in examined.json["tools"]} == {"yes"}

    @pytest.mark.flow
    def test_what_a_token_lacks_is_named_with_the_commands_that_grant_it(self, playvisor, simulator):
        access = simulator.cluster.access
        access.users["eve@pve"] = User(tokens={"look": Token(secret=SECRET, privsep=False)})
        access.acl.append(AclEntry("/", "user", "eve@pve", "PVEAuditor"))

        examined = playvisor("doctor", PROXMOX_USER="eve@pve", PROXMOX_TOKEN_ID="look", PROXMOX_TOKEN_SECRET=SECRET)

        assert examined.status == 0
        assert "eve@pve!look" in examined.stdout
        assert "VM.PowerMgmt on /vms" in examined.stdout
        roles = [line for line in examined.stdout.splitlines() if "pveum role add" in line]
        assert any("VM.Audit" in role and "VM.PowerMgmt" in role for role in roles)
        assert "pveum acl modify /vms --users eve@pve --roles Playvisor" in examined.stdout
        # The token has no rights of its own.
        assert "--tokens" not in examined.stdout

    @pytest.mark.flow
    def test_a_certificate_that_is_not_verified_is_a_warning(self, playvisor):
        examined = playvisor("doctor", "--json", PROXMOX_FINGERPRINT=None, PROXMOX_VERIFY_SSL="false")

        (tls,) = [check for check in examined.json["checks"] if check["name"] == "tls"]
        assert tls["state"] == "warning"
        assert examined.status == 0

    @pytest.mark.flow
    def test_an_unreachable_cluster_is_reported(self, playvisor, simulator):
        simulator.stop()

        examined = playvisor("doctor")

        assert examined.status == 4
        assert "can't be reached" in examined.stdout

    def test_without_a_cluster_it_says_what_to_set(self, playvisor, clean_env):
        examined = playvisor("doctor", environment=clean_env)

        assert examined.status == 2
        assert "PROXMOX_URL" in examined.stdout
        assert "ansible-core" in examined.stdout


class TestWithoutACluster:
    @pytest.fixture
    def bare(self, playvisor, clean_env):
        return lambda *arguments, **changes: playvisor(*arguments, environment=clean_env, **changes)

    @pytest.mark.parametrize("command", [("call", "list_guests"), ("mcp", "--transport", "http")])
    def test_a_command_that_needs_a_cluster_says_what_to_set(self, bare, command):
        done = bare(*command)

        assert done.status == 2
        assert "PROXMOX_URL" in done.stderr
        assert "playvisor sim" in done.stderr
        assert done.stdout == ""

    def test_it_says_so_in_json_too(self, bare):
        done = bare("call", "list_guests", "--json")

        assert done.status == 2
        assert done.json["failure"]["code"] == "invalid_parameter"
        assert done.json["failure"]["hint"]

    def test_tools_and_runs_can_be_looked_at(self, bare):
        assert bare("tools", "list", "--json").json[0]["name"] == "list_guests"
        assert bare("tools", "show", "stop_guest", "--json").json["input"]["properties"]["vmid"]["minimum"] == 100
        shown = bare("tools", "show", "stop_guest")
        assert "guests.vmids" in shown.stdout
        assert "playvisor call stop_guest name=web-01 shutdown_timeout=60" in shown.stdout
        assert bare("runs", "list", "--json").json == []
        assert bare("runs", "verify").status == 0

    @pytest.mark.parametrize(
        ("command", "shown"),
        [((), "Operate Proxmox VE"), (("guest",), "make-template"), (("guest", "-h"), "move-disk")],
    )
    def test_a_command_without_its_arguments_prints_its_help(self, bare, command, shown):
        done = bare(*command)

        assert shown in done.stdout + done.stderr
        assert done.status == (0 if "-h" in command else 2)

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            (("tools", "show", "stop_gest"), "Did you mean stop_guest"),
            (("runs", "show", "abc"), "There is no run 'abc'"),
            (("call",), "Missing argument"),
            (("frobnicate",), "No such command"),
            (("guest", "frobnicate"), "No such command"),
            (("mcp", "--mode", "yolo"), "yolo"),
            (("runs", "list", "--limit", "0"), "--limit"),
        ],
    )
    def test_wrong_usage_is_explained_and_ends_with_2(self, bare, command, message):
        done = bare(*command)

        assert done.status == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.thorough
    def test_help_and_version_are_there_for_everything(self, bare):
        assert bare("--version").stdout.startswith("playvisor ")
        commands = ["tools", "call", "runs", "mcp", "sim", "doctor", "demo"]
        assert all(name in bare("--help").stdout for name in commands)
        for command in (["call"], ["mcp"], ["sim"], ["doctor"], ["demo"], ["tools", "show"], ["runs", "events"]):
            helped = bare(*command, "--help")
            assert helped.status == 0
            assert "Usage" in helped.stdout

    @pytest.mark.parametrize(
        ("command", "text"),
        [
            (("task", "show"), "Default: 300."),
            (("task", "show"), "Default: --no-wait."),
            (("access", "list"), "Default: groups,users,tokens,acls."),
            (("access", "list"), "--kinds roles"),
            (("mcp",), "Default: PLAYVISOR_MODE, or read."),
        ],
    )
    def test_help_shows_defaults_and_words_in_brackets(self, bare, command, text):
        assert text in " ".join(bare(*command, "--help").stdout.split())

    def test_a_ledger_that_can_not_be_opened_is_a_clear_error(self, bare):
        done = bare("runs", "list", PLAYVISOR_LEDGER_URL="sqlite:////proc/none/ledger.db")

        assert done.status == 1
        assert "The ledger can't be used" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.flow
def test_the_simulator_prints_how_to_connect_and_stops_on_sigterm(clean_env, playvisor):
    command = [sys.executable, "-m", "playvisor", "sim", "--guests", "3", "--nodes", "1", "--json"]
    with subprocess.Popen(command, env=clean_env, stdout=subprocess.PIPE, text=True) as process:
        connection = json.loads(process.stdout.readline())
        listed = playvisor(
            "doctor",
            "--json",
            environment=clean_env,
            PROXMOX_URL=connection["url"],
            PROXMOX_USER=connection["user"],
            PROXMOX_TOKEN_ID=connection["token_id"],
            PROXMOX_TOKEN_SECRET=connection["token_secret"],
            PROXMOX_CA_PATH=connection["ca_path"],
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

    assert listed.json["healthy"]


@pytest.mark.flow
def test_the_demo_shows_everything_and_leaves_nothing_behind(playvisor, clean_env, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    shown = playvisor("demo", environment=clean_env, TMPDIR=str(temporary))

    assert shown.status == 0, shown.stdout + shown.stderr
    for words in (
        "Would change guest",
        "POST /nodes/",
        "Changed guest",
        "Nothing to do",
        "Did you mean name?",
        "Intact",
    ):
        assert words in shown.stdout
    assert list(temporary.iterdir()) == []
