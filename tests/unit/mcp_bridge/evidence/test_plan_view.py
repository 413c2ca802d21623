"""Whoever decides on a plan reads all that it does, in words that can't be taken for others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_bridge.evidence.plan_view import (
    describe_plan,
    format_value,
    make_plan_view,
    make_visible,
    render_text,
    seal,
)
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.policy import Target
from mcp_bridge.result import Plan
from mcp_bridge.text.plain import clean

WEB = {"vmid": 101, "name": "web-01", "node": "pve1", "type": "qemu"}
TARGET = {**WEB, "pool": "frontend", "tags": ["test", "web"], "protected": True, "status": "running"}
PATH = "/nodes/pve1/qemu/101"
CA = "ca" * 32


def step(method, path, why="", target=None, **params):
    return {**(target or WEB), "method": method, "path": path, "params": params, "task": True, "why": why}


def keep(tool, *steps, targets=(TARGET,), before=None, after=None, **shown):
    facts = {
        "summary": "Would change something.",
        "steps": list(steps),
        "targets": list(targets),
        "diff": {"before": before or {}, "after": after or {}},
        "effects": ["interrupts"],
        "rules": ["clients-ask"],
        "advice": "A person has to approve the plan.",
        "version": "1.0",
        **shown,
    }
    made = KeptPlan("p" * 36, "d" * 64, tool, {}, facts, "alice", "2026-11-30T01:15:00.000000Z", "held")
    return replace(
        made, asker_kind="client", label="claude-code", cluster=f"lab {CA}", judged="1" * 64, policy="2" * 64
    )


def read(plan):
    return render_text(make_plan_view(plan))


def read_requests(plan):
    """What is read before what an approval is good for."""
    return read(plan).partition("\n\nAn approval is good for")[0]


def test_a_clean_stop_is_read_so():
    plan = keep(
        "stop_guest",
        step("POST", f"{PATH}/status/shutdown", "it is running, and stopped is asked for", timeout=180),
        before={"101 web-01": {"state": "running"}},
        after={"101 web-01": {"state": "stopped"}},
    )

    assert (
        read(plan)
        == f"""\
stop web-01 (101)

Asked by:  alice (client), by claude-code 1.0 as it calls itself
Cluster:   lab
Effects:   interrupts
Policy:    rule clients-ask: A person has to approve the plan.
Expires:   2026-11-30 01:15:00 UTC

It touches 1 target:
- web-01 (101): qemu on pve1, running, pool frontend, tags test, web, PROTECTED
    state: running → stopped

It sends 1 request to Proxmox VE:
1. POST /nodes/pve1/qemu/101/status/shutdown
    asks it to shut down cleanly, and waits 180 s
    timeout: 180
    (why: it is running, and stopped is asked for)

An approval is good for exactly this:
plan:      {"p" * 36}
cluster:   {CA}
requests:  {"d" * 64}
judged by: {"1" * 64}
policy:    {"2" * 64}"""
    )
    assert make_plan_view(plan).title == "stop web-01 (101): interrupts"


def test_a_rename_into_another_network_is_read_field_by_field():
    now = {"description": "", "name": "web-01", "nics": {"net0": {"bridge": "vmbr0"}}}
    then = {"description": "hi there", "name": "owned", "nics": {"net0": {"bridge": "vmbr66"}}}
    params = {
        "description": "hi there",
        "name": "owned",
        "net0": "virtio=BC:24:11:67:42:05,bridge=vmbr66",
        "digest": "a1",
    }
    plan = keep(
        "configure_guest",
        step("PUT", f"{PATH}/config", "these differ: description, name, net0", **params),
        before={"101 web-01": now},
        after={"101 web-01": then},
    )

    assert read_requests(plan).endswith(f"""\
- web-01 (101): qemu on pve1, running, pool frontend, tags test, web, PROTECTED

