"""The schema for editors knows what the files may hold, and no less."""

from __future__ import annotations

import re
from random import Random

import jsonschema
import pytest
from ruamel.yaml import YAML

from mcp_bridge.catalogue.docs import read_module_docs
from playvisor.fleet.render import FleetError, expand_document
from playvisor.fleet.schema import build_schema
from playvisor.fleet.shape import ANY, NAMES, SLOTS, TAG, Shape, read_guest_shape, read_shape

FLEET = """
fleet: shop
settings: {serial: 25%, max_unavailable: 1, restart: on}
profiles:
  base: {type: qemu, cores: "{{ cores }}", disks: [{slot: scsi0, size: 20}], onboot: yes, tags: null}
guests:
  web-{01..03}: {profiles: [base], vmid: "{{ 200 + index }}", config: {vga: serial0}, description: 5}
  db-01:
pools: {prod: {comment: x}}
firewall: {cluster: {options: {enable: true}}, nodes: {}}
access: "{{ access }}"
"""


@pytest.fixture(scope="module")
def validator():
    schema = build_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_a_fleet_is_valid(validator):
    # As editors read it, by YAML 1.2: yes and on are text.
    data = YAML(typ="safe", pure=True).load(FLEET)
    assert data["settings"]["restart"] == "on"

    assert [error.message for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize(
    "data",
    [
        {"guest": {}},
        {"guests": {"web": {"memroy": 5}}},
        {"guests": {"web": {"memory": "5 GB"}}},
        {"guests": {"web": {"disks": {"slot": "scsi0"}}}},
        {"guests": {"web": {"disks": [{"size": 5}]}}},
        {"guests": {"web": {"bios": "uefi"}}},
        {"guests": {"web": {"state": "absent"}}},
        {"profiles": {"base": {"cores": []}}},
        {"settings": {"serial": "many"}},
        {"fleet": "No"},
    ],
)
def test_what_is_wrong_is_not_valid(validator, data):
    assert not validator.is_valid(data)


def test_every_wish_of_the_modules_has_its_type_and_its_words():
    options = read_guest_shape().options
    documented = read_module_docs("pve_guest").options

    assert options["memory"].description == documented["memory"]["description"]
    assert {"cores", "disks", "nics", "tags", "pool", "config", "cloudinit", "firewall", "ha", "clone"} <= set(options)
    assert "size" in options["disks"].each.options


@pytest.mark.parametrize(
    "name",
    ["api_host", "api_token_secret", "expect_plan", "throttle", "timeout", "guests", "new_name", "purge", "force"],
)
def test_how_a_module_acts_is_no_part_of_a_guest(name):
    assert name not in read_guest_shape().options


def list_kinds(shape: Shape) -> set[str]:
    inner = [*(shape.options or {}).values(), *([shape.each] if shape.each else [])]
    return {shape.kind}.union(*map(list_kinds, inner))


def test_every_type_of_the_documentation_is_known():
    assert list_kinds(read_shape()) == {"str", "int", "float", "bool", "list", "dict", "raw"}


def test_every_choice_can_be_made():
    """A choice that looks like a number or a switch is text, however it is written."""
    jobs = {
        f"job-{choice}": {"compress": choice}
        for choice in read_module_docs("pve_backup_job").options["compress"]["choices"]
    }

    document = expand_document({"fleet": "a", "backup_jobs": {**jobs, "zero": {"compress": 0}}}).document

    assert document["backup_jobs"]["zero"] == {"compress": "0"}
    assert len(document["backup_jobs"]) == len(jobs) + 1


def test_a_fleet_holds_what_the_module_takes():
    """Only what is to be absent stands in no file: playbooks say it."""
    module = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document")
    plain = read_shape(is_authored=False).options
    guest = read_guest_shape().options
    firewall = plain["firewall"].options
    pairs = [
        (read_guest_shape(), module.GUEST),
        (guest["clone"], module.CLONE),
        (guest["cloudinit"], module.CLOUDINIT),
        (guest["firewall"], module.GUEST_FIREWALL),
        (guest["ha"], module.HA),
        (guest["health"], module.HEALTH),
        (plain["pools"].each, module.POOL),
        (plain["storages"].each, module.STORAGE),
        (plain["backup_jobs"].each, module.BACKUP_JOB),
        (plain["ha_rules"].each, module.HA_RULE),
        (firewall["cluster"], module.PLACE_FIREWALL),
        (firewall["groups"].each, module.GROUP_FIREWALL),
        (plain["access"], module.ACCESS),
    ]

    for ours, theirs in pairs:
        assert set(ours.options) == set(theirs.names) - ({"state"} - set(ours.options))


def test_the_slots_of_a_fleet_are_those_of_the_modules():
    disks = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._guest.disks")
    nics = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._guest.nics")
    names = ["rootfs", "efidisk0", "efidisk1", "tpmstate0", "scsi", "scsi00", "SCSI0"]
    names += [
        f"{bus}{number}" for bus in ("ide", "sata", "scsi", "virtio", "mp", "unused", "net") for number in range(300)
    ]

    for kind, pattern in SLOTS["disks"].items():
        theirs = [name for name in names if disks._SLOTS[kind].fullmatch(name)]
        assert [name for name in names if re.fullmatch(pattern, name)] == theirs
    for pattern in SLOTS["nics"].values():
        assert [name for name in names if re.fullmatch(pattern, name)] == [
            name for name in names if nics._SLOT.fullmatch(name)
        ]


def test_the_names_of_a_fleet_are_those_of_the_modules():
    names = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._values.names")
    texts = [
        "a",
        "ab",
        "a-b",
        "A_b",
        "a.b",
        "a.",
        "-a",
        "a-",
        "1a",
        "a/b",
        "a/b/c/d",
        "a b",
        "..",
        "\n",
        "ä",
        "a+b",
        "_a",
        "",
    ]
    texts += ["a" * length for length in (18, 19, 50, 51, 63, 64)]
    theirs = {
        NAMES["pool"]: names.POOL,
        NAMES["storage"]: names.STORAGE,
        NAMES["backup job"]: names.JOB,
        NAMES["rule"]: names.CONFIG_ID,
        NAMES["node"]: names.NODE,
        NAMES["group"]: names.FIREWALL_GROUP,
        TAG: names.TAG,
    }

    for ours, value in theirs.items():
        allowed = [text for text in texts if is_allowed(value, text)]
        assert [text for text in texts if re.fullmatch(ours, text)] == allowed, ours


def is_allowed(value, text):
    try:
        return bool(value.check(text)) and bool(text)
    except ValueError:
        return False


def test_the_numbers_of_a_fleet_are_those_of_the_modules():
    values = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._values.guests")
    drives = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._values.drives")
    requests = pytest.importorskip("ansible_collections.playvisor.proxmox.plugins.module_utils._values.requests")
    guest = read_guest_shape().options
    nic = guest["nics"].each.options
    firewall = guest["firewall"].options["options"].options
    tables = [
        *((guest, values.OPTIONS[kind]) for kind in ("qemu", "lxc")),
        *((nic, drives.NICS[kind].table) for kind in ("qemu", "lxc")),
        (firewall, requests._FIREWALL),
        (guest["ha"].options, requests._HA),
    ]

    compared = 0
    for shapes, table in tables:
        numbers = [name for name in table if name in shapes and shapes[name].kind in ("int", "float")]
        for name in [name for name in numbers if hasattr(table[name], "minimum")]:
            shape, value = shapes[name], table[name]
            compared += 1
            least = value.minimum if value.none is None else min(value.none, value.minimum or 0)
            assert shape.minimum is None or least is None or shape.minimum <= least, name
            assert least is None or shape.minimum is not None, name
            assert shape.maximum is None or value.maximum is None or shape.maximum >= value.maximum, name
    assert compared > 12


# What lint finds, and no schema can say: what entries are to each other, and numbers in quotes.
BEYOND = re.compile(r"There (is no|are two)|no slot of|circle|the same|It needs|twice|has no name|depends_on: `")
ODD = [None, True, 5, -3, 1.5, "x", "", [], {}, [None], {"a": 1}, "yes", "5", "1e3", "1_0", 10**20, "ON", "absent"]
KEYS = {"guest": ["w", "web-{1..2}", "w_1"], "profile": ["p", "q"], "path": ["cores", "x.y"]}


def draw(random, shape, depth=0):
    """Something that an option may be, and now and then something else."""
    if random.random() < 0.04:
        return random.choice(ODD)
    if shape.names:
        names = KEYS.get(shape.names, ["ab", "abc", "a b", "x"])
        return {name: draw(random, shape.each, depth + 1) for name in random.sample(names, random.randint(0, 2))}
    if shape.options:
        names = random.sample(list(shape.options), min(len(shape.options), random.randint(0, 3 if depth else 5)))
        names += [name for name in shape.required if random.random() < 0.9]
        return {name: draw(random, shape.options[name], depth + 1) for name in names}
    if shape.kind == "dict":
        return random.choice([{}, {"a": 1}, {"a": None}])
    if shape.kind == "list":
        return [draw(random, shape.each or ANY, depth + 1) for _number in range(random.choice([0, 1, 2]))]
    if shape.choices:
        return random.choice(shape.choices)
    if shape.kind == "bool":
        return random.choice([True, False, "yes", "off", "true", 1, 0, 2, "y", "maybe"])
    if shape.kind in ("int", "float"):
        least, most = shape.minimum or 0, shape.maximum or 99_999
        return random.choice([least, least - 1, most, most + 1, float(most), str(most), 2**60])
    words = ["x", "text", 5, 1.5, True, "scsi0", "scsi31", "net0", "tag", "a;b", "25%", "0%", "101%", 0]
    return random.choice(words)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 12))])
def test_the_schema_takes_what_lint_takes_and_nothing_else(validator, seed):
    random = Random(seed)
    shape = read_shape()
    compared = []

    for _number in range(400):
        sections = random.sample(list(shape.options), random.randint(1, 3))
        data = {"fleet": "a", **{name: draw(random, shape.options[name]) for name in sections}}
        problems = list_messages(data)
        if not problems or not all(map(BEYOND.search, problems)):
            expected = all(map(BEYOND.search, problems))
            compared.append(expected)
            assert validator.is_valid(data) == expected, (data, problems)

    assert 100 < compared.count(True) < 380


def list_messages(data):
    try:
        expand_document(data)
    except FleetError as error:
        return [f"{problem.path}: {problem.message}" for problem in error.problems]
    return []
