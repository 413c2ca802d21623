"""Where values come from, and what is seldom meant."""

from __future__ import annotations

import pytest

from mcp_bridge.errors import UsageError
from playvisor.fleet.explain import explain_values
from playvisor.fleet.lint import find_warnings

TEXT = """
    fleet: shop
    profiles:
      base: {memory: 1024, tags: [a], config: {args: x}, password: hunter2hunter2}
      web:
        profiles: [base]
        memory: "{{ web.memory }}"
    guests:
      web-{01..02}:
        profiles: [web]
        tags: null
        disks: [{slot: scsi0, size: 5}]
      db.example.com:
        profiles: [base]
        memory: 512
"""
VALUES = "web:\n  memory: 2048\n"


def test_a_value_is_explained_from_the_template_to_what_it_replaces(render):
    fleet = render(TEXT, values_yml=VALUES, values__staging_yml="web: {memory: 3072}\n", environment="staging")

    [found] = explain_values(fleet, "web-01.memory")

    assert found == {
        "path": "guests.web-01.memory",
        "value": 3072,
        "from": "profile web",
        "file": "fleet.yml",
        "line": 7,
        "column": 13,
        "template": "{{ web.memory }}",
        "values": [
            {
                "name": "web.memory",
                "value": 3072,
                "from": "values staging",
                "file": "values/staging.yml",
                "line": 1,
                "column": 15,
                "template": None,
                "overrides": [
                    {
                        "value": 2048,
                        "from": "values",
                        "file": "values.yml",
                        "line": 2,
                        "column": 11,
                        "template": None,
                    }
                ],
            }
        ],
        "overrides": [
            {"value": 1024, "from": "profile base", "file": "fleet.yml", "line": 4, "column": 18, "template": None}
        ],
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("web-02.disks.scsi0.size", [("guests.web-02.disks.scsi0.size", 5, "guest")]),
        ("guests.db.example.com.memory", [('guests."db.example.com".memory', 512, "guest")]),
        ('"db.example.com".tags', [('guests."db.example.com".tags.0', "a", "profile base")]),
        ("web-01.tags", [("guests.web-01.tags", None, "guest")]),
        ("web-01.password", [("guests.web-01.password", "********", "profile base")]),
        ("fleet", [("fleet", "shop", "fleet")]),
    ],
)
def test_a_path_leads_to_its_values(render, path, found):
    fleet = render(TEXT, values_yml=VALUES)

    assert [(each["path"], each["value"], each["from"]) for each in explain_values(fleet, path)] == found


def test_a_whole_guest_is_explained_value_by_value(render):
    paths = [each["path"] for each in explain_values(render(TEXT, values_yml=VALUES), "web-01")]

    assert paths == [
        f"guests.web-01.{name}"
        for name in ("memory", "tags", "config.args", "password", "disks.scsi0.slot", "disks.scsi0.size")
    ]


def test_no_secret_is_shown_wherever_it_comes_from(render):
    fleet = render(
        """
        fleet: shop
        profiles:
          base: {cloudinit: {user: ann, password: hunter2hunter2}, password: hunter2hunter2}
        guests:
          web: {profiles: [base], password: "{{ secret }}", cloudinit: "{{ cloud }}"}
        """,
        values_yml="secret: hunter3hunter3\ncloud: {password: hunter3hunter3}\n",
        sets=("secret=hunter4hunter4",),
    )

    found = explain_values(fleet, "web.password") + explain_values(fleet, "web")

    assert "hunter" not in str([{**each, "values": ()} for each in found]) + str(found[0])


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("web-01.memroy", "web-01 has no memroy.", "Do you mean memory?"),
        ("web-3", "The fleet has no web-3.", "Do you mean web-02 or web-01?"),
    ],
)
def test_a_path_to_nothing_is_told(render, path, message, hint):
    with pytest.raises(UsageError) as caught:
        explain_values(render(TEXT, values_yml=VALUES), path)

    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_what_is_seldom_meant_is_a_warning(render):
    fleet = render(
        """
        fleet: shop
        profiles:
          base: {cores: "{{ cores }}", cloudinit: {password: hunter2hunter2}}
          old: {cores: 1}
        guests:
          web: {profiles: [base], password: "{{ secret }}", description: "{{ sizes.small }} {{ version }}"}
        """,
        values_yml="cores: 2\nsecret: s\nsizes: {small: 1, large: 2}\nversion: 1.10\n"
        "country: no\nmode: 0755\ntime: 12:30\nname: x\n",
    )

    assert [warning.describe() for warning in find_warnings(fleet)] == [
        "fleet.yml:4:54: profiles.base.cloudinit.password: A secret stands here in clear. Give it with --set or in a "
        "--values file that is in no repository, and name it in a template.",
        "fleet.yml:5:3: profiles.old: No guest has the profile old. Remove it.",
        "values.yml:3:19: sizes.large: No template names sizes.large. Remove it.",
        "values.yml:4:10: version: 1.10 is the number 1.1. Write \"1.10\" if text is meant.",
        "values.yml:5:1: country: No template names country. Remove it.",
        'values.yml:5:10: country: no is text here. Write false, or "no" if text is meant.',
        "values.yml:6:1: mode: No template names mode. Remove it.",
        'values.yml:6:7: mode: 0755 is text here. Write "0755", or the number that is meant.',
        "values.yml:7:1: time: No template names time. Remove it.",
        'values.yml:7:7: time: 12:30 is text here. Write "12:30", or the number that is meant.',
        "values.yml:8:1: name: A guest has its own name, which hides this one. Rename it.",
    ]  # fmt: skip


def test_the_whole_of_a_fleet_without_guests_is_explained(render):
    fleet = render("fleet: shop\npools: {prod: {comment: x}}\n")

    assert [each["path"] for each in explain_values(fleet, "")] == ["fleet", "pools.prod.comment"]


def test_names_with_dots_are_found_with_and_without_quotes(render):
    fleet = render("fleet: shop\nguests: {db.example.com: {config: {a.b: 1}}, db: {cores: 2}}\n")

    for path in ('guests."db.example.com".config."a.b"', "db.example.com.config.a.b"):
        assert [each["value"] for each in explain_values(fleet, path)] == [1]
    assert len(explain_values(fleet, "db")) == 1


def test_guests_that_differ_in_capitals_only_are_pointed_at(render):
    warnings = find_warnings(render("fleet: shop\nguests: {web: {}, WEB: {}}\n"))

    assert [warning.describe() for warning in warnings] == [
        "fleet.yml:2:19: guests.WEB: WEB and web differ in capitals only. Rename one of them."
    ]
