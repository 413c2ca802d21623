"""From what people write to the plain document."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playvisor.fleet.render import FleetError, expand_document, render_fleet


def test_profiles_stack_and_later_ones_win(render):
    fleet = render("""
        fleet: shop
        profiles:
          base:
            type: qemu
            cores: 2
            memory: 2048
            tags: [prod]
            disks: [{slot: scsi0, size: 20, ssd: yes}, {slot: scsi1, size: 5}]
            config: {vga: serial0, hostpci0: "0000:01:00"}
          web:
            profiles: [base]
            memory: 4096
            tags: [web]
            disks: [{slot: scsi0, size: 40}, {slot: scsi2, size: 1}]
          big: {profiles: [base], cores: 8}
        guests:
          web-01:
            profiles: [web, big]
            description: mine
            config: {hostpci0: null, rng0: source=/dev/urandom}
            tags: null
          db-01: {profiles: [big, web]}
    """)

    # base comes once, where it is first stood on: big does not bring back what web has changed.
    assert fleet.document["guests"]["web-01"] == {
        "type": "qemu",
        "cores": 8,
        "memory": 4096,
        "disks": [
            {"slot": "scsi0", "size": 40, "ssd": True},
            {"slot": "scsi1", "size": 5},
            {"slot": "scsi2", "size": 1},
        ],
        "config": {"vga": "serial0", "rng0": "source=/dev/urandom"},
        "description": "mine",
    }
    assert fleet.document["guests"]["db-01"]["tags"] == ["web"]


def test_a_range_is_a_guest_for_each_number(render):
    fleet = render("""
        fleet: shop
        guests:
          web-{08..10}:
            vmid: "{{ 200 + index }}"
            description: "number {{ index }}, called {{ name }}"
            depends_on: ["db-{1..2}"]
          db-{1..2}: {}
    """)

    assert list(fleet.document["guests"]) == ["web-08", "web-09", "web-10", "db-1", "db-2"]
    assert fleet.document["guests"]["web-09"] == {
        "vmid": 209,
        "description": "number 9, called web-09",
        "depends_on": ["db-1", "db-2"],
    }


def test_values_without_quotes_mean_what_their_option_takes(render):
    """The country Norway is no `false`, and a mode is no number."""
    fleet = render("""
        fleet: shop
        guests:
          no:
            description: no
            ostype: on
            memory: 1e3
            cores: "2"
            onboot: on
            protection: no
            numa: 0
            tags: [no, 0755, 1e3, 1.10, true]
            ignore: [12:30, ~x]
            startup: 12:30
            config: {mode: 0755, country: no, rate: 1.5, count: 3, on: true, hex: 0x10}
            pool: ~
            node: "null"
        backup_jobs:
          nightly: {schedule: 2:30, compress: 0}
    """)

    assert fleet.document["guests"]["no"] == {
        "description": "no",
        "ostype": "on",
        "memory": 1000,
        "cores": 2,
        "onboot": True,
        "protection": False,
        "numa": False,
        "tags": ["no", "0755", "1e3", "1.10", "true"],
        "ignore": ["12:30", "~x"],
        "startup": "12:30",
        "config": {"mode": "0755", "country": "no", "rate": 1.5, "count": 3, "on": True, "hex": 16},
        "node": "null",
    }
    assert fleet.document["backup_jobs"]["nightly"] == {"schedule": "2:30", "compress": "0"}


def test_anchors_and_merge_keys_work(render):
    fleet = render("""
        fleet: shop
        guests:
          a: &a {cores: 2, memory: &m 512, tags: &t [x]}
          b: {<<: *a, memory: 1024}
          c: {<<: [{cores: 4}, *a], swap: *m}
          d: *a
    """)

    assert fleet.document["guests"] == {
        "a": {"cores": 2, "memory": 512, "tags": ["x"]},
        "b": {"cores": 2, "memory": 1024, "tags": ["x"]},
        "c": {"cores": 4, "memory": 512, "tags": ["x"], "swap": 512},
        "d": {"cores": 2, "memory": 512, "tags": ["x"]},
    }


def test_values_are_layered(render):
    text = "fleet: shop\nguests:\n  web: {memory: '{{ web.memory }}', cores: '{{ web.cores }}', pool: '{{ pool }}'}\n"
    values = "web: {memory: 1024, cores: 1}\npool: dev\n"

    plain = render(text, values_yml=values)
    staging = render(text, values__staging_yml="web: {cores: 2}\n", environment="staging")
    given = render(text, environment="staging", sets=("web.memory=4096", "pool=", "web.unused=[1, a]"))

    assert plain.document["guests"]["web"] == {"memory": 1024, "cores": 1, "pool": "dev"}
    assert staging.document["guests"]["web"] == {"memory": 1024, "cores": 2, "pool": "dev"}
    assert given.document["guests"]["web"] == {"memory": 4096, "cores": 2, "pool": ""}
    assert given.files == ("fleet.yml", "values.yml", "values/staging.yml")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"environment": "prod"}, "values: There is no environment prod. There is: staging."),
        ({"sets": ("x",)}, "--set x: It is not NAME=VALUE. Write --set web.memory=4096."),
        ({"sets": ("a..b=1",)}, "--set a..b=1: It is not NAME=VALUE. Write --set web.memory=4096."),
        (
            {"values_yml": "- 1\n"},
            "values.yml:1:1: Values have to be a mapping of names and values. Write NAME: VALUE.",
        ),
    ],
)
def test_values_that_can_not_be_used_are_told(find_problems, arguments, line):
    found = find_problems("fleet: shop\nguests: {a: {memory: '{{ x }}'}}\n", values__staging_yml="x: 1\n", **arguments)

    assert found == [line]


def test_a_schema_checks_the_values(write):
    schema = """{"type": "object", "required": ["memory"], "additionalProperties": false, "properties": {
        "memory": {"type": "integer", "minimum": 512, "description": "MiB of each server."},
        "web": {"type": "object", "properties": {"count": {"enum": [1, 3]}}},
        "password": {"type": "string", "minLength": 12, "writeOnly": true}}}"""
    write(
        {
            "fleet.yml": "fleet: shop\nguests: {a: {memory: '{{ memory }}'}}\n",
            "values.yml": "memory: 100\nweb:\n  count: 2\npassword: hunter2\nextra: 1\n",
            "values.schema.json": schema,
        }
    )

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("fleet.yml"))
    assert [problem.describe() for problem in caught.value.problems] == [
        "values.yml:1:1: Additional properties are not allowed ('extra' was unexpected). values.schema.json asks for "
        "it.",
        "values.yml:1:1: memory: It is less than the minimum of 512. MiB of each server.",
        "values.yml:3:3: web.count: It is not one of [1, 3]. values.schema.json asks for it.",
        "values.yml:4:1: password: It is too short. values.schema.json asks for it.",
    ]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ("{", "values.schema.json:1:2: It is no JSON: Expecting property name enclosed in double quotes."),
        (
            '{"type": 5}',
            "values.schema.json: type: It is no JSON Schema: 5 is not valid under any of the given schemas.",
        ),
        ('{"$ref": "http://127.0.0.1:1/x.json"}', "values.schema.json: It can't be used: Unresolvable: "),
        ("NaN", "values.schema.json:1:1: It has to be a mapping"),
        ('{"not":' * 3000 + "{}" + "}" * 3000, "values.schema.json:1:1: Values are nested too deep."),
        ('{"$ref": "#"}', "values.schema.json: It can't be used: it leads to itself."),
        (b'{"title": "\xe9"}', "values.schema.json: It is not UTF-8."),
    ],
    ids=["no JSON", "no schema", "of another host", "no mapping", "too deep", "itself", "another encoding"],
)
def test_a_schema_that_can_not_be_used_is_told_and_nothing_is_fetched(write, schema, line):
    write({"fleet.yml": "fleet: shop\n", "values.schema.json": schema})

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("fleet.yml"))

    assert caught.value.problems[0].describe().startswith(line)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"x": {"const": 5}, "y": {"properties": {"z": {"maxLength": 1}}}}},
        {"not": {}},
        {"enum": [1]},
        {"oneOf": [{"properties": {"x": False}}]},
        {"properties": {"list": {"items": False, "prefixItems": []}}},
        {"properties": {"list": {"contains": {"const": 1}}}},
        {"properties": {"list": {"unevaluatedItems": False}}},
    ],
    ids=["nested", "not", "enum", "one of", "items", "contains", "unevaluated"],
)
def test_no_message_about_values_quotes_one(write, schema):
    values = "x: hunter2\ny: {z: hunter2}\nlist: [hunter2]\n"
    write({"fleet.yml": "fleet: shop\n", "values.yml": values, "values.schema.json": json.dumps(schema)})

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("fleet.yml"))

    assert "hunter2" not in " ".join(problem.describe() for problem in caught.value.problems)


def test_a_schema_that_takes_long_is_given_up(write, monkeypatch):
    """A pattern such as this one takes years."""
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("only the main thread can be stopped")
    monkeypatch.setattr("playvisor.fleet.values._LONGEST_SECONDS", 1)
    schema = '{"properties": {"x": {"pattern": "^(a+)+$"}}}'
    write({"fleet.yml": "fleet: shop\n", "values.yml": f"x: {'a' * 50}b\n", "values.schema.json": schema})

    with pytest.raises(FleetError, match="takes more than 1 s"):
        render_fleet(Path("fleet.yml"))


def test_a_pipe_is_read_and_a_device_is_not_read_to_its_end(write, tmp_path):
    write({"fleet.yml": "fleet: '{{ x }}'\n"})
    reading, writing = os.pipe()
    os.write(writing, b"x: shop\n")
    os.close(writing)

    assert render_fleet(Path("fleet.yml"), values_files=[Path(f"/dev/fd/{reading}")]).document == {"fleet": "shop"}
    os.close(reading)
    with pytest.raises(FleetError, match="more than 32 MiB"):
        render_fleet(Path("/dev/zero"))


def test_what_looks_like_a_file_of_a_folder_and_is_none_is_told(write, tmp_path):
    """A guest in a file that is not there would seem to be in none."""
    write({"f/fleet.yml": "fleet: a\n", "f/.#lock.yml": "", "f/values.d/x.txt": ""})
    (tmp_path / "f/gone.yml").symlink_to("nowhere")
    (tmp_path / "f/.hidden.yml").symlink_to("nowhere")
    os.mkfifo(tmp_path / "f/pipe.yml")

    with pytest.raises(FleetError) as caught:
        render_fleet(Path("f"))

    assert [problem.describe() for problem in caught.value.problems] == [
        "f/gone.yml: It is a link that leads nowhere. Remove it, or put the file there.",
        "f/pipe.yml: It is no file. Remove it, or put the file there.",
    ]


def test_bytes_that_are_no_text_are_told(render):
    with pytest.raises(FleetError, match="--set x: It is not UTF-8"):
        render("fleet: '{{ x }}'\n", sets=("x=\udcff",))
    with pytest.raises(FleetError, match="half a character"):
        render("fleet: a\nguests: {x: {description: \"{{ '\\\\ud800' }}\"}}\n")


def test_links_to_folders_are_followed_once(write, tmp_path):
    write({"f/fleet.yml": "fleet: a\n", "shared/base.YML": "profiles: {base: {cores: 2}}\n"})
    (tmp_path / "f/shared").symlink_to("../shared")
    (tmp_path / "f/again").symlink_to(".")
    (tmp_path / "f/web.yml").write_text("guests: {web: {profiles: [base]}}\n")

    assert render_fleet(Path("f")).document["guests"] == {"web": {"cores": 2}}


def test_values_may_be_called_yaml_and_of_two_files_none_is_taken_in_silence(write):
    write({"f/fleet.yml": "fleet: '{{ x }}'\n", "f/values.yaml": "x: shop\n", "f/values/test.yaml": "x: test\n"})

    assert render_fleet(Path("f")).document == {"fleet": "shop"}
    assert render_fleet(Path("f"), environment="test").document == {"fleet": "test"}

    write({"f/values.yml": "x: shop\n", "f/values/test.yml": "x: test\n"})
    with pytest.raises(FleetError) as caught:
        render_fleet(Path("f"), environment="test")
    assert [problem.describe() for problem in caught.value.problems] == [
        "f/values.yaml: There is values.yml, too. Keep one of them.",
        "f/values/test.yml: There is test.yaml, too. Keep one of them.",
    ]


def test_a_folder_is_one_fleet(write):
    write(
        {
            "shop/fleet.yml": "fleet: shop\nprofiles: {base: {cores: 2}}\n",
            "shop/guests/web.yaml": "guests: {web: {profiles: [base], memory: '{{ memory }}'}}\n",
            "shop/guests/db.yml": "guests: {db: {profiles: [base]}}\n",
            "shop/empty.yml": "# nothing yet\n",
            "shop/values.yml": "memory: 512\n",
        }
    )

    fleet = render_fleet(Path("shop"))

    assert fleet.document == {"fleet": "shop", "guests": {"db": {"cores": 2}, "web": {"cores": 2, "memory": 512}}}
    assert fleet.origins["guests.web.cores"].describe() == "shop/fleet.yml:2:26"


def test_sections_beside_guests_are_filled_and_checked(render):
    fleet = render(
        """
        fleet: shop
        cluster: "{{ site }}"
        settings: {serial: 25%, max_unavailable: 1, on_conflict: {guests.*.tags: keep}, ignore: [guests.db.description]}
        pools: {prod: {comment: "at {{ site }}"}}
        storages: {nas: {type: nfs, server: 10.0.0.1, export: /vms, content: [images]}}
        backup_jobs: {nightly: {schedule: "02:30", storage: nas, pool: prod}}
        ha_rules: {apart: {guests: {names: [a, b]}, affinity: negative}}
        firewall:
          cluster: {options: {enable: yes}}
          nodes: {pve1: {rules: [{key: ssh, type: in, action: ACCEPT}]}}
          groups: {web: {comment: web}}
        access: {groups: [{group: ops}]}
        guests:
        """,
        values_yml="site: lab\n",
    )

    assert fleet.document["cluster"] == "lab"
    assert fleet.document["pools"]["prod"] == {"comment": "at lab"}
    assert fleet.document["settings"]["serial"] == "25%"
    assert fleet.document["firewall"]["nodes"]["pve1"]["rules"][0]["action"] == "ACCEPT"
    assert expand_document(fleet.document).document == fleet.document


def test_nothing_that_a_client_hands_over_is_a_template():
    text = "{{ 7 * 7 }}{% for x in y %}"
    document = {"fleet": "shop", "guests": {"web-{1..2}": {"description": text, "config": {"args": text}}}}

    fleet = expand_document(document)

    assert fleet.document["guests"]["web-2"] == {"description": text, "config": {"args": text}}


def test_a_client_may_use_profiles_and_ranges():
    document = {
        "fleet": "shop",
        "profiles": {"base": {"cores": 2, "tags": [1]}, "web": {"profiles": ["base"], "memory": 512}},
        "guests": {"web-{1..2}": {"profiles": ["web"], "cores": None}, "db": None},
    }

    fleet = expand_document(document)

    assert fleet.document == {
        "fleet": "shop",
        "guests": {"web-1": {"tags": ["1"], "memory": 512}, "web-2": {"tags": ["1"], "memory": 512}, "db": {}},
    }


def test_guests_of_a_range_share_no_data(render):
    guests = render("fleet: shop\nguests:\n  web-{1..2}: {tags: [a], disks: [{slot: scsi0}]}\n").document["guests"]

    guests["web-1"]["disks"][0]["size"] = 5

    assert guests["web-2"]["disks"] == [{"slot": "scsi0"}]


def test_a_templated_list_of_profiles_is_followed(render):
    fleet = render(
        """
        fleet: shop
        profiles: {small: {cores: 1}, large: {cores: 8}}
        guests: {"web-{1..2}": {profiles: ["{{ 'large' if index == 1 else 'small' }}"]}}
        """
    )

    assert [guest["cores"] for guest in fleet.document["guests"].values()] == [8, 1]


def test_a_template_that_nests_too_deep_is_told(find_problems):
    values = "x: " + "[" * 49 + "]" * 49

    assert find_problems("fleet: a\nguests: {a: {config: {b: '{{ [[[x]]] }}'}}}\n", values_yml=values) == [
        "fleet.yml:2:26: guests.a.config.b: Values are nested more than 50 deep. Nothing in a fleet is."
    ]


def test_several_ranges_are_every_guest_of_both(render):
    fleet = render(
        """
        fleet: shop
        guests:
          web-{a,b}-{1..2}: {vmid: "{{ 200 + index }}", description: "{{ parts[0] }} {{ parts[1] }}"}
          db-{08..09}: {vmid: "{{ 300 + index }}", depends_on: ["web-{a,b}-1"]}
        """
    )

    guests = fleet.document["guests"]
    assert {name: (guest["vmid"], guest.get("description")) for name, guest in guests.items()} == {
        "web-a-1": (201, "a 1"),
        "web-a-2": (202, "a 2"),
        "web-b-1": (203, "b 1"),
        "web-b-2": (204, "b 2"),
        "db-08": (308, None),
        "db-09": (309, None),
    }
    assert guests["db-08"]["depends_on"] == ["web-a-1", "web-b-1"]


def test_what_a_guest_overrides_is_not_filled(render):
    fleet = render(
        "fleet: shop\nprofiles: {base: {memory: '{{ undefined }}'}}\nguests: {a: {profiles: [base], memory: 64}}\n"
    )

    assert fleet.document["guests"]["a"] == {"memory": 64}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a fleet", "A fleet is a mapping"),
        ([], "A fleet is a mapping"),
        ({"fleet": "a", "guests": {f"a{number}-{{1..50000}}": {} for number in range(9)}}, "more than 50000 guests"),
        ({"fleet": "a", "guests": {"x-{1..500}": {"depends_on": ["x-{1..500}"]}}}, "more than 200000 ways"),
        (
            {"fleet": "a", "profiles": {"p": {"tags": ["x"] * 9_999}}, "guests": {"x-{1..999}": {"profiles": ["p"]}}},
            "more than 50000 guests, or 2000000 values",
        ),
        (
            {"fleet": "a", "profiles": {f"p{number}": {"profiles": [f"p{number + 1}"]} for number in range(99)}},
            "More than 50 profiles stand on each other",
        ),
        ({"fleet": "a", "guests": {"x": {"y" * 10**6: 1}}}, "`yyy"),
        (
            {"fleet": "a", "guests": {"x": {"depends_on": [f"y{number}-{{1..50000}}" for number in range(999)]}}},
            "more than 200000 ways",
        ),
        ({"fleet": "a", "guests": {"x-{1..%s}" % ("9" * 5000): {}}}, "more than 50000 guests"),
        ({"fleet": "a", "guests": {"x-{1..999}-{1..999}": {}}}, "more than 50000 guests"),
        (
            {
                "fleet": "a",
                "profiles": {
                    f"p{number}": {"profiles": [f"p{below}" for below in range(number)]} for number in range(400)
                },
            },
            "more than 2000000 ways",
        ),
        ({"fleet": "a", "guests": {"x": {"description": "\ud800"}}}, "half a character"),
        ({"fleet": "a", "pools": {"\ud800": {}}}, "half a character"),
        ({"fleet": "a", "guests": {"x": {"config": {"a": float("nan")}}}}, "nan is no number"),
        ({"fleet": "a", "guests": {"x": {"nics": [{"slot": "net0", "rate": float("inf")}]}}}, "inf is no number"),
    ],
    ids=[
        "text",
        "a list",
        "guests",
        "needs",
        "values",
        "profiles",
        "a long name",
        "unknown needs",
        "digits",
        "ranges",
        "ways",
        "half",
        "half a name",
        "nan",
        "inf",
    ],
)
def test_a_document_can_not_make_much_of_little(data, message):
    with pytest.raises(FleetError) as caught:
        expand_document(data)

    assert message in caught.value.message
    assert len(caught.value.message) < 20_000


def test_profiles_that_stand_on_the_same_ones_are_looked_through_once():
    """Else there would be 2 to the power of 40 ways down."""
    profiles = {f"p{number}": {"profiles": [f"p{number + 1}", f"p{number + 1}"]} for number in range(40)}

    document = expand_document(
        {"fleet": "a", "profiles": {**profiles, "p40": {"cores": 2}}, "guests": {"x": {"profiles": ["p0"]}}}
    ).document

    assert document["guests"] == {"x": {"cores": 2}}


def test_values_may_hold_anything_that_a_command_line_does(render):
    text = "fleet: a\nguests: {a: {description: '{{ x }}', tags: '{{ y | default([]) }}'}}\n"

    for word, found in [("#fff", "#fff"), ("a: b", "a: b"), ("@x", "@x"), ("null", None), ("no", "no"), ("5", "5")]:
        assert render(text, sets=(f"x={word}",)).document["guests"]["a"].get("description") == found
    assert render(text, sets=("x=", "y=[a, 'b']")).document["guests"]["a"] == {"description": "", "tags": ["a", "b"]}


def test_origins_say_where_each_value_stands(render):
    fleet = render(
        """
        fleet: shop
        profiles:
          base: {cores: 2, disks: [{slot: scsi0, size: 5}]}
        guests:
          web.example.com:
            profiles: [base]
            memory: "{{ memory }}"
            disks: [{slot: scsi0, ssd: yes}]
        pools: {prod: {comment: x}}
        """,
        values_yml="memory: 512\n",
    )
    origins = {path: (origin.describe(), origin.via) for path, origin in fleet.origins.items()}

    assert origins == {
        "fleet": ("fleet.yml:2:8", "fleet"),
        'guests."web.example.com".cores': ("fleet.yml:4:17", "profile base"),
        'guests."web.example.com".disks.scsi0.slot': ("fleet.yml:9:20", "guest"),
        'guests."web.example.com".disks.scsi0.size': ("fleet.yml:4:48", "profile base"),
        'guests."web.example.com".disks.scsi0.ssd': ("fleet.yml:9:32", "guest"),
        'guests."web.example.com".memory': ("fleet.yml:8:13", "guest"),
        "pools.prod.comment": ("fleet.yml:10:25", "pool"),
    }
    assert fleet.origins["guests.web.example.com.memory"].template == "{{ memory }}"
    assert "guests.db" not in fleet.origins


NAMES = st.sampled_from(["a", "web", "db-1", "web.example.com"])
GUESTS = st.fixed_dictionaries(
    {},
    optional={
        "cores": st.integers(1, 8),
        "onboot": st.booleans(),
        "description": st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
        "tags": st.lists(st.sampled_from(["no", "0755", "x"]), max_size=3),
        "disks": st.lists(
            st.fixed_dictionaries({"slot": st.sampled_from(["scsi0", "scsi1"])}, optional={"size": st.integers(1, 9)}),
            max_size=2,
            unique_by=lambda disk: disk["slot"],
        ),
        "config": st.dictionaries(st.sampled_from(["vga", "args"]), st.one_of(st.text(max_size=5), st.integers())),
    },
)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["p", "q"]), GUESTS),
    st.dictionaries(NAMES, st.tuples(GUESTS, st.lists(st.sampled_from(["p", "q"]), unique=True))),
)
def test_a_plain_document_stays_as_it_is(profiles, guests):
    entries = {name: {**own, "profiles": [p for p in names if p in profiles]} for name, (own, names) in guests.items()}

    document = expand_document({"fleet": "shop", "profiles": profiles, "guests": entries}).document

    assert expand_document(document).document == document
    for name, (own, _names) in guests.items():
        assert {key: document["guests"][name][key] for key in own if key != "disks"} == {
            key: value for key, value in own.items() if key != "disks"
        } or "config" in own


@pytest.mark.thorough
def test_ten_thousand_guests_in_a_file_of_ten_megabytes_are_rendered(write):
    entry = "    profiles: [base]\n    description: {}\n    disks: [{{slot: scsi0, size: {}}}]\n"
    guests = "".join(f"  web-{n:05}:\n{entry.format('x' * 900, n % 90 + 1)}" for n in range(10_000))
    head = "fleet: big\nprofiles:\n  base: {cores: 2, disks: [{slot: scsi0, ssd: yes}]}\nguests:\n"
    write({"fleet.yml": head + guests})

    document = render_fleet(Path("fleet.yml")).document

    assert len(document["guests"]) == 10_000
    assert document["guests"]["web-00005"]["disks"] == [{"slot": "scsi0", "ssd": True, "size": 6}]
