"""Files of a fleet: they say what the document says, by profiles where guests have much in common, and readably."""

from __future__ import annotations

import pytest
from guest_shapes import describe, number_shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_bridge.errors import UsageError
from mcp_bridge.history.observation import Missing
from mcp_bridge.text.plain import is_clean
from playvisor.fleet.adopt.adoption import Adoption, adopt_cluster, leave_out, list_paths, make_fleet_name
from playvisor.fleet.adopt.observed import Observed, make_guest
from playvisor.fleet.adopt.profiles import lift_profiles
from playvisor.fleet.adopt.proof import CLAIMED, NoFixedPoint, find_differences, prove_fixed_point, require_same
from playvisor.fleet.adopt.writing import check_place, render_files, write_files
from playvisor.fleet.render import expand_document, render_fleet

WEB = {
    "type": "qemu",
    "vmid": 101,
    "state": "started",
    "cores": 2,
    "cpu": "host",
    "tags": ["prod", "web"],
    "ostype": "l26",
    "disks": [{"slot": "scsi0", "storage": "fast", "size": 32, "ssd": True}],
    "nics": [{"slot": "net0", "model": "virtio", "bridge": "vmbr0", "mac": "BC:24:11:00:00:01"}],
    "config": {"tablet": 0},
}


def make_guests(number, **more):
    entries = {}
    for index in range(number):
        nic = {**WEB["nics"][0], "mac": f"BC:24:11:00:00:{index:02X}"}
        entries[f"web-{index:02d}"] = {**WEB, "vmid": 101 + index, "nics": [nic], **more}
    return entries


def render(guests, tmp_path, notes=None):
    """The text of the files, which mean what was given."""
    adoption = Adoption({"fleet": "lab", "guests": guests}, notes or {})
    texts = render_files(adoption, tmp_path / "fleet.yml")
    write_files(texts, tmp_path / "fleet.yml")
    require_same(adoption.document, render_fleet(tmp_path / "fleet.yml").document)
    return texts[tmp_path / "fleet.yml"]


def test_what_three_guests_share_is_lifted_into_a_profile(tmp_path):
    profiles, guests = lift_profiles(make_guests(3))
    assert profiles == {
        "linux-vm": {
            "type": "qemu",
            "cores": 2,
            "cpu": "host",
            "tags": ["prod", "web"],
            "ostype": "l26",
            "disks": [{"slot": "scsi0", "storage": "fast", "ssd": True}],
            "nics": [{"slot": "net0", "model": "virtio", "bridge": "vmbr0"}],
            "config": {"tablet": 0},
        }
    }
    assert guests["web-01"] == {
        "profiles": ["linux-vm"],
        "vmid": 102,
        "state": "started",
        "disks": [{"slot": "scsi0", "size": 32}],
        "nics": [{"slot": "net0", "mac": "BC:24:11:00:00:01"}],
    }
    render(make_guests(3), tmp_path)


@pytest.mark.parametrize(
    ("kind", "ostype", "name"),
    [
        ("qemu", "l26", "linux-vm"),
        ("qemu", "win11", "win11-vm"),
        ("qemu", "w2k8", "win2008-vm"),
        ("lxc", "debian", "debian-ct"),
        ("qemu", None, "other-vm"),
    ],
)
def test_profiles_are_called_as_people_call_such_guests(kind, ostype, name):
    system = {"type": kind, **({"ostype": ostype} if ostype else {})}
    guests = {f"web-{number}": {**system, "cores": 2, "memory": 512} for number in range(3)}
    assert list(lift_profiles(guests)[0]) == [name]


def test_two_guests_make_no_profile():
    profiles, guests = lift_profiles(make_guests(2))
    assert profiles == {}
    assert guests == make_guests(2)


def test_one_of_many_keeps_its_own_value(tmp_path):
    guests = make_guests(6)
    guests["web-03"]["cores"] = 8
    profiles, lifted = lift_profiles(guests)
    assert profiles["linux-vm"]["cores"] == 2
    assert lifted["web-03"]["cores"] == 8
    render(guests, tmp_path)


