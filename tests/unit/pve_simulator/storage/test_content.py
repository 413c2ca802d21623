"""Files on storages: names, listings, downloads, and who sees them."""

from __future__ import annotations

import pytest

from pve_simulator.errors import ApiError
from pve_simulator.requests.auth import Subject
from pve_simulator.state.access import AclEntry, User
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.state.web import Web, WebFile
from pve_simulator.storage import wget
from pve_simulator.storage.access import may_access_volume
from pve_simulator.storage.content import build_volume_page, file_format, list_volumes
from pve_simulator.storage.uploads import check_image, find_destination, image_format_of, normalize_name

DIRECTORY = {"type": "dir", "path": "/var/lib/vz", "content": "images,rootdir,iso,vztmpl,backup,snippets,import"}
VOLUMES = (
    Volume("local:101/vm-101-disk-0.qcow2", "images", "qcow2", 1000, 500, 101, 5),
    Volume("local:200/vm-200-disk-0.raw", "images", "raw", 1000, 500, 200, 5),
    Volume("local:iso/a.iso", "iso", "iso", 62774, ctime=5),
    Volume(
        "local:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst",
        "backup",
        "vma.zst",
        35919,
        vmid=101,
        ctime=5,
        protected=True,
        notes="one\ntwo",
    ),
    Volume("local:snippets/user.yml", "snippets", "snippet", 10),
)


def storage() -> Storage:
    return Storage("local", dict(DIRECTORY), volumes={"pve1": {volume.volid: volume for volume in VOLUMES}})


def cluster() -> Cluster:
    guests = {101: Guest(101, "qemu", "pve1"), 200: Guest(200, "lxc", "pve1")}
    return Cluster(guests=guests, storages={"local": storage()})


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("plain name.iso", "plain_name.iso"),
        ("../evil.iso", "evil.iso"),
        ("C:\\images\\w.iso", "w.iso"),
        ("ä&b.iso", "__b.iso"),
        ("a-b_c.1.iso\n", "a-b_c.1.iso"),
    ],
)
def test_file_names_lose_folders_and_odd_characters(given, normal):
    assert normalize_name(given) == normal


@pytest.mark.parametrize(
    ("content", "name", "path", "form"),
    [
        ("iso", "a.iso", "/var/lib/vz/template/iso/a.iso", "iso"),
        ("iso", "a.IMG", "/var/lib/vz/template/iso/a.IMG", "iso"),
        ("vztmpl", "d.tar.zst", "/var/lib/vz/template/cache/d.tar.zst", "tzst"),
        ("import", "c.qcow2", "/var/lib/vz/import/c.qcow2", "qcow2"),
    ],
)
def test_each_kind_of_file_has_its_place(content, name, path, form):
    found = find_destination(storage(), content, name)

    assert (found.volid, found.path, found.format) == (f"local:{content}/{name}", path, form)


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        ("iso", "a.txt", "wrong file extension"),
        ("vztmpl", "a.zip", "wrong file extension"),
        ("import", "a.iso", "invalid filename or wrong extension"),
    ],
)
def test_a_file_name_must_fit_its_content(content, name, text):
    with pytest.raises(ApiError) as caught:
        find_destination(storage(), content, name)

    assert caught.value.errors == {"filename": text}


@pytest.mark.parametrize(
    ("content", "name", "form"),
    [
        ("backup", "vzdump-lxc-1-2026_01_01-00_00_00.tar.zst", "tar.zst"),
        ("backup", "x.tgz", "tgz"),
        ("vztmpl", "x.tar", "tar"),
        ("snippets", "x.yml", "snippet"),
    ],
)
def test_the_format_of_a_file_is_in_its_name(content, name, form):
    assert file_format(content, name) == form


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (
            {},
            [
                "vm-101-disk-0.qcow2",
                "vm-200-disk-0.raw",
                "vzdump-qemu-101-2026_11_21-00_23_53.vma.zst",
                "a.iso",
                "user.yml",
            ],
        ),
        ({"content": "images"}, ["vm-101-disk-0.qcow2"]),
        ({"content": "rootdir"}, ["vm-200-disk-0.raw"]),
        ({"vmid": 101}, ["vm-101-disk-0.qcow2", "vzdump-qemu-101-2026_11_21-00_23_53.vma.zst"]),
        ({"content": "backup", "vmid": 200}, []),
    ],
)
def test_content_by_type_and_owner(options, names):
    found = list_volumes(cluster(), storage(), "pve1", **options)

    assert [volume.volid.rpartition("/")[2] for volume, entry in found] == names


