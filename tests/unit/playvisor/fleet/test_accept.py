"""Drift is written back into the files: where the value stands, or as an override, with everything else as it is."""

from __future__ import annotations

import os
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def accept_in(tmp_path, text, fields, **files):
    """Accept fields in a file with this text; returns what it came to, and the text then."""
    file = tmp_path / "fleet.yml"
    file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    found = [Found(path, value) for path, value in fields.items()]
    accepted = accept_fields(render_fleet(file), found, lambda: render_fleet(file))
    return accepted, file.read_bytes().decode("utf-8-sig").split("guests:", 1)[1].lstrip("\r\n")


# What stands below `guests:`, the fields, and what stands there then.
PLACES = {
    "a mapping over several lines with comments": (
        "  w: {\n    type: qemu, # t\n    cores: 1 # one\n    # last\n  } # end\n",
        {"memory": 64, "cores": 2},
        "  w: {\n    type: qemu, # t\n    cores: 2, memory: 64 # one\n    # last\n  } # end\n",
    ),
    "a comma at the end": ("  w: {cores: 1, }\n", {"memory": 64}, "  w: {cores: 1, memory: 64, }\n"),
    "an empty mapping": ("  w: {} # c\n", {"memory": 64}, "  w: {memory: 64} # c\n"),
    "blanks before colons": (
        "  \"w\" :\n    'cores' : 1 # c\n    memory :\n",
        {"cores": 2, "memory": 64},
        "  \"w\" :\n    'cores' : 2 # c\n    memory : 64\n",
    ),
    "an entry with nothing in it, and comments": (
        "  w: # mine\n    # later\n  x: {}\n",
        {"cores": 2},
        "  w: # mine\n    cores: 2\n    # later\n  x: {}\n",
    ),
    "an entry that is null": ("  w: ~ # c\n", {"cores": 2, "memory": 64}, "  w: {cores: 2, memory: 64} # c\n"),
    "a block of text before others": (
        "  w:\n    description: |\n      a # b\n\n  # the x\n  x: {}\n",
        {"cores": 1},
        "  w:\n    description: |\n      a # b\n    cores: 1\n\n  # the x\n  x: {}\n",
    ),
    "a block of text": (
        "  w:\n    description: >-\n      a\n      b\n# end\n",
        {"description": "a\nb"},
        '  w:\n    description: "a\\nb"\n# end\n',
    ),
    "what goes, with a comment behind it": (
        "  w:\n    type: qemu # i\n    cores: 1\n",
        {"type": None},
        "  w:\n    type: null # i\n    cores: 1\n",
    ),
    "entries of a list that go, with comments behind and above them": (
        "  w:\n    tags:\n    - a # one\n    # two\n    - b # b\n    cores: 1\n",
        {"tags": ["a", "c"]},
        "  w:\n    tags:\n    - a # one\n    # two\n    # b\n    - c\n    cores: 1\n",
    ),
    "a rule": (
        "  w: {firewall: {rules: [{key: ssh, action: ACCEPT, type: in}]}}\n",
        {"firewall.rules.ssh.action": "DROP"},
        "  w: {firewall: {rules: [{key: ssh, action: DROP, type: in}]}}\n",
    ),
    "a merged entry": (
        "  a: &a\n    memory: 64\n  w:\n    <<: *a\n",
        {"memory": 128},
        "  a: &a\n    memory: 64\n  w:\n    <<: *a\n    memory: 128\n",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_field_is_written_wherever_it_belongs(tmp_path, name):
    before, fields, after = PLACES[name]
    wanted = {f"guests.w.{path}": value for path, value in fields.items()}

    accepted, text = accept_in(tmp_path, f"fleet: a\nguests:\n{before}".encode(), wanted)

    assert (dict(accepted.left), text) == ({}, after)
    # Once more, it is so already.
    assert accept_in(tmp_path, f"fleet: a\nguests:\n{text}".encode(), {k: v for k, v in wanted.items() if v})[1] == text


def test_lines_of_windows_and_a_byte_order_mark_stay(tmp_path):
    before = "\ufefffleet: a\r\nguests:\r\n  w:\r\n    cores: 1 # c\r\n    tags:\r\n    - a # one\r\n    - b\r\n"
    fields = {"guests.w.cores": 2, "guests.w.tags": ["a", "c"], "guests.w.memory": 64}

    accepted, text = accept_in(tmp_path, before.encode(), fields)

    assert accepted.left == {}
    assert text == ("  w:\r\n    cores: 2 # c\r\n    tags:\r\n    - a # one\r\n    - c\r\n    memory: 64\r\n")
    assert (tmp_path / "fleet.yml").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("before", "path", "why"),
    [
        ("  a: &a {memory: 64}\n  w: *a\n", "w.memory", "guests.a.memory would change as well"),
        ("  a: {memory: &m 64}\n  w: {memory: *m}\n", "a.memory", "or an alias names it"),
        ("  w:\n    memory: | # why\n      64\n", "w.memory", "a comment stands in what it would replace"),
        ("  w: {disks: '{{ [] }}'}\n", "w.disks.scsi0.size", "a template makes what it is part of"),
        ("  w: {firewall: {rules: []}}\n", "w.firewall.rules.ssh.log", "the list does not have it yet"),
        ("  w: {}\n", "w.memroy", "`memroy` is not known here"),
    ],
    ids=["an alias", "an anchor", "a comment", "a template", "a rule", "an unknown one"],
)
def test_what_would_change_more_is_left_and_others_are_written(tmp_path, before, path, why):
    before = f"{before}  other: {{cores: 1}} # c\n"

    accepted, text = accept_in(
        tmp_path, f"fleet: a\nguests:\n{before}".encode(), {f"guests.{path}": 128, "guests.other.cores": 2}
    )

    assert why in accepted.left[f"guests.{path}"]
    assert text == before.replace("cores: 1", "cores: 2")


def test_values_are_no_place_for_guests(tmp_path):
    accepted, _text = accept_in(
        tmp_path,
        "fleet: a\nguests:\n  w-{1..2}: {cores: 1}\n",
        {"guests.w-1.cores": 2},
        **{"values.yml": "guests: {w-1: {cores: 1}}\n"},
    )

    assert "is a range" in accepted.left["guests.w-1.cores"]
    assert (tmp_path / "values.yml").read_text() == "guests: {w-1: {cores: 1}}\n"


def test_a_link_stays_one_and_no_other_file_is_touched(tmp_path):
    """A draft of a known name could be a link to anywhere."""
    (tmp_path / "real.yml").write_text("fleet: a\nguests: {w: {cores: 1}}\n")
    (tmp_path / "real.yml").chmod(0o640)
    file = tmp_path / "fleet.yml"
    file.symlink_to("real.yml")
    (tmp_path / "victim").write_text("as it was")
    for name in (".fleet.yml.draft", ".real.yml.draft"):
        (tmp_path / name).symlink_to("victim")

    accept_fields(render_fleet(file), [Found("guests.w.cores", 2)], lambda: render_fleet(file))

    assert file.is_symlink()
    assert (tmp_path / "real.yml").read_text() == "fleet: a\nguests: {w: {cores: 2}}\n"
    assert (tmp_path / "real.yml").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "victim").read_text() == "as it was"
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_not(accept):
    accept.file.chmod(0o444)

    with pytest.raises(PlayvisorError, match=r"can't be written: Permission denied"):
        accept(**{"guests.web-01.memory": 4096})


