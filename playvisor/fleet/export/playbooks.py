# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet as a playbook of the collection's modules, which runs with ansible-playbook and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import yaml

from mcp_bridge.text.plain import is_clean

_COLLECTION = "playvisor.proxmox"
# What a fleet says of a guest that is for none of the modules.
_ONLY_FLEETS = ("uuid", "depends_on", "health", "on_conflict", "ignore")
_PARTS = ("state", "clone", "cloudinit", "firewall", "ha")
_TEMPLATE = re.compile(r"\{[{%#]")
_HEAD = "# Connect with PROXMOX_HOST, PROXMOX_USER, PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET; --check only plans."
# What linters take without a word.
_LONGEST_LINE = 160
_MOST_NAMED = 3
Task = dict[str, Any]


def render_playbook(document: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text of a playbook, and sentences on what of a fleet it does not say."""
    tasks = list(_list_tasks(document))
    play = {
        "name": f"Bring the fleet {document['fleet']} to the wished state",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": tasks,
    }
    text = yaml.dump([play], Dumper=_Dumper, sort_keys=False, width=2**16, allow_unicode=True)
    if not is_clean(text):
        text = yaml.dump([play], Dumper=_Dumper, sort_keys=False, width=2**16, allow_unicode=False)
    lines = list(_mark_for_linters(text.splitlines(), tasks))
    head = [
        "---",
        "# Connect with PROXMOX_HOST, PROXMOX_USER, PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET; --check only plans.",
    ]
    if any(len(line) > _LONGEST_LINE for line in lines):
        head.append("# yamllint disable rule:line-length")
    return "\n".join([*head, *lines, ""]), list(_list_unsaid(document))


def _mark_for_linters(lines: Iterable[str], tasks: Iterable[Task]) -> Iterator[str]:
    """The lines, where tasks say which rules their data breaks that linters take for templates or for layout."""
    each = iter(tasks)
    for line in lines:
        rules = _list_broken_rules(next(each, {})) if line.startswith("    - name: ") else []
        yield f"{line}  # noqa: {' '.join(rules)}" if rules else line


def _list_broken_rules(task: Task) -> list[str]:
    texts = list(_list_texts(list(task.values())))
    has_templates = any(_TEMPLATE.search(text) for text in texts)
    has_tabs = any("\t" in text for text in texts)
    return [*(["jinja[invalid]", "jinja[spacing]"] if has_templates else []), *(["no-tabs"] if has_tabs else [])]


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _list_texts(item)


def _list_tasks(document: Mapping[str, Any]) -> Iterator[Task]:
    for name, entry in (document.get("storages") or {}).items():
        yield _make_task(f"Storage {name}", "pve_storage", {"storage": name, **entry})
    for name, entry in (document.get("pools") or {}).items():
        yield _make_task(f"Pool {name}", "pve_pool", {"pool": name, **entry})
    if document.get("access"):
        yield _make_task("Access", "pve_access", dict(document["access"]))
    firewall = document.get("firewall") or {}
    for name, entry in (firewall.get("groups") or {}).items():
        yield _make_task(f"Security group {name}", "pve_firewall", {"level": "group", "group": name, **entry})
    if firewall.get("cluster"):
        yield _make_task("Firewall of the cluster", "pve_firewall", {"level": "cluster", **firewall["cluster"]})
    for name, entry in (firewall.get("nodes") or {}).items():
        yield _make_task(f"Firewall of node {name}", "pve_firewall", {"level": "node", "node": name, **entry})
    guests = document.get("guests") or {}
    for name in _order_guests(guests):
        yield from _list_guest_tasks(name, guests[name])
    for name, entry in (document.get("ha_rules") or {}).items():
        yield _make_task(f"HA rule {name}", "pve_ha", {"rule": name, **entry})
    for name, entry in (document.get("backup_jobs") or {}).items():
        yield _make_task(f"Backup job {name}", "pve_backup_job", {"id": name, **entry})


def _order_guests(guests: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Templates first, then those that others depend on."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(guests, key=lambda name: guests[name].get("state") != "template"):
        source = (guests[name].get("clone") or {}).get("name")
        needs = [*(guests[name].get("depends_on") or ()), *([source] if source else [])]
        sorter.add(name, *(need for need in needs if need in guests))
    return list(sorter.static_order())


def _list_guest_tasks(name: str, entry: Mapping[str, Any]) -> Iterator[Task]:
    state = entry.get("state", "present")
    if entry.get("clone"):
        vmid = {"newid": entry["vmid"]} if "vmid" in entry else {}
        target = {"target": entry["node"]} if "node" in entry else {}
        yield _make_task(f"Clone {name}", "pve_clone", {**entry["clone"], "new_name": name, **vmid, **target})
    # A module's node asserts where a guest is, while that of a fleet is a wish for a new one.
    options = {key: value for key, value in entry.items() if key not in (*_PARTS, *_ONLY_FLEETS, "node")}
    is_template = {"state": "template"} if state == "template" else {}
    yield _make_task(f"Guest {name}", "pve_guest", {"name": name, **is_template, **options})
    for part, module in (("cloudinit", "pve_cloudinit"), ("firewall", "pve_firewall"), ("ha", "pve_ha")):
        if entry.get(part):
            level = {"level": "guest"} if part == "firewall" else {}
            what = {"cloudinit": "Cloud-init", "firewall": "Firewall", "ha": "High availability"}[part]
            yield _make_task(f"{what} of {name}", module, {**level, **_address(name, entry), **entry[part]})
    if state in ("started", "stopped"):
        yield _make_task(f"Power of {name}", "pve_guest_state", {**_address(name, entry), "state": state})


def _address(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, **({"vmid": entry["vmid"]} if "vmid" in entry else {})}


def _list_unsaid(document: Mapping[str, Any]) -> Iterator[str]:
    """What the playbook leaves out, each option with the guests that have it."""
    guests: dict[str, list[str]] = {}
    for name, entry in (document.get("guests") or {}).items():
        for option in (*_ONLY_FLEETS, "node"):
            # Tasks stand in the order of dependencies, and a clone is made on its node.
            if option in entry and option != "depends_on" and not (option == "node" and entry.get("clone")):
                guests.setdefault(option, []).append(name)
    for option, names in guests.items():
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        yield f"{option} of {', '.join(names[:_MOST_NAMED])}{more}"
    if document.get("settings"):
        yield f"settings: {', '.join(document['settings'])}"


def _make_task(name: str, module: str, options: Mapping[str, Any]) -> Task:
    return {
        "name": name,
        f"{_COLLECTION}.{module}": {key: value for key, value in options.items() if value is not None},
    }


class _Dumper(yaml.SafeDumper):
    """Writes texts as Ansible reads them: what looks like a template is none."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    tag = "!unsafe" if _TEMPLATE.search(text) else "tag:yaml.org,2002:str"
    style = "|" if "\n" in text and is_clean(text) else '"' if tag == "!unsafe" else None
    return dumper.represent_scalar(tag, text, style=style)


_Dumper.add_representer(str, _represent_text)
