"""Whatever is wrong with a fleet's files is told with its place, and what to do; everything at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playvisor.fleet.problems import FleetError
from playvisor.fleet.render import expand_document, render_fleet

# What stands in the file, and the lines that are told.
CASES = {
    "an unknown option": (
        "fleet: a\nguests:\n  web-01: {memroy: 5}\n",
        ["fleet.yml:3:12: guests.web-01.memroy: `memroy` is not known here. Do you mean memory?"],
    ),
    "an unknown section": (
        "fleet: a\nguest: {}\n",
        ["fleet.yml:2:1: guest: `guest` is not known here. Do you mean guests?"],
    ),
    "an option in the wrong place": (
        "fleet: a\nserial: 2\nguests:\n  web: {ipconfig: [], rules: []}\n",
        [
            "fleet.yml:2:1: serial: `serial` is not known here. It stands inside of settings.",
            "fleet.yml:4:9: guests.web.ipconfig: `ipconfig` is not known here. It stands inside of cloudinit.",
            "fleet.yml:4:23: guests.web.rules: `rules` is not known here. It stands inside of firewall.",
        ],
    ),
    "an option that only modules have": (
        "fleet: a\nguests:\n  web: {name: x, force: yes}\npools:\n  p: {state: absent}\n",
        [
            "fleet.yml:3:9: guests.web.name: `name` is not known here. The key of the entry is its name.",
            "fleet.yml:3:18: guests.web.force: `force` is not known here. It says how a module acts, and a fleet says "
            "how things are to be.",
            "fleet.yml:5:7: pools.p.state: `state` is not known here. What stands in a fleet is there; `playvisor "
            "fleet "
            "prune` deletes what it once held.",
        ],
    ),
    "wrong types": (
        "fleet: a\nguests:\n  w:\n    memory: 4GB\n    cores: 0755\n    onboot: maybe\n    tags: a,b\n    "
        "description: [a]\n"
        "    bios: uefi\n    vmid: 1.5\n",
        [
            "fleet.yml:4:13: guests.w.memory: `4GB` is not a whole number. Memory in MiB.",
            "fleet.yml:5:12: guests.w.cores: `0755` is not a whole number. It begins with 0: write 755, or 0o755 "
            "if it is "
            "octal.",
            "fleet.yml:6:13: guests.w.onboot: `maybe` is not true or false. Whether the guest starts with its node.",
            "fleet.yml:7:11: guests.w.tags: `a,b` is not a list. Write [a, b].",
            "fleet.yml:8:18: guests.w.description: A list is not text. Description of the guest.",
            "fleet.yml:9:11: guests.w.bios: `uefi` is not one of seabios, ovmf.",
            "fleet.yml:10:11: guests.w.vmid: `1.5` is not a whole number. Its id.",
        ],
    ),
    "two guests of one name": (
        "fleet: a\nguests:\n  web-{01..03}: {}\n  web-02: {}\n",
        [
            "fleet.yml:4:3: guests.web-02: There are two guests web-02; the first stands in fleet.yml:3:3 as one of "
            "web-{01..03}. Guests have names of their own: rename one, or make both one entry."
        ],
    ),
    "ids that clash": (
        "fleet: a\nguests:\n  web-{1..3}: {vmid: 100}\n  db: {vmid: 99}\n  x: {uuid: AB}\n  y: {uuid: ab}\n",
        [
            'fleet.yml:3:22: guests.web-2.vmid: web-1 and web-2 have the same id, 100. Of a range, write "{{ 200 '
            '+ index }}".',
            "fleet.yml:4:14: guests.db.vmid: `99` is too small: it has to be 100 to 999999999. Its id.",
            "fleet.yml:6:13: guests.y.uuid: x and y have the same UUID. A UUID is one guest's.",
        ],
    ),
    "profiles in a circle, and unknown ones": (
        "fleet: a\nprofiles:\n  a: {profiles: [b]}\n  b: {profiles: [a]}\n  c: {profiles: [c]}\n"
        "guests:\n  x: {profiles: [a, d]}\n",
        [
            "fleet.yml:4:18: profiles.b.profiles: Profiles stand on each other in a circle: a → b → a. One of "
            "them has to "
            "stand on none of the others.",
            "fleet.yml:5:18: profiles.c.profiles: Profiles stand on each other in a circle: c → c. One of them has to "
            "stand on none of the others.",
            "fleet.yml:7:21: guests.x.profiles: There is no profile d. There are: a, b, c.",
        ],
    ),
    "guests in a circle, and unknown ones": (
        "fleet: a\nguests:\n  a: {depends_on: [b]}\n  b: {depends_on: [c]}\n  c: {depends_on: [a, web-1]}\n"
        "  d: {depends_on: [d]}\n  web-01: {}\n",
        [
            "fleet.yml:3:19: guests.a.depends_on: Guests depend on each other in a circle: a → b → c → a. One of "
            "them has "
            "to come first.",
            "fleet.yml:5:19: guests.c.depends_on: There is no guest web-1. Do you mean web-01?",
            "fleet.yml:6:19: guests.d.depends_on: Guests depend on each other in a circle: d → d. One of them has "
            "to come "
            "first.",
        ],
    ),
    "undefined values and templates that are none": (
        "fleet: a\nguests:\n  a:\n    memory: '{{ naem }}'\n    cores: '{{ cpu.count }}'\n    pool: '{{ if'\n",
        [
            "fleet.yml:4:13: guests.a.memory: naem is not defined. Do you mean name?",
            "fleet.yml:5:12: guests.a.cores: cpu is not defined. Give it in values.yml, or with --set.",
            "fleet.yml:6:11: guests.a.pool: It is no template: unexpected end of template, expected 'end of print "
            "statement'. Close each {{ with }} and each {% with %}.",
        ],
    ),
    "templates that make what the option does not take": (
        'fleet: a\nguests:\n  web-{1..9}: {memory: \'{{ name }}\', disks: \'{{ [{"slot": "scsi0", "sise": 3}] }}\'}\n',
        [
            "fleet.yml:3:24: guests.web-1.memory: `web-1` is not a whole number. Memory in MiB.",
            "fleet.yml:3:38: guests.web-1.disks.scsi0.sise: `sise` is not known here. Do you mean size?",
        ],
    ),
    "names that are none": (
        "fleet: A_b\nguests:\n  web_1: {}\n  web-{a..b}: {}\n  web-{3..1}: {}\n  web-{1..99999999}: {}\n  "
        "x{a}: {}\n"
        "  web-{01..100}: {}\n",
        [
            "fleet.yml:1:8: fleet: `A_b` is not a name. Name of the fleet: small letters, digits and hyphens.",
            "fleet.yml:3:3: guests.web_1: `web_1` can't be the name of a guest. It has letters, digits, hyphens "
            "and dots, "
            "as a host name has.",
            'fleet.yml:4:3: guests."web-{a..b}": web-{a..b} is no range. Write web-{01..12}, or web-{a,b}.',
            'fleet.yml:5:3: guests."web-{3..1}": web-{3..1} counts backwards. Write {1..3}.',
            'fleet.yml:6:3: guests."web-{1..99999999}": web-{1..99999999} is more than 50000 guests. Split the fleet.',
            "fleet.yml:7:3: guests.x{a}: x{a} is no range. Write web-{01..12}, or web-{a,b}.",
            'fleet.yml:8:3: guests."web-{01..100}": web-{01..100} has numbers of different length. Write {001..100}.',
        ],
    ),
    "no name": (
        "guests: {}\n",
        ["fleet.yml:1:1: fleet: The fleet has no name. Write fleet: NAME, in small letters, digits and hyphens."],
    ),
    "values where mappings belong": (
        "fleet: a\nguests:\n  web: 5\nprofiles: [p]\n",
        [
            "fleet.yml:3:8: guests.web: `5` is not a mapping of keys and values. A guest: options of the modules, "
            "without "
            "those that address it.",
            "fleet.yml:4:11: profiles: A list is not a mapping of keys and values. Options that guests share, by "
            "a name.",
        ],
    ),
    "settings": (
        "fleet: a\nsettings:\n  serial: 25%\n  max_unavailable: many\n  on_conflict: {'guests.*.tags': maybe}\n",
        [
            "fleet.yml:4:20: settings.max_unavailable: `many` is not a count or a percentage. Most guests that "
            "may be down "
            "at a time, given likewise.",
            'fleet.yml:5:34: settings.on_conflict."guests.*.tags": `maybe` is not one of fail, keep, take.',
        ],
    ),
    "what does not go together, and what is missing": (
        "fleet: a\nguests:\n  a: {tags: [a], add_tags: [b]}\n  b: {clone: {full: yes}}\n  c: {nics: [{bridge: "
        "vmbr0}]}\n",
        [
            "fleet.yml:3:18: guests.a.add_tags: tags and add_tags can't be given together. Keep one of them.",
            "fleet.yml:4:7: guests.b.clone: It needs name or vmid.",
            "fleet.yml:5:14: guests.c.nics.0: slot is missing. Which one, such as net0.",
        ],
    ),
    "a slot twice, and an empty element": (
        "fleet: a\nguests:\n  a:\n    disks: [{slot: scsi0}, {slot: scsi0}, null]\n",
        [
            "fleet.yml:4:28: guests.a.disks.scsi0: slot scsi0 stands in this list twice. Put both together.",
            "fleet.yml:4:43: guests.a.disks.2: An element of the list is empty. Remove it, or give it a value.",
        ],
    ),
    "a secret of the wrong type, which is not quoted": (
        "fleet: a\nguests:\n  a: {password: yes, cloudinit: {password: [hunter2]}}\n",
        ["fleet.yml:3:44: guests.a.cloudinit.password: A list is not text. Password of that user."],
    ),
    "a guest that is to be absent": (
        "fleet: a\nguests:\n  a: {state: absent}\n",
        [
            "fleet.yml:3:14: guests.a.state: `absent` is not one of started, stopped, present, template. What "
            "stands in a "
            "fleet is there; `playvisor fleet prune` deletes what it once held."
        ],
    ),
    "keys twice": (
        "fleet: a\nguests:\n  a: {cores: 1}\n  a: {cores: x}\nfleet: b\n",
        [
            "fleet.yml:4:3: guests.a: a stands here a second time; the first is in line 3. Put both together.",
            "fleet.yml:5:1: fleet: fleet stands here a second time; the first is in line 1. Put both together.",
        ],
    ),
    "nothing": ("", ["fleet.yml: The fleet is empty. Begin with fleet: NAME and guests:."]),
    "nothing but a comment": ("# later\n", ["fleet.yml: The fleet is empty. Begin with fleet: NAME and guests:."]),
    "a list": (
        "- a\n",
        ["fleet.yml:1:1: A fleet is a mapping of keys and values. Begin with fleet: NAME and guests:."],
    ),
    "two documents": (
        "fleet: a\n---\nfleet: b\n",
        ["fleet.yml:2:1: A second document begins here. Put it into a file of its own, in a folder."],
    ),
    "tags of other programs": (
        "fleet: a\nguests:\n  a: {description: !vault x, pool: !!python/object/apply:os.system id}\n",
        [
            "fleet.yml:3:20: This tag means nothing in a fleet. Write the value itself, without a tag.",
            "fleet.yml:3:36: This tag means nothing in a fleet. Write the value itself, without a tag.",
        ],
    ),
    "a value inside of itself": (
        "fleet: a\nguests: &g\n  a: *g\n",
        ["fleet.yml:3:6: The alias stands inside of what it stands for. Write it out."],
    ),
    "an anchor that there is not": (
        "fleet: a\nguests: {a: *x}\n",
        [
            "fleet.yml:2:13: There is no anchor of this name above. "
            "Define it first, or quote the text if it begins with *."
        ],
    ),
    "a template without quotes": (
        "fleet: a\nguests:\n  a:\n    cores: {{ x }}\n",
        [
            "fleet.yml:4:13: A key is no text. A text that begins with { or [, as templates do, needs quotes.",
        ],
    ),
    "keys that are no text, beside others": (
        "fleet: a\nguests:\n  ? [a]\n  : {}\n  {{ x }}: {}\n  b: {memroy: 5}\n",
        [
            "fleet.yml:3:5: A key is no text. A text that begins with { or [, as templates do, needs quotes.",
            "fleet.yml:5:4: A key is no text. A text that begins with { or [, as templates do, needs quotes.",
            "fleet.yml:6:7: guests.b.memroy: `memroy` is not known here. Do you mean memory?",
        ],
    ),
    "templates for whole entries": (
        'fleet: a\nprofiles:\n  p: {profiles: "{{ x }}"}\n  q: "{{ x }}"\nguests:\n  b: "{{ x }}"\n',
        [
            "fleet.yml:3:17: profiles.p.profiles: A profile can't choose others by a template. Guests may choose their "
            "profiles by templates.",
            "fleet.yml:4:6: profiles.q: A template can't stand for a whole entry. Templates stand in the options of "
            "guests and profiles. Give it a profile, or write it out.",
            "fleet.yml:6:6: guests.b: A template can't stand for a whole entry. Templates stand in the options of "
            "guests and profiles. Give it a profile, or write it out.",
        ],
    ),
    "guests that a template should make": (
        'fleet: a\nguests: "{{ guests }}"\n',
        [
            "fleet.yml:2:9: guests: A template can't stand for a whole entry. Templates stand in the options of "
            "guests and profiles. Give it a profile, or write it out.",
        ],
    ),
    "an empty name of a fleet": (
        "fleet:\nguests: {}\n",
        ["fleet.yml:1:1: fleet: The fleet has no name. Write fleet: NAME, in small letters, digits and hyphens."],
    ),
    "profiles that are none": (
        "fleet: a\nprofiles: {a: , b: 5}\nguests: {x: {profiles: [a, b, [c], null]}}\n",
        [
            "fleet.yml:2:20: profiles.b: `5` is not a mapping of keys and values. A guest: options of the modules, "
            "without those that address it.",
            "fleet.yml:3:31: guests.x.profiles.2: A list is not text.",
            "fleet.yml:3:36: guests.x.profiles.3: An element of the list is empty. Remove it, or give it a value.",
        ],
    ),
    "numbers that Proxmox VE does not take": (
        "fleet: a\nguests:\n  a:\n    cores: 0\n    memory: 1e300\n    ha: {max_restart: -1}\n"
        "    nics: [{slot: net0, tag: 4095, rate: '{{ 0 - 1 }}'}]\n",
        [
            "fleet.yml:4:12: guests.a.cores: `0` is too small: it has to be at least 1. Cores of each socket; of a "
            "container, the cores that it may use.",
            "fleet.yml:5:13: guests.a.memory: `1e300` is too large. Memory in MiB.",
            "fleet.yml:6:23: guests.a.ha.max_restart: `-1` is too small: it has to be at least 0. How often a start "
            "that failed is tried again on the same node; 1 for guests that are new to HA.",
            "fleet.yml:7:30: guests.a.nics.net0.tag: `4095` is too large: it has to be 0 to 4094. VLAN tag.",
            "fleet.yml:7:42: guests.a.nics.net0.rate: `-1` is too small: it has to be at least 0. Limit in MB/s.",
        ],
    ),
    "slots that there are not": (
        "fleet: a\nprofiles: {p: {disks: [{slot: scsi0}]}}\nguests:\n"
        "  a: {type: qemu, disks: [{slot: scsi31}], nics: [{slot: net40}]}\n  b: {type: lxc, profiles: [p]}\n",
        [
            "fleet.yml:2:24: guests.b.disks.scsi0: scsi0 is no slot of its type, lxc. Containers have rootfs and mp0 "
            "to mp255.",
            "fleet.yml:4:34: guests.a.disks.scsi31.slot: `scsi31` is not a slot. Where it is, such as scsi0, ide2, "
            "rootfs or mp0.",
            "fleet.yml:4:58: guests.a.nics.net40.slot: `net40` is not a slot. Which one, such as net0.",
        ],
    ),
    "names of other things, and tags": (
        "fleet: a\npools: {'a b': {}}\nfirewall: {groups: {x: {}}}\nguests: {w: {tags: [a;b]}}\n",
        [
            "fleet.yml:2:9: pools.a b: `a b` can't be the name of a pool. Names have letters, digits and hyphens, and "
            "begin with a letter.",
            "fleet.yml:3:21: firewall.groups.x: `x` can't be the name of a group. Names have letters, digits and "
            "hyphens, and begin with a letter.",
            "fleet.yml:4:21: guests.w.tags.0: `a;b` is not a tag. Tag.",
        ],
    ),
    "slots that are no text": (
        "fleet: a\nguests:\n  w: {disks: [{slot: [scsi0]}, {slot: {a: 1}}]}\n",
        [
            "fleet.yml:3:22: guests.w.disks.0.slot: A list is not text. Where it is, such as scsi0, ide2, rootfs or "
            "mp0.",
            "fleet.yml:3:39: guests.w.disks.1.slot: A mapping is not text. Where it is, such as scsi0, ide2, rootfs or "
            "mp0.",
        ],
    ),
    "disks that are to go": (
        "fleet: a\nguests:\n  a: {disks: [{slot: scsi0, state: absent}, {slot: scsi1, delete_source: yes}]}\n",
        [
            "fleet.yml:3:36: guests.a.disks.scsi0.state: `absent` is not one of present. A fleet takes no disks away; "
            "the module pve_guest does.",
            "fleet.yml:3:59: guests.a.disks.scsi1.delete_source: `delete_source` is not known here. It says how a "
            "module acts, and a fleet says how things are to be.",
        ],
    ),
    "a range inside of braces": (
        "fleet: a\nguests: {web-{1..2}: {}}\n",
        [
            "fleet.yml:2:14: It is no YAML: while parsing a flow mapping, did not find expected ',' or '}'. A range "
            'inside of { } needs quotes: {"web-{01..12}": …}.'
        ],
    ),
    "a template as a key": (
        "fleet: a\npools:\n  '{{ x }}': {}\n",
        ["fleet.yml:3:3: A key can't be a template. Ranges such as web-{01..12} make many guests of one entry."],
    ),
    "a tab": (
        "fleet: a\nguests:\n\ta: {}\n",
        ["fleet.yml:3:1: A tab stands where YAML wants spaces. Indent with spaces."],
    ),
    "a colon without quotes": (
        "fleet: a\nguests:\n  a:\n    description: foo: bar\n",
        [
            "fleet.yml:4:21: It is no YAML: mapping values are not allowed in this context. A text with a colon and a "
            "space in it needs quotes; keys need the indentation of their neighbours."
        ],
    ),
    "a control character": (
        "fleet: a\x01b\n",
        ['fleet.yml:1:9: A control character stands here. Remove it, or write it as "\\u…".'],
    ),
    "a byte order mark and lines of Windows": (
        b"\xef\xbb\xbffleet: a\r\nguests:\r\n  a: {memory: x}\r\n",
        ["fleet.yml:3:15: guests.a.memory: `x` is not a whole number. Memory in MiB."],
    ),
    "another encoding": (
        "fleet: a\ncluster: köln\n".encode("latin-1"),
        ["fleet.yml:2:11: It is not UTF-8 here. Save it as UTF-8."],
    ),
    "lists in lists": (
        "fleet: a\nguests: " + "[" * 100 + "]" * 100 + "\n",
        ["fleet.yml:2:58: Values are nested more than 50 deep. Nothing in a fleet is."],
    ),
}

FLEET = """
fleet: shop
settings: {serial: 25%, on_conflict: {guests.*.tags: keep}}
profiles:
  base: &a {type: qemu, memory: "{{ x * 512 }}", disks: [{slot: scsi0, size: 5}]}
  web: {profiles: [base], config: {vga: std}}