def test_a_storage_shows_only_what_it_is_meant_for():
    narrow = storage()
    narrow.config["content"] = "iso"

    assert [entry["content"] for volume, entry in list_volumes(cluster(), narrow, "pve1")] == ["iso"]


def test_a_backup_in_the_list_has_the_first_line_of_its_notes():
    ((volume, entry),) = list_volumes(cluster(), storage(), "pve1", content="backup")

    assert (entry["notes"], entry["protected"], entry["subtype"]) == ("one", 1, "qemu")
    assert build_volume_page(storage(), volume)["notes"] == "one\ntwo"


def test_a_files_page_counts_in_sectors_and_blocks():
    page = build_volume_page(storage(), VOLUMES[2])

    assert page == {"path": "/var/lib/vz/template/iso/a.iso", "size": 62976, "used": 65536, "format": "raw"}


@pytest.mark.parametrize(
    ("role", "path", "visible"),
    [
        ("PVEDatastoreUser", "/storage/local", {"local:iso/a.iso"}),
        ("PVEDatastoreAdmin", "/storage/local", {volume.volid for volume in VOLUMES}),
        ("PVEVMAdmin", "/vms/101", set()),
    ],
)
def test_who_sees_which_volume(role, path, visible):
    lab = cluster()
    lab.access.users["ann@pve"] = User()
    lab.access.acl.append(AclEntry(path, "user", "ann@pve", role))
    ann = Subject(lab, "ann@pve")

    assert {volume.volid for volume in VOLUMES if may_access_volume(ann, lab, volume.volid)} == visible


def test_an_image_must_be_what_its_name_says():
    assert image_format_of(b"QFI\xfb\0\0") == "qcow2"
    check_image("/x", "raw", None)
    with pytest.raises(ApiError, match="Could not open '/x': Image is not in qcow2 format"):
        check_image("/x", "qcow2", None)


@pytest.mark.parametrize(
    ("web", "lines", "error"),
    [
        (
            WebFile(status=404, reason="File not found"),
            [
                "HTTP request sent, awaiting response... 404 File not found",
                "2026-11-21 00:24:29 ERROR 404: File not found.",
            ],
            "download failed: exit code 8",
        ),
        (
            WebFile(status=0, reason="Connection refused"),
            [],
            "download failed: Connecting to 127.0.0.1:8099... failed: Connection refused.",
        ),
        (
            WebFile(status=0, reason="Name or service not known"),
            ["Resolving 127.0.0.1 (127.0.0.1)... failed: Name or service not known."],
            "download failed: wget: unable to resolve host address '127.0.0.1'",
        ),
    ],
)
def test_what_a_failed_download_says(web, lines, error):
    url, now = "http://127.0.0.1:8099/a.iso", 1795220669
    said = wget.connection_lines(url, web, now)
    last, text = wget.describe_failure(url, web, now)

    assert [*said, *last][-len(lines) or None :][: len(lines)] == lines
    assert text == error


def test_a_transfer_tells_its_length_for_people_too():
    lines = wget.transfer_lines(WebFile(300000, "application/x-iso9660-image"), "/x", 0, 1)

    assert lines[:2] == ["Length: 300000 (293K) [application/x-iso9660-image]", "Saving to: '/x'"]


def test_unknown_urls_answer_the_same_file_every_time():
    web = Web({"http://a/x": WebFile(status=404, reason="Not Found")})

    assert web.fetch("http://a/x").status == 404
    assert web.fetch("http://a/y.iso") == web.fetch("http://a/y.iso")
