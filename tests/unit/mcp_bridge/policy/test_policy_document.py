"""docs/policy.md says what the default policy does, and its recipes work."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from asking import AI, ELICITED, OPERATOR, PERSON, ask, ask_about, decide, guest

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller
from mcp_bridge.policy import EFFECTS, Approval, Moment, Policy
from mcp_bridge.policy.cases import read_cases
from mcp_bridge.policy.engine import DEFAULT
from mcp_bridge.text.yaml import load_yaml

TEXT = (Path(__file__).parents[4] / "docs/policy.md").read_text(encoding="utf-8")


def read_table(heading):
    """The rows of the first table below a heading."""
    section = TEXT.split(heading, 1)[1]
    lines = section[section.index("\n| ") :].strip().split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_effects_are_all_there():
    assert tuple(row[0].strip("`") for row in read_table("## Effects")) == EFFECTS


def test_the_rules_are_all_there_in_their_order():
    policy = Policy.load()

    assert [row[0].strip("`") for row in read_table("## The default policy")] == [
        rule.name for rule in policy.rules.values()
    ]


@pytest.mark.parametrize(("rule", "who"), [(row[0].strip("`"), row[1]) for row in read_table("## The default policy")])
def test_each_rule_is_for_whom_the_document_says(rule, who):
    text = DEFAULT.read_text(encoding="utf-8").split(f'@id("{rule}")', 1)[1].split(";", 1)[0]
    roles = {"people at the command line": ["person"], "AI clients": ["client"], "everybody": []}

    assert re.findall(r'principal in Role::"(\w+)"', text) == roles[who]


EVERYDAY = read_table("### Everyday work: who is asked")


def who_is_asked(question):
    """Who has to approve it, in the words of the document."""
    if decide(question)[0] == "allow":
        return "nobody"
    if decide(question, ELICITED)[0] == "allow":
        return "its user"
    return "an operator" if decide(question, OPERATOR)[0] == "allow" else "no approval helps"


def make_call(text, asker, **facts):
    tool, *options = re.search(r"`([^`]+)`", text)[1].split()
    kind = "lxc" if "container" in text else "qemu"
    config = {"memory": "4096", "rootfs": "local-lvm:vm-101-disk-0"}
    target = guest(kind=kind, status="stopped" if "stopped" in text else "running", config=config, **facts)
    return ask(tool, asker, target, **dict(option.split("=") for option in options))


@pytest.mark.parametrize(
    ("call", "client", "protected"), [(row[1], row[3], row[4]) for row in EVERYDAY], ids=[row[0] for row in EVERYDAY]
)
def test_everyday_work_asks_whom_the_document_says(call, client, protected):
    assert who_is_asked(make_call(call, AI)) == client
    assert who_is_asked(make_call(call, PERSON)) == "nobody"
    for facts in ({"protected": True}, {"tags": ("protected",)}):
        assert who_is_asked(make_call(call, AI, **facts)) == protected
        assert who_is_asked(make_call(call, PERSON, **facts)) == protected


def test_the_cases_of_the_document_are_decided_as_they_say():
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    for case in read_cases(load_yaml(block)):
        assert Policy.load().decide(case.question, case.approval).ruling == case.expect


def split_rules(text):
    """The rules of a policy by their ids, with comments left out."""
    plain = re.sub(r"(?m)^//.*\n", "", text)
    rules = [f"{rule};" for rule in re.split(r";\s*(?=@id|\Z)", plain) if rule.strip()]
    return {re.search(r'@id\("([^"]+)"\)', rule)[1]: rule for rule in rules}


RECIPES = re.findall(r"```cedar\n(.*?)```", TEXT, re.DOTALL)
BY_ID = {name: block for block in RECIPES for name in split_rules(block)}


@cache
def cook(name):
    """The default policy with one recipe."""
    rules = {**split_rules(DEFAULT.read_text(encoding="utf-8")), **split_rules(BY_ID[name])}
    return Policy("\n".join(rules.values()), name)


@pytest.mark.parametrize("name", BY_ID)
def test_a_recipe_is_valid_and_means_what_it_says(name):
    policy = cook(name)

    assert policy.find_problems() == []
    assert policy.find_warnings(lambda _name: False) == []
    assert name in {row[1] for row in COOKED}, "no case of this recipe below"


PROD, STAGING, CI_POOL, LAB = (guest(pool=pool) for pool in ("prod", "staging", "ci", "lab"))
NEW = guest(pool="staging", status="stopped")
NIGHT, DAY, SUNDAY = Moment(23, "monday"), Moment(12, "monday"), Moment(12, "sunday")
CI = Caller("token:ci", "client", proof="token")
ON_CALL = Caller("oauth:ann", "client", ("on-call",), "oauth")
STRANGER = Caller("anonymous", "client", proof="none")
KIM = Approval("operator", "kim")
MIRROR = "http://mirror.example.org/a.iso"
KEYS = {"ssh_keys": "mine", "user": "me"}
EXEC = ("POST", "/nodes/pve1/qemu/101/agent/exec")


def run(command, *, where):
    return ask_about([(*EXEC, {"command": command})], AI, where, tool="exec_guest")


COOKED = [
    ("who asked approves", "four-eyes", ask("stop_guest", AI), Approval("operator", "jo"), "refuse"),
    ("somebody else approves", "four-eyes", ask("stop_guest", AI), KIM, "allow"),
    ("the asking user is asked", "four-eyes", ask("stop_guest", AI), ELICITED, "refuse"),
    ("one of two approves", "two-approvers", ask("delete_snapshot", AI, PROD), KIM, "refuse"),
    (
        "two approve",
        "two-approvers",
        ask("delete_snapshot", AI, PROD),
        Approval("operator", "kim", (), ("lee",)),
        "allow",
    ),
    ("held for two", "two-approvers", ask("delete_snapshot", PERSON, PROD), None, "hold"),
    ("one suffices elsewhere", "two-approvers", ask("delete_snapshot", AI, STAGING), KIM, "allow"),
    ("no passkey", "passkey-for-prod", ask("stop_guest", PERSON, PROD), KIM, "refuse"),
    ("a passkey", "passkey-for-prod", ask("stop_guest", AI, PROD), Approval("passkey", "kim"), "allow"),
    ("held for a passkey", "passkey-for-prod", ask("stop_guest", AI, PROD), None, "hold"),
    (
        "two, the last by a passkey",
        "two-approvers",
        ask("delete_snapshot", AI, PROD),
        Approval("passkey", "kim", (), ("lee",)),
        "allow",
    ),
    ("held for a dba", "dba-approves", ask("stop_guest", PERSON, guest(tags=("db",))), None, "hold"),
    ("no dba", "dba-approves", ask("stop_guest", AI, guest(tags=("db",))), KIM, "refuse"),
    ("a dba", "dba-approves", ask("stop_guest", AI, guest(tags=("db",))), Approval("operator", "a", ("dba",)), "allow"),
    ("by day", "maintenance-window", ask("stop_guest", PERSON, moment=DAY), None, "refuse"),
    ("by night", "maintenance-window", ask("stop_guest", PERSON, moment=NIGHT), None, "allow"),
    ("on Sunday", "maintenance-window", ask("backup_guest", PERSON, moment=SUNDAY, mode="stop"), None, "allow"),
    ("a backup that stops, by day", "maintenance-window", ask("backup_guest", PERSON, mode="stop"), None, "refuse"),
    ("a snapshot by day", "maintenance-window", ask("snapshot_guest", PERSON), None, "allow"),
    ("its pool", "ci-in-its-pool", ask("stop_guest", CI, CI_POOL), None, "allow"),
    ("data in its pool", "ci-in-its-pool", ask("rollback_guest", CI, CI_POOL), None, "hold"),
    ("another pool", "ci-nowhere-else", ask("start_guest", CI, PROD), None, "refuse"),
    ("a new guest", "ci-nowhere-else", ask("clone_guest", CI, CI_POOL), None, "allow"),
    ("a clone from elsewhere", "ci-nowhere-else", ask("clone_guest", CI, PROD), None, "refuse"),
    ("another client", "ci-nowhere-else", ask("start_guest", AI, PROD), None, "allow"),
    ("who calls itself so", "ci-in-its-pool", ask("stop_guest", Caller("jo", label="token:ci"), CI_POOL), None, "hold"),
    ("by day", "no-migration-by-day", ask("drain_node", PERSON, moment=DAY), None, "refuse"),
    ("in the evening", "no-migration-by-day", ask("migrate_guest", PERSON, moment=NIGHT), None, "allow"),
    ("a start by day", "no-migration-by-day", ask("start_guest", PERSON, moment=DAY), None, "allow"),
    ("its user", "access-needs-an-operator", ask("set_cloudinit", AI, NEW, **KEYS), ELICITED, "allow"),
    ("nobody", "access-needs-an-operator", ask("set_cloudinit", AI, NEW, **KEYS), None, "hold"),
    ("it runs", "access-needs-an-operator", ask("set_cloudinit", AI, STAGING, **KEYS), ELICITED, "refuse"),
    ("another pool", "access-needs-an-operator", ask("set_cloudinit", AI, guest(status="stopped")), ELICITED, "refuse"),
    ("more", "access-needs-an-operator", ask("set_cloudinit", AI, NEW, custom="user=a:b", **KEYS), ELICITED, "refuse"),
    ("the mirror", "fetch-from-public-hosts", ask("download_iso", AI, url=MIRROR), None, "allow"),
    ("another host", "fetch-from-public-hosts", ask("download_iso", PERSON, url="https://a.org/a"), None, "refuse"),
    ("in disguise", "fetch-from-public-hosts", ask("download_iso", AI, url=f"{MIRROR[:-6]}@a.org/"), None, "refuse"),
    ("a template", "fetch-from-public-hosts", ask("download_template", AI), None, "allow"),
    ("a client", "prod-frozen-for-ai", ask("start_guest", AI, PROD), KIM, "refuse"),
    ("a person", "prod-frozen-for-ai", ask("start_guest", PERSON, PROD), None, "allow"),
    ("a copy", "prod-frozen-for-ai", ask("backup_guest", AI, PROD), None, "allow"),
    ("elsewhere", "prod-frozen-for-ai", ask("start_guest", AI, STAGING), None, "allow"),
    ("five", "slower-clients", ask("snapshot_guest", AI, recent_targets=5), None, "allow"),
    ("six", "slower-clients", ask("snapshot_guest", AI, recent_targets=6), None, "hold"),
    ("tags", "tags-are-ours", ask("set_guest_tags", AI, tags="staging"), None, "hold"),
    ("no tags", "tags-are-ours", ask("configure_guest", AI, description="x"), None, "allow"),
    ("taken away", "tags-are-ours", ask("configure_guest", AI, delete="tags"), None, "hold"),
    ("uptime", "no-guest-commands", run(["uptime"], where=LAB), KIM, "allow"),
    ("uptime, unasked", "no-guest-commands", run(["uptime"], where=LAB), None, "hold"),
    ("more than uptime", "no-guest-commands", run(["uptime", "-s"], where=LAB), KIM, "refuse"),
    ("elsewhere", "no-guest-commands", run(["uptime"], where=PROD), KIM, "refuse"),
    ("its user", "operators-for-prod", ask("stop_guest", AI, PROD), ELICITED, "refuse"),
    ("an operator", "operators-for-prod", ask("stop_guest", AI, PROD), KIM, "allow"),
    ("its user elsewhere", "operators-for-prod", ask("stop_guest", AI, STAGING), ELICITED, "allow"),
    ("a restart", "on-call-restarts", ask("reboot_guest", ON_CALL), None, "allow"),
    ("a protected guest", "on-call-restarts", ask("reboot_guest", ON_CALL, guest(protected=True)), None, "hold"),
    ("data", "on-call-restarts", ask("rollback_guest", ON_CALL), None, "hold"),
    (
        "the role alone",
        "on-call-restarts",
        ask("reboot_guest", Caller("token:a", "client", ("on-call",))),
        None,
        "hold",
    ),
    ("a stranger", "no-strangers", ask("start_guest", STRANGER), None, "refuse"),
    ("a token", "no-strangers", ask("start_guest", CI), None, "allow"),
]


@pytest.mark.parametrize(
    ("name", "question", "approval", "ruling"),
    [row[1:] for row in COOKED],
    ids=[f"{row[1]}: {row[0]}" for row in COOKED],
)
def test_a_recipe_decides(name, question, approval, ruling):
    assert cook(name).decide(question, approval).ruling == ruling


def test_a_plan_that_one_of_two_has_approved_waits_for_the_other():
    one, both = KIM, Approval("operator", "lee", also_by=("kim",))
    asked = ask("delete_snapshot", AI, PROD)

    assert cook("two-approvers").may_another_help(asked, one)
    assert cook("two-approvers").decide(asked, both).ruling == "allow"
    assert cook("dba-approves").may_another_help(ask("stop_guest", AI, guest(tags=("db",))), one)
    assert not cook("four-eyes").may_another_help(ask("stop_guest", AI), Approval("operator", "jo"))
    assert not cook("maintenance-window").may_another_help(ask("stop_guest", AI, moment=DAY), one)


def test_steps_that_the_document_names_exist():
    from mcp_bridge.policy.effects import TABLE

    names = {row.name for row in TABLE}
    for listed in re.findall(r"context\.steps(?:\.containsAny\(\[| == \[)([^\]]+)\]", TEXT):
        assert {step.strip().strip('"') for step in listed.split(",")} <= names


def test_calls_of_the_document_are_tools():
    tools = catalogue.load()

    assert {re.search(r"`(\w+)", row[1])[1] for row in EVERYDAY} <= set(tools)