def test_an_option_that_one_has_not_stays_with_the_others(tmp_path):
    guests = make_guests(6)
    del guests["web-03"]["cpu"]
    profiles, lifted = lift_profiles(guests)
    assert "cpu" not in profiles["linux-vm"]
    assert lifted["web-02"]["cpu"] == "host"
    render(guests, tmp_path)


def test_profiles_stack_from_the_system_to_the_tag(tmp_path):
    web, db = make_guests(3), {}
    for name, entry in make_guests(3, tags=["db"], cores=8, pool="data").items():
        db[name.replace("web", "db")] = {**entry, "vmid": entry["vmid"] + 100}
    profiles, guests = lift_profiles({**web, **db})
    assert guests["db-00"]["profiles"] == ["linux-vm", "db"]
    assert profiles["db"] == {"cores": 8, "tags": ["db"], "pool": "data"}
    render({**web, **db}, tmp_path)


def test_every_shape_reads_back_as_it_was_written(tmp_path):
    guests = [make_guest(vmid, describe(shape, vmid), shape.ha) for vmid, shape in number_shapes().items()]
    adoption = adopt_cluster(Observed("lab", {}), guests)
    texts = render_files(adoption, tmp_path)
    write_files(texts, tmp_path)
    require_same(adoption.document, render_fleet(tmp_path).document)
    assert sorted(path.name for path in texts) == ["fleet.yml", "guests.yml"]
    assert all(is_clean(text) for text in texts.values())


LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    LINES
    | st.sampled_from(
        [
            "{{ x }}",
            "{% raw %}{{",
            "{#",
            "}}",
            "1e3",
            "no",
            "~",
            "0755",
            "- a: b",
            "# x",
            "'",
            '"',
            "? a",
            "?",
            ": a",
            "-",
        ]
    )
)
def test_any_text_reads_back(tmp_path_factory, text):
    """A text is no template, number, null or comment, whatever stands in it."""
    folder = tmp_path_factory.mktemp("fleet")
    config = {"args": text, "hookscript": f"a\n{text}"}
    # A device stands on one line.
    nics = [{"slot": "net0", "options": {"a": text, "b": 1}}]
    guests = {"web": {"type": "qemu", "description": text, "searchdomain": [text, "b"], "nics": nics, "config": config}}
    written = render(guests, folder, {("guests", "web"): [f"note {text}"]})
    assert is_clean(written)


def test_a_difference_names_its_path_and_what_leaves_it_out():
    rendered = {"guests": {"web.example.com": {"type": "qemu", "cores": 2}}}
    wanted = {"guests": {"web.example.com": {"type": "qemu", "cores": 3}}}
    with pytest.raises(NoFixedPoint) as raised:
        require_same(wanted, rendered)
    assert 'guests."web.example.com".cores: 3 reads as 2 in the file' in str(raised.value)
    assert "--without 'guests.\"web.example.com\".cores'" in raised.value.hint


