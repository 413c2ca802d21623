"""Runs become a playbook that means the same."""

from __future__ import annotations

import yaml
from rows import make_row

from mcp_bridge.evidence.export import export_playbook
from mcp_bridge.text.redaction import shorten


def row(tool, outcome="ok", **arguments):
    return make_row(run_id="12345678-aaaa", tool=tool, arguments=arguments, outcome=outcome)


class Loader(yaml.SafeLoader):
    """Reads `!unsafe` as Ansible does."""


Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


def play(*rows):
    return yaml.load(export_playbook(rows).text, Loader)[0]


def test_each_run_is_a_task_of_its_module_with_what_the_tool_sets_itself():
    made = play(row("stop_guest", name="web-01", check=True), row("list_guests", guests={"tags": ["web"]}))

    assert made["hosts"] == "localhost"
    assert [{**task, "name": None} for task in made["tasks"]] == [
        {"name": None, "playvisor.proxmox.pve_guest_state": {"name": "web-01", "state": "stopped"}},
        {"name": None, "playvisor.proxmox.pve_guest_info": {"guests": {"tags": ["web"]}}},
    ]


def test_what_looks_like_a_template_stays_a_string():
    task = play(row("stop_guest", name="{{ lookup('pipe', 'id') }}"))["tasks"][0]

    assert task["playvisor.proxmox.pve_guest_state"]["name"] == ("unsafe", "{{ lookup('pipe', 'id') }}")


def test_what_was_secret_is_prompted_for():
    made = play(row("set_cloudinit", vmid=101, password="[redacted]"))

    assert made["vars_prompt"] == [{"name": "password", "prompt": "password", "private": True}]
    assert made["tasks"][0]["playvisor.proxmox.pve_cloudinit"]["password"] == "{{ password }}"


def test_what_can_not_be_repeated_is_named():
    made = export_playbook([row("stop_guest", "failed", vmid=1), row("approve_plan"), row("start_guest", vmid=101)])

    assert made.left_out == [
        "12345678 stop_guest: it ended as failed",
        "12345678 approve_plan: it is not a tool that runs a playbook",
    ]
    assert len(yaml.safe_load(made.text)[0]["tasks"]) == 1


def test_a_run_with_missing_arguments_is_left_out():
    many = shorten({"guests": {"vmids": list(range(100, 3100))}})

    made = export_playbook([row("stop_guest", **many)])

    assert made.left_out == [
        "12345678 stop_guest: its arguments were too long for the ledger to keep all of them",
    ]