def test_files_that_have_changed_since_they_were_rendered_are_not_written(accept):
    as_it_was = render_fleet(accept.file)
    changed = accept.file.read_text(encoding="utf-8").replace("memory: 2048", "memory: 1024")
    accept.file.write_text(changed, encoding="utf-8")

    with pytest.raises(PlayvisorError, match="have changed meanwhile"):
        accept_fields(as_it_was, [Found("guests.web-01.memory", 4096)], lambda: render_fleet(accept.file))

    assert accept.file.read_text(encoding="utf-8") == changed


def test_files_that_would_say_something_else_are_as_they_were(accept):
    as_it_was = render_fleet(accept.file)

    accepted = accept_fields(as_it_was, [Found("guests.web-01.memory", 4096)], lambda: as_it_was)

    assert "not 4096" in accepted.left["guests.web-01.memory"]
    assert accept.file.read_text(encoding="utf-8") == FLEET


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="{"), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TEXTS, TEXTS)
def test_whatever_text_is_accepted_is_read_again(tmp_path, value, tag):
    before = "fleet: a\nguests:\n  w:\n    description: old # c\n    ignore: # d\n    - a # e\n    - b\n"
    fields = {"guests.w.description": value, "guests.w.ignore": ["a", tag or "x"]}

    accepted, text = accept_in(tmp_path, before.encode(), fields)

    guest = render_fleet(tmp_path / "fleet.yml").document["guests"]["w"]
    assert {edit.path for edit in accepted.edits} | set(accepted.left) == set(fields)
    assert "guests.w.description" in accepted.left or guest["description"] == value
    assert "guests.w.ignore" in accepted.left or guest["ignore"] == ["a", tag or "x"]
    assert all(f"# {comment}" in text for comment in "cde")