DOCUMENT = {
    "guests": {
        "web": {
            "cpu": "host",
            "disks": [
                {"slot": "scsi0", "size": 32, "options": {"quantum": 1}},
                {"slot": "scsi1", "size": 4, "options": {"aio": "x", "serial": 1}},
                {"slot": "scsi2", "size": 4},
            ],
            "config": {"vga": "std"},
            "cloudinit": {"user": "debian"},
        }
    }
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("cpu", ("guests", "web", "cpu")),
        ("vga", ("guests", "web", "config", "vga")),
        ("user", ("guests", "web", "cloudinit", "user")),
        ("scsi0", ("guests", "web", "disks", "scsi0", "options")),
        ("scsi1", ("guests", "web", "disks", "scsi1", "options", "aio")),
        ("scsi2", ("guests", "web", "disks", "scsi2")),
    ],
)
def test_what_no_module_takes_is_found_in_the_document(field, expected):
    failure = {"code": "invalid_parameter", "message": "no", "fields": {field: "aio is unknown"}}
    (difference,) = find_differences(DOCUMENT, [{"path": "guests.web", "failure": failure}])
    assert (difference.path, difference.is_refused) == (expected, True)
    adoption = leave_out(Adoption(DOCUMENT), {difference.path: difference.why})
    paths = list_paths(adoption.document)
    assert expected not in paths
    assert ("guests", "web", "disks", "scsi1", "options", "serial") in paths
    assert "(aio is unknown)" in adoption.notes[("guests", "web")][0]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ({"message": "This can't be: scsi1 has none, which is no volume."}, ("guests", "web", "disks", "scsi1")),
        ({"message": "scsi1 can't hold what is in scsi2."}, ("guests", "web")),
        ({"message": "This can't be.", "fields": {"elsewhere": "no"}}, ("guests", "web")),
        ({"message": "no", "fields": {"ciuser": "it is no name"}}, ("guests", "web", "cloudinit", "user")),
    ],
)
def test_of_a_value_that_no_module_takes_as_little_as_can_be_told_is_left_out(failure, expected):
    (difference,) = find_differences(DOCUMENT, [{"path": "guests.web", "failure": {"code": "unsupported", **failure}}])
    assert (difference.path, difference.is_refused) == (expected, True)


def test_what_a_fleet_can_not_have_is_left_out_of_a_guest_with_dots_in_its_name_too(tmp_path):
    guests = {"web.example.com": {"type": "qemu", "cores": 2, "cpu": "host", "onboot": "maybe"}}
    proven, _texts = prove_fixed_point(Adoption({"fleet": "lab", "guests": guests}), tmp_path, lambda _fleet, _only: [])
    assert proven.guests == {"web.example.com": {"type": "qemu", "cores": 2, "cpu": "host"}}
    assert "not managed: onboot maybe" in proven.notes["guests", "web.example.com"][0]


def test_what_was_left_out_altogether_is_not_asked_for_again(tmp_path):
    asked = []

    def report(_fleet, only):
        asked.append(list(only))
        failure = {"code": CLAIMED, "message": "it belongs to fleet shop"}
        return [] if only else [{"path": f"guests.{name}", "failure": failure} for name in ("web-01", "web-02")]

    guests = {name: {"type": "qemu"} for name in ("web-01", "web-02")}
    adoption, _texts = prove_fixed_point(Adoption({"fleet": "lab", "guests": guests}), tmp_path, report)

    assert (dict(adoption.guests), asked) == ({}, [[]])


def test_an_element_that_a_fleet_can_not_have_is_left_out_with_its_list(tmp_path):
    guests = {"web": {"type": "qemu", "tags": ["prod", "a:b"], "depends_on": ["db"]}, "db": {"type": "qemu"}}
    guests["under_score"] = {"type": "qemu"}
    proven, _texts = prove_fixed_point(Adoption({"fleet": "lab", "guests": guests}), tmp_path, lambda _fleet, _only: [])
    assert proven.guests == {"web": {"type": "qemu", "depends_on": ["db"]}, "db": {"type": "qemu"}}


def test_what_belongs_to_another_fleet_is_left_to_it():
    failure = {"code": CLAIMED, "message": "it belongs to fleet shop"}
    (difference,) = find_differences(DOCUMENT, [{"path": "guests.web", "failure": failure}])
    assert (difference.path, difference.is_refused) == (("guests", "web"), True)
    adoption = leave_out(Adoption(DOCUMENT), {difference.path: difference.why})
    assert adoption.guests == {}
    assert adoption.notes == {("guests",): ["not managed: web (it belongs to fleet shop)"]}