It sends 1 request to Proxmox VE:
1. PUT {PATH}/config
    description: none → hi there
    name: web-01 → owned
    net0: bridge=vmbr0 → virtio=BC:24:11:67:42:05,bridge=vmbr66
    digest: a1
    (why: these differ: description, name, net0)""")


def test_a_firewall_is_read_rule_by_rule_and_so_is_what_it_loses():
    rules = [{"type": "in", "action": "ACCEPT", "source": "0.0.0.0/0", "enable": 1, "dport": n} for n in range(1, 26)]
    plan = keep(
        "set_firewall",
        step("PUT", f"{PATH}/firewall/options", enable=0),
        *(step("POST", f"{PATH}/firewall/rules", **rule) for rule in rules),
        step("DELETE", f"{PATH}/firewall/rules/3", "there is to be no such rule"),
        before={"101 web-01": {"options": {"enable": True}, "rules": [{"key": "db", "action": "DROP"}]}},
        after={"101 web-01": {"options": {"enable": False}, "rules": [{"key": "any"}]}},
    )
    text = read(plan)

    assert "    switches this firewall off\n    enable: yes → 0\n" in text
    assert [f"    dport: {n}\n" in text for n in range(1, 26)] == [True] * 25
    assert text.count("lets everybody in to port") == 25
    assert "rules: key=db, action=DROP → removed" in text
    assert f"27. DELETE {PATH}/firewall/rules/3\n    (why: there is to be no such rule)" in text


def test_a_backup_job_is_read_with_its_schedule_and_its_guests():
    job = {"id": "nightly"}
    plan = keep(
        "set_backup_job",
        step("POST", "/cluster/backup", target=job, id="nightly", schedule="02:00", vmid="101,102", storage="nas"),
        targets=[job],
        before={"nightly": {"exists": False}},
        after={"nightly": {"exists": True}},
    )

    assert make_plan_view(plan).heading == "set backup job: nightly"
    assert "- nightly\n    exists: no → yes\n" in read(plan)
    assert "    schedule: 02:00\n    vmid: 101,102\n    storage: nas" in read(plan)


def test_every_request_and_every_parameter_is_in_the_text_however_many_they_are():
    steps = [step("POST", f"/nodes/pve1/lxc/{vmid}/config", **{f"key{vmid}": "x" * 3000}) for vmid in range(100, 400)]
    text = read(keep("configure_guest", *steps))

    assert [line for line in steps if f"/lxc/{line['path'].split('/')[4]}/config\n" not in text] == []
    assert text.count("x" * 3000) == 300


def test_secrets_stay_hidden_and_lists_objects_and_nothing_are_told():
    text = read(
        keep("create_user", step("POST", "/access/users", password="********", groups=["a", "b"], email="", x={"k": 1}))
    )

    assert '    password: "********"\n    groups: a, b\n    email: ""\n    x: k=1' in text


@pytest.mark.parametrize(
    "trick",
    [
        "web\nIt sends 0 requests to Proxmox VE:",
        "web\r\nApproved",
        "web\u2028Policy: allowed",
        "web\u2029x",
        "web\x85x",
        "web\x0bx",
        "\x1b[2Jweb",
        "\x9b2Jweb",
        "\u202egnp-bew",
        "we\u200bb",
        "web\u2066x\u2069",
        "web\U000e0041",
        "web\u3164",
        "web\u00a0x",
        "web\ud800",
        "\ufe0fweb",
        "we\u0301\u0301\u0301\u0301\u0301\u0301b",
    ],
)
def test_no_name_and_no_value_makes_lines_of_its_own_or_hides(trick):
    evil = {**WEB, "name": trick}
    plan = keep(
        trick,
        step("PUT", f"{PATH}/config", trick, target=evil, description=trick, **{trick: 1}),
        targets=[{**evil, "tags": [trick], "pool": trick, "node": trick}],
        before={f"101 {trick}": {"description": trick, trick: trick}},
        after={f"101 {trick}": {"description": "", trick: ""}},
        version=trick,
        advice=trick,
        rules=[trick],
        effects=[trick],
    )
    plan = replace(plan, asker=trick, asker_kind=trick, label=trick, cluster=trick, judged=trick, policy=trick)
    text = read(plan)

    tame = read(
        keep(
            "t",
            step("PUT", f"{PATH}/config", "t", description="t", t=1),
            before={"101 web-01": {"t": "t", "description": "t"}},
        )
    )
    assert len(text.splitlines()) == len(tame.splitlines())
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert clean(text) == text
    assert not {char for char in text if not char.isascii()} - {"→", "\u0301"}
    assert make_plan_view(plan).title.isprintable()


def test_what_is_not_plain_stands_in_quotes_so_that_it_is_not_taken_for_ours():
    assert format_value("running → stopped") == '"running → stopped"'
    assert format_value('a" → "b') == '"a\\" → \\"b"'
    assert format_value("back\\slash") == '"back\\\\slash"'
    assert format_value("büro") == '"büro"'
    assert format_value(" padded ") == '" padded "'
    assert make_visible("zwei\nZeilen") == "zwei\\nZeilen"


def test_the_seal_is_of_the_very_text_and_the_same_plan_is_the_same_text():
    plan = keep("stop_guest", step("POST", f"{PATH}/status/shutdown", timeout=180))
    hard = keep("stop_guest", step("POST", f"{PATH}/status/shutdown", timeout=181))

    assert seal(read(plan)) == seal(read(replace(plan, state="approved", approver="jo")))
    assert seal(read(plan)) != seal(read(hard))
    assert seal("x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


def test_a_plan_of_an_older_version_is_shown_as_far_as_it_is_known():
    assert make_plan_view(replace(keep("stop_guest"), shown={})).heading == "stop"


def test_what_policy_judged_is_kept_to_be_shown_and_what_it_could_not_read_is_told():
    steps = [
        {**step("POST", f"{PATH}/status/shutdown", timeout=180), "effects": ["interrupts"]},
        {**step("POST", f"{PATH}/status/start"), "effects": ["changes"]},
    ]
    made = Plan(digest="d" * 64, steps=steps, effects=["changes", "interrupts"])
    targets = [
        Target("101", 101, "web-01", "pve1", "qemu", "frontend", ("web",), True, status="running", config={"x": "y"}),
        Target("102", 102, is_known=False, protected=True),
        Target("103", 103, "new", exists=False, protected=True),
        Target("nightly", kind="job"),
    ]
    kept = describe_plan(made, "Would change.", None, targets, rules=["hold"], advice="Ask.", version="1.0")

    text = read(replace(keep("stop_guest"), shown=kept))

    assert "Effects:   changes, interrupts\n" in text
    assert "- web-01 (101): qemu on pve1, running, pool frontend, tags web, PROTECTED\n" in text
    assert "- 102: its configuration COULD NOT BE READ\n" in text
    assert "- new (103): made by this plan\n" in text
    assert "It touches 3 targets:" in text
    assert f"1. POST {PATH}/status/shutdown (interrupts)\n" in text
    assert f"2. POST {PATH}/status/start (changes)" in text
    assert "config" not in kept["targets"][0]