guests:
  web-{1..3}:
    profiles: [web]
    vmid: "{{ 200 + index }}"
    description: |
      {% if index > 1 %}{{ name }}{% endif %}
    depends_on: [db]
  db: {<<: *a, tags: null}
"""
PIECES = (
    "{",
    "}",
    "[",
    "]",
    ": ",
    "\n",
    "\t",
    "'",
    '"',
    "{{",
    "}}",
    "{%",
    "&a ",
    "*a",
    "!x ",
    "|",
    "- ",
    "null",
    "<<: ",
)


@pytest.mark.parametrize("name", CASES)
def test_a_problem_is_told_with_its_place_and_advice(find_problems, name):
    text, lines = CASES[name]

    assert find_problems(text) == lines


def test_an_alias_bomb_is_refused_before_it_goes_off(find_problems):
    levels = [f"&{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]

    found = find_problems(f"fleet: a\nsettings: {{ignore: [&a [x], {', '.join(levels)}]}}\n")

    assert len(found) == 1
    assert "There are more than 2000000 values, counting what aliases stand for." in found[0]


def test_no_number_of_keys_takes_long(find_problems):
    """What << brings is overridden key by key; this took a minute."""
    keys = ", ".join(f"k{number}: 1" for number in range(20_000))
    text = f"fleet: a\nguests:\n  a: {{config: &c {{{keys}}}}}\n  b: {{config: {{<<: *c, {keys}}}}}\n"

    assert find_problems(text) == []


@pytest.mark.parametrize("text", ["{<<: {cores: 1}, cores: 2}", "{cores: 2, <<: {cores: 1}}"])
def test_what_a_mapping_has_itself_wins_over_what_it_takes_in(render, text):
    assert render(f"fleet: a\nguests: {{b: {text}}}\n").document["guests"]["b"] == {"cores": 2}


def test_one_file_that_can_not_be_read_hides_no_problem_of_another(write):
    write({"f/a.yml": "fleet: a\nguests: [\n", "f/b.yml": "guests:\n  x: {memroy: 1, profiles: [base]}\n"})

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("f"))

    # The profile may stand in the file that is broken.
    assert [problem.place for problem in caught.value.problems] == ["f/a.yml:3:1", "f/b.yml:2:7"]


def test_an_object_in_two_files_is_told_with_both(write):
    write(
        {
            "f/a.yml": "fleet: a\nguests:\n  web: {cores: 1}\n",
            "f/b/c.yaml": "fleet: b\nguests:\n  web: {cores: 2}\n  db: {}\n",
            "f/values/prod.yml": "x: 1\n",
            "f/.hidden.yml": "[",
        }
    )

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("f"))

    assert [problem.describe() for problem in caught.value.problems] == [
        "f/b/c.yaml:1:8: fleet: fleet stands in f/a.yml:1:8, too. Keep one of them.",
        "f/b/c.yaml:3:3: guests.web: web stands in f/a.yml:3, too. Keep one of them, or move what they share into a "
        "profile.",
    ]


def test_a_guest_of_a_range_in_another_file_is_told_with_both(write):
    write(
        {
            "f/a.yml": "fleet: a\nguests:\n  web-{01..03}: {vmid: 101}\n",
            "f/b.yml": "guests:\n  web-02: {}\n  db: {vmid: 101}\n",
        }
    )

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("f"))

    assert [(problem.place, problem.message) for problem in caught.value.problems] == [
        ("f/a.yml:3:24", "web-01 and web-02 have the same id, 101."),
        ("f/b.yml:2:3", "There are two guests web-02; the first stands in f/a.yml:3:3 as one of web-{01..03}."),
        ("f/b.yml:3:14", "web-01 and db have the same id, 101."),
    ]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("nowhere.yml", "nowhere.yml: It can't be read: No such file or directory. Name the file of the fleet, or the "
         "folder of its files."),
        ("empty", "empty: There is no YAML file in this folder. Write a fleet.yml."),
    ],
)  # fmt: skip
def test_files_that_are_not_there_are_told(write, source, line):
    write({"empty/readme.txt": ""})

    with pytest.raises(FleetError) as caught:
        render_fleet(Path(source))

    assert [problem.describe() for problem in caught.value.problems] == [line]


def test_a_file_that_is_too_large_is_not_read(write):
    write({"fleet.yml": b"#" * (2**25 + 1)})

    with pytest.raises(FleetError, match="more than 32 MiB"):
        render_fleet(Path("fleet.yml"))


def test_a_problem_of_a_thousand_guests_is_told_once(find_problems):
    found = find_problems("fleet: a\nguests:\n  web-{1..1000}: {memory: '{{ nothing }}', coers: 1}\n")

    assert len(found) == 2


def test_of_many_problems_some_are_printed_and_all_are_kept():
    with pytest.raises(FleetError) as caught:
        expand_document({"fleet": "a", "guests": {f"web-{number}": {"x": 1} for number in range(150)}})

    assert len(caught.value.details["problems"]) == 150
    assert len(caught.value.lines) == 101
    assert caught.value.lines[-1] == "There are 50 more problems."
    assert caught.value.message.startswith(
        "The fleet has 150 problems: document: guests.web-0.x: `x` is not known here;"
    )
    assert caught.value.message.endswith("; and 140 more.")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_written_is_rendered_or_told(find_problems, data):
    text = FLEET
    for _count in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, start + 5))
        text = text[:start] + data.draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=3))) + text[end:]

    for line in find_problems(text.encode(errors="surrogatepass"), values_yml="x: 1\n"):
        assert re.match(r"fleet\.yml(:\d+:\d+)?: .", line)


@pytest.mark.parametrize(
    "data",
    [
        {"fleet": "a", "guests": {"web": {"memory": "x"}}},
        {"fleet": "a", "guests": {"web": {"memory": True}}},
        {"fleet": "a", "guests": {"web": {"memory": float("nan")}}},
        {"fleet": "a", "guests": {"web": {"description": True}}},
        {"fleet": "a", "guests": []},
        {"fleet": 5.0},
        {"guests": {}},
        {},
    ],
)
def test_a_document_that_was_handed_over_is_checked_as_well(data):
    with pytest.raises(FleetError) as caught:
        expand_document(data)

    assert [problem.file for problem in caught.value.problems] == ["document"]