def test_changes_and_other_failures_are_no_refused_values():
    objects = [
        {"path": "guests.web", "changed": True, "changes": [{"path": "guests.web.cpu", "before": "host", "after": 1}]},
        {"path": "guests.db", "failure": {"code": "not_found", "message": "There is no guest db."}},
        {"path": "guests.ok", "changed": False, "changes": []},
    ]
    first, second = find_differences(DOCUMENT, objects)
    assert (first.path, first.why, first.is_refused) == (("guests", "web", "cpu"), "'host' would become 1", False)
    assert (second.path, second.is_refused) == (("guests", "db"), False)


def test_secrets_that_were_masked_are_left_out():
    config = {"name": "web", "args": "-fw_cfg name=opt/x,string=token=**********", "memory": "512"}
    guest = make_guest(101, {"overview": {"type": "qemu", "status": "stopped"}, "config": config}, {})
    adoption = adopt_cluster(Observed("lab", {}), [guest])
    assert "args" not in str(adoption.document)
    assert adoption.notes[("guests", "web")] == ["not managed: config.args (it holds a secret, which is not read)"]


def test_paths_are_left_out_by_patterns():
    guest = make_guest(101, {"config": {"name": "web.example.com", "memory": "512", "onboot": 1}}, {})
    adoption = adopt_cluster(Observed("lab", {}), [guest], without=["guests.*.onboot"])
    assert "onboot" not in adoption.guests["web.example.com"]
    assert adoption.guests["web.example.com"]["memory"] == 512


def test_guests_without_a_name_of_their_own_are_left_out_and_said():
    configs = {101: {"memory": "512"}, 102: {"name": "Twin"}, 103: {"name": "twin"}, 104: {"name": "one"}}
    guests = [make_guest(vmid, {"config": config}, {}) for vmid, config in configs.items()]
    documents = {"guest": {"105": {"overview": {"name": "far"}}}}
    missing = (Missing("guest", "105", "pve2", "node pve2 is offline"), Missing("acl", None, None, "it is forbidden"))
    adoption = adopt_cluster(Observed("lab", documents, missing), guests)
    assert list(adoption.guests) == ["one"]
    assert [sentence.split(" has ")[0] for sentence in adoption.left_out] == [
        "each acl could not be read: it is forbidden",
        "guest 105 (far) could not be read: node pve2 is offline",
        "guest 101",
        "guest 102 (Twin)",
        "guest 103 (twin)",
    ]
    chosen = adopt_cluster(Observed("lab", documents, missing), [], chosen=[104])
    assert chosen.left_out == ("each acl could not be read: it is forbidden",)


def test_secrets_that_there_may_be_are_said():
    config = {"name": "web", "ciuser": "debian", "ide2": "local-lvm:vm-101-cloudinit,media=cdrom"}
    documents = {
        "storage": {"nas": {"config": {"type": "cifs", "server": "192.0.2.9", "username": "backup"}}},
        "user": {"zoe@pve": {"config": {}}, "ann@ldap": {"config": {}}},
    }
    guest = make_guest(101, {"overview": {"type": "qemu"}, "config": config}, {})
    said = "passwords and other secrets of cloud-init, storages, users, which can't be read, and stay as they are"
    assert adopt_cluster(Observed("lab", documents), [guest]).left_out == (said,)
    assert adopt_cluster(Observed("lab", documents), [], parts=["pools"]).left_out == ()


def test_a_path_that_names_nothing_is_said_and_a_name_stays():
    guest = make_guest(101, {"config": {"name": "web", "memory": "512"}}, {})
    adoption = adopt_cluster(Observed("lab", {}), [guest], without=["guests.web-99.memory", "cluster", "fleet"])
    assert [sentence.split(",")[0] for sentence in adoption.left_out] == [
        "nothing is called guests.web-99.memory",
        "nothing is called fleet",
    ]
    assert adoption.document["fleet"] == "lab"
    assert "cluster" not in adoption.document


