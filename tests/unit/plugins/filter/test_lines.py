"""What an info playbook prints."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.filter.lines import FilterModule

write_lines = FilterModule().filters()["lines"]


def test_a_list_is_a_table_with_units_and_without_empty_columns():
    guests = [
        {"vmid": 101, "name": "web-01", "tags": ["a", "b"], "mem": 2 << 30, "lock": None, "template": False},
        {"vmid": 9000, "name": "x", "tags": [], "mem": 0, "lock": None, "template": True},
    ]

    assert write_lines({"changed": False, "guests": guests, "warnings": []}) == [
        "guests:",
        "  vmid  name    tags  mem      template",
        "  101   web-01  a, b  2.0 GiB  no",
        "  9000  x             0 B      yes",
    ]


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ({"cluster": {"name": "c", "nodes": {"online": 3}}}, ["cluster:", "  name: c", "  nodes.online: 3"]),
        ({"volumes": []}, ["volumes:", "  none"]),
        ({"a": [{"b": [{"c": 1}, {"c": 2}]}]}, ["a:", "  b", "  c=1; c=2"]),
        ({"a": [{"text": "{{ 7 * 7 }}\nmore"}]}, ["a:", "  text", "  {{ 7 * 7 }} more"]),
        ({"tasks": [{}]}, ["tasks:", "  none"]),
        ({"guests": {"total": 12, "running": 8}}, ["guests:", "  total: 12", "  running: 8"]),
        (
            {"space": {"used": 1 << 30, "total": 4 << 30, "free": 3 << 30, "used_percent": 25.0}},
            ["space:", "  used: 1.0 GiB", "  total: 4.0 GiB", "  free: 3.0 GiB", "  used_percent: 25.0 %"],
        ),
        ({"users": [{"user": "a@pve", "expire": 0}]}, ["users:", "  user   expire", "  a@pve  never"]),
    ],
)
def test_what_is_nested_or_empty_stays_readable(result, lines):
    assert write_lines(result) == lines
