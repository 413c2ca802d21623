"""Drift is written back into the files: where the value stands, or as an override, with everything else as it is."""

from __future__ import annotations

import textwrap

import pytest

from mcp_bridge.errors import PlayvisorError
from playvisor.fleet.accept import Found, accept_fields
from playvisor.fleet.render import render_fleet

FLEET = """\
# Our shop.
fleet: shop
profiles:
  web:
    cores: 2   # enough
    tags: [web]
    disks:
      - {slot: scsi0, size: 32, storage: local-lvm}
guests:
  # The first one.
  web-01:
    type: qemu
    profiles: [web]
    memory: 2048  # MiB
    description: "the ünïcode one"

  db-01:
    type: qemu
    memory: "{{ 1024 * 4 }}"
    tags:
      - db      # since ever
      - prod
    disks:
      - slot: scsi0
        size: 8
    config: {numa: 1}
  lone: {type: lxc, cores: 1}
  empty:
  app-{01..03}:
    type: qemu
    cores: 1
pools:
  prod:
    comment: ours
"""


@pytest.fixture
def accept(tmp_path):
    file = tmp_path / "fleet.yml"
    file.write_text(FLEET, encoding="utf-8")

    def write(**found):
        fields = [Found(path, value) for path, value in found.items()]
        accepted = accept_fields(render_fleet(file), fields, lambda: render_fleet(file))
        return accepted, list_changes(file.read_text(encoding="utf-8"))

    write.file = file
    return write


def list_changes(text):
    """The lines that went and those that came."""
    old, new = FLEET.splitlines(), text.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


CASES = {
    "a value of its own": (
        ("guests.web-01.memory", 4096),
        (["    memory: 2048  # MiB"], ["    memory: 4096  # MiB"]),
        "",
    ),
    "text": (
        ("guests.web-01.description", "now: this"),
        (['    description: "the ünïcode one"'], ["    description: 'now: this'"]),
        "",
    ),
    "what a profile has": (("guests.web-01.cores", 4), ([], ["    cores: 4"]), "profile web has it"),
    "a list that a profile has": (
        ("guests.web-01.tags", ["web", "new"]),
        ([], ["    tags: [web, new]"]),
        "profile web has it",
    ),
    "a disk that a profile has": (
        ("guests.web-01.disks.scsi0.size", 40),
        ([], ["    disks: [{slot: scsi0, size: 40}]"]),
        "profile web has it",
    ),
    "what a template makes": (
        ("guests.db-01.memory", 8192),
        (['    memory: "{{ 1024 * 4 }}"'], ["    memory: 8192"]),
        "a template makes it",
    ),
    "an entry of a list": (("guests.db-01.tags", ["db", "new"]), (["      - prod"], ["      - new"]), ""),
    "the size of a disk": (
        ("guests.db-01.disks.scsi0.size", 16),
        (["        size: 8"], ["        size: 16"]),
        "",
    ),
    "a raw option": (
        ("guests.db-01.config.numa", 0),
        (["    config: {numa: 1}"], ["    config: {numa: 0}"]),
        "",
    ),
    "an entry on one line": (
        ("guests.lone.cores", 2),
        (["  lone: {type: lxc, cores: 1}"], ["  lone: {type: lxc, cores: 2}"]),
        "",
    ),
    "what is not there any more": (
        ("guests.web-01.description", None),
        (['    description: "the ünïcode one"'], []),
        "",
    ),
    "what a profile has and is not there any more": (
        ("guests.web-01.cores", None),
        ([], ["    cores: null"]),
        "profile web has it",
    ),
    "a pool": (("pools.prod.comment", "theirs"), (["    comment: ours"], ["    comment: theirs"]), ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_field_is_written_where_it_belongs(accept, name):
    field, lines, note = CASES[name]

    accepted, changed = accept(**dict([field]))

    assert (accepted.left, changed) == ({}, lines)
    (edit,) = accepted.edits
    assert edit.note.startswith(note)
    assert bool(edit.note) == bool(note)
    written = accept.file.read_text(encoding="utf-8").splitlines()
    # A list of several lines begins before the one that is new.
    assert not lines[1] or {*lines[1]} & {*written[edit.line - 1 : edit.line + 1]}


def test_several_fields_at_once(accept):
    accepted, (gone, new) = accept(
        **{"guests.web-01.cores": 8, "guests.web-01.memory": 1024, "guests.web-01.disks.scsi0.size": 64}
    )

    assert len(accepted.edits) == 3
    assert gone == ["    memory: 2048  # MiB"]
    assert new == ["    memory: 1024  # MiB", "    cores: 8", "    disks: [{slot: scsi0, size: 64}]"]


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("guests.app-02.cores", 4, "app-{01..03} is a range"),
        ("guests.other.cores", 4, "guests.other has no entry"),
        ("guests.web-01.description", "{{ 7 * 7 }}", "has the marks of a template"),
        ("guests.web-01.nics.net0", {"a": {"b": 1}}, "has several parts"),
    ],
)
def test_what_can_not_be_written_is_left_and_said(accept, path, value, why):
    accepted, changed = accept(**{path: value})

    assert (accepted.edits, changed) == ((), ([], []))
    assert why in accepted.left[path]


BLOCKS = """\
fleet: shop
guests:
  web-01:
    description: |-
      one
      two

    memory: 1024
  web-02:
    memory: 512
    description: >
      folded
      text
  # The last one.
  web-03: {memory: 256}
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("guests.web-01.description", "theirs", "|-\n      one\n      two\n", "theirs\n"),
        ("guests.web-01.description", None, "    description: |-\n      one\n      two\n", ""),
        ("guests.web-02.description", "theirs", ">\n      folded\n      text\n", "theirs\n"),
        ("guests.web-02.description", None, "    description: >\n      folded\n      text\n", ""),
        ("guests.web-02.cores", 2, "      text\n", "      text\n    cores: 2\n"),
    ],
    ids=["it changes", "it goes", "the last one changes", "the last one goes", "something comes below"],
)
def test_a_text_on_lines_of_its_own_ends_where_the_next_line_begins(accept, path, value, old, new):
    accept.file.write_text(BLOCKS)

    accept(**{path: value})

    assert accept.file.read_text() == BLOCKS.replace(old, new)


def test_an_alias_is_not_followed(accept):
    accept.file.write_text(
        textwrap.dedent("""\
        fleet: shop
        guests:
          a:
            type: qemu
            tags: &tags [x]
          b:
            type: qemu
            tags: *tags
        """)
    )
    before = accept.file.read_text()
    accepted = accept_fields(
        render_fleet(accept.file), [Found("guests.b.tags", ["y"])], lambda: render_fleet(accept.file)
    )

    assert "alias" in accepted.left["guests.b.tags"]
    assert accept.file.read_text() == before


def test_files_that_would_say_something_else_are_as_they_were(accept):
    as_it_was = render_fleet(accept.file)

    with pytest.raises(PlayvisorError, match=r"not 4096\. They are as they were"):
        accept_fields(as_it_was, [Found("guests.web-01.memory", 4096)], lambda: as_it_was)

    assert accept.file.read_text(encoding="utf-8") == FLEET