def test_blank_lines_part_sections_and_entries_and_are_part_of_no_text(tmp_path):
    guests = {name: {"type": "qemu", "description": "two\nlines\n\n"} for name in ("a", "b")}
    adoption = Adoption({"fleet": "lab", "guests": guests, "pools": {"x": {}, "y": {}}}, {("guests", "b"): ["a note"]})
    texts = render_files(adoption, tmp_path / "fleet.yml")
    write_files(texts, tmp_path / "fleet.yml")
    require_same(adoption.document, render_fleet(tmp_path / "fleet.yml").document)
    assert [line[:7] for line in texts[tmp_path / "fleet.yml"].splitlines()[1:]] == [
        *("fleet: ", "", "guests:", "  a:", "    typ", "    des", "", "  # a n", "  b:", "    typ", "    des"),
        *("", "pools:", "  x: {}", "  y: {}"),
    ]


def test_files_of_an_earlier_import_do_not_stay_beside_the_new_ones(tmp_path):
    folder = tmp_path / "lab"
    both = Adoption({"fleet": "lab", "guests": {"web": {"type": "qemu"}}, "pools": {"shop": {}}})
    write_files(render_files(both, folder), folder)
    (folder / "values.json").write_text("{}")
    fewer = Adoption({"fleet": "lab", "guests": {"web": {"type": "qemu"}}})
    write_files(render_files(fewer, folder), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["fleet.yml", "guests.yml", "values.json"]
    write_files(render_files(fewer, tmp_path / "lab" / "one.yml"), folder / "one.yml")
    assert sorted(path.name for path in folder.iterdir()) == ["fleet.yml", "guests.yml", "one.yml", "values.json"]


@pytest.mark.parametrize(
    ("cluster", "name"), [("Lab 1", "lab-1"), ("1st", "fleet-1st"), ("", "fleet"), ("ü", "fleet"), ("a" * 80, "a" * 63)]
)
def test_the_cluster_gives_the_fleet_its_name(cluster, name):
    assert make_fleet_name(cluster) == name


def test_nothing_is_overwritten_unless_it_is_forced(tmp_path):
    file = tmp_path / "fleet.yml"
    check_place(file, force=False)
    check_place(tmp_path / "new", force=False)
    file.write_text("fleet: mine\n")
    for place in (file, tmp_path):
        with pytest.raises(UsageError, match="is there already"):
            check_place(place, force=False)
        check_place(place, force=True)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.yaml").write_text("guests: {}\n")
    with pytest.raises(UsageError, match=r"other\.yaml"):
        check_place(tmp_path, force=True)
    with pytest.raises(UsageError, match="can't be written"):
        check_place(tmp_path / "nowhere" / "fleet.yml", force=True)


def test_a_place_that_can_not_be_written_is_a_mistake_and_no_bug(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "fleet.yml").mkdir()
    with pytest.raises(UsageError, match="is no folder"):
        check_place(tmp_path / "file" / "lab", force=True)
    for place in (tmp_path / "file" / "lab.yml", tmp_path / "fleet.yml"):
        with pytest.raises(UsageError, match="can't be written: "):
            write_files({place: "fleet: lab\n"}, place)


def test_guests_that_share_a_uuid_are_known_by_id_and_name():
    """A configuration file that was copied by hand has the UUID of the other one."""
    configs = {
        101: {"name": "one", "smbios1": "uuid=AAAA"},
        102: {"name": "two", "smbios1": "uuid=aaaa,serial=MQ=="},
        103: {"name": "three", "smbios1": "uuid=bbbb"},
    }
    adoption = adopt_cluster(
        Observed("lab", {}), [make_guest(key, {"config": one}, {}) for key, one in configs.items()]
    )
    assert {name: entry.get("uuid") for name, entry in adoption.guests.items()} == {
        "one": None,
        "two": None,
        "three": "bbbb",
    }
    assert adoption.notes["guests", "one"][-1] == "another guest has its UUID, aaaa, too"


def test_a_guest_that_no_fleet_can_have_is_named():
    guest = make_guest(101, {"config": {"name": "under_score", "memory": "512"}}, {})
    adoption = leave_out(adopt_cluster(Observed("lab", {}), [guest]), {("guests", "under_score"): "it is no name"})
    assert adoption.guests == {}
    assert adoption.notes["guests",] == ["not managed: under_score (it is no name)"]


def test_rules_of_ha_name_guests_by_id_where_a_name_is_not_unique():
    documents = {
        "guest": {
            "101": {"overview": {"name": "web", "type": "qemu"}},
            "102": {"overview": {"name": "web", "type": "qemu"}},
            "103": {"overview": {"name": "db", "type": "lxc"}},
        },
        "ha_rule": {
            "apart": {"config": {"affinity": "negative", "resources": ["vm:101", "ct:103"]}},
            "near": {"config": {"nodes": ["pve1"], "strict": 1, "resources": ["ct:103"]}},
            "empty": {"config": {"affinity": "positive"}},
        },
    }
    adoption = adopt_cluster(Observed("lab", documents), [], parts=["ha_rules"])
    assert adoption.document["ha_rules"] == {
        "apart": {"affinity": "negative", "guests": {"vmids": [101, 103]}},
        "empty": {"affinity": "positive"},
        "near": {"nodes": ["pve1"], "strict": True, "guests": {"names": ["db"]}},
    }


def test_a_backup_job_is_read_as_its_module_does_and_says_once_what_that_has_no_option_for():
    config = {
        "id": "nightly",
        "schedule": "02:30",
        "notes-template": "C:\\\\new\\nline",
        "zstd": 4,
        "ionice": 7,
        "exclude-path": ["/tmp", "/a b"],
    }
    documents = {"backup_job": {"nightly": {"config": config}}}
    adoption = adopt_cluster(Observed("lab", documents), [], parts=["backup_jobs"])
    assert adoption.document["backup_jobs"]["nightly"] == {"schedule": "02:30", "notes": "C:\\new\nline"}
    why = "which pve_backup_job has no options for, and stay as they are"
    assert adoption.notes["backup_jobs",] == [f"nightly has zstd=4 ionice=7 exclude-path=/tmp,/a b, {why}"]


ENTRIES = st.fixed_dictionaries(
    {"type": st.just("qemu"), "state": st.sampled_from(["started", "template"])},
    optional={
        "ostype": st.sampled_from(["l26", "win11"]),
        "cores": st.integers(1, 2),
        "cpu": st.sampled_from(["host", "kvm64"]),
        "tags": st.lists(st.sampled_from(["web", "db", "prod"]), unique=True),
        "onboot": st.booleans(),
        "pool": st.just("shop"),
        "disks": st.lists(
            st.fixed_dictionaries(
                {"slot": st.sampled_from(["scsi0", "scsi1"]), "storage": st.sampled_from(["a", "b"])},
                optional={"ssd": st.booleans(), "options": st.dictionaries(st.sampled_from(["aio", "ro"]), st.just(1))},
            ),
            unique_by=lambda disk: disk["slot"],
            min_size=1,
        ),
        "config": st.dictionaries(st.sampled_from(["vga", "tablet"]), st.integers(0, 1), min_size=1),
        "ha": st.fixed_dictionaries({}, optional={"max_restart": st.integers(0, 1), "comment": st.just("x")}),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ENTRIES, min_size=3, max_size=9))
def test_profiles_and_what_is_left_mean_what_was_given(entries):
    guests = {f"{'web' if number % 2 else 'db'}-{number}": entry for number, entry in enumerate(entries)}
    profiles, left = lift_profiles(guests)
    expanded = expand_document({"fleet": "lab", "profiles": profiles, "guests": left}).document
    plain = expand_document({"fleet": "lab", "guests": guests}).document
    require_same(plain, expanded)
    for profile, options in profiles.items():
        assert sum(profile in entry.get("profiles", ()) for entry in left.values()) >= 3
        assert len(options) >= 1
