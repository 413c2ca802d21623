from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._storage.content import (
    compute_checksum,
    find_storage,
    has_volume,
    normalize_file_name,
)
from ansible_collections.playvisor.proxmox.plugins.modules.pve_storage_content import (
    File,
    Files,
    check_template,
    choose_file_name,
    complete_options,
    read_local_source,
)

ABSENT = File("a.iso", "iso", "local", "pve1")
SUM = "ab" * 32
URL = "https://example.org/a.iso"
OPTIONS = {
    "storage": "local",
    "node": None,
    "content": "iso",
    "state": "present",
    "filename": None,
    "url": None,
    "verify_url_certificates": True,
    "compression": None,
    "src": None,
    "template": None,
    "checksum": None,
    "checksum_algorithm": "sha256",
    "force": False,
}
STORAGE = "/nodes/pve1/storage/local"
DELETE = ("DELETE", f"{STORAGE}/content/local:iso/a.iso", {})


def there(size, source_size, **facts):
    return replace(ABSENT, exists=True, size=size, source_size=source_size, **facts)


def plan(file, **options):
    return Files().plan(file, {**OPTIONS, **options})


def download(**options):
    return ("POST", f"{STORAGE}/download-url", {"content": "iso", "filename": "a.iso", "url": URL, **options})


UPLOAD = (
    "POST",
    f"{STORAGE}/upload",
    {"content": "iso", "checksum-algorithm": "sha256", "checksum": SUM, "filename": "a.iso"},
)
SUMMED = {"checksum": SUM, "checksum-algorithm": "sha256"}


@pytest.mark.parametrize(
    ("file", "options", "requests"),
    [
        (ABSENT, {"url": URL}, [download()]),
        (ABSENT, {"url": URL, "checksum": SUM}, [download(**SUMMED)]),
        (ABSENT, {"url": URL, "compression": "gz"}, [download(compression="gz")]),
        (ABSENT, {"url": URL, "verify_url_certificates": False}, [download(**{"verify-certificates": 0})]),
        (there(5, 5), {"url": URL, "checksum": SUM, "force": True}, []),
        (there(5, None), {"url": URL, "force": True}, []),
        (there(5, 6), {"url": URL, "force": True}, [DELETE, download()]),
        (there(5, 6), {"url": URL, "force": True, "checksum": SUM}, [download(**SUMMED)]),
        (replace(ABSENT, source_size=6, checksum=SUM), {"src": "a.iso"}, [UPLOAD]),
        (there(5, 6, checksum=SUM), {"src": "a.iso", "force": True, "checksum": SUM.upper()}, [UPLOAD]),
        (there(5, 5), {"src": "a.iso"}, []),
        (ABSENT, {"template": "t"}, [("POST", "/nodes/pve1/aplinfo", {"storage": "local", "template": "t"})]),
        (there(5, None), {"template": "t"}, []),
        (ABSENT, {"state": "absent"}, []),
        (there(5, None), {"state": "absent"}, [DELETE]),
    ],
)
def test_a_file_is_brought_or_deleted_by_these_requests(file, options, requests):
    made = plan(file, **options)

    assert [(step.method, step.path, step.params) for step in made.steps] == requests
    assert all(step.task for step in made.steps)


def test_the_parts_of_an_upload_are_in_the_order_that_the_server_reads():
    (step,) = plan(replace(ABSENT, source_size=6, checksum=SUM), src="here/a.iso").steps

    assert list(step.params) == ["content", "checksum-algorithm", "checksum", "filename"]
    assert (step.file, "6 bytes" in step.why) == ("here/a.iso", True)


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        (there(5, 6), {"url": URL}, errors.PROTECTED),
        (there(5, 6), {"src": "a.iso"}, errors.PROTECTED),
        (there(5, None, users=("101 (web)",)), {"state": "absent"}, errors.PROTECTED),
        (replace(ABSENT, source_size=6, checksum=SUM), {"src": "a", "checksum": "cd" * 32}, errors.INVALID_PARAMETER),
    ],
)
def test_what_would_lose_something_or_can_not_come_right_is_refused(file, options, code):
    with pytest.raises(errors.PveError) as caught:
        plan(file, **options)

    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    ("file", "options"),
    [(ABSENT, {"url": URL}), (there(5, 6), {"url": URL, "force": True}), (there(5, None), {"state": "absent"})],
)
def test_the_state_after_needs_nothing_more(file, options):
    after = plan(file, **options).after

    assert plan(replace(file, **after), **options).steps == ()


@pytest.mark.parametrize(("expected", "found", "reached"), [(None, 7, True), (7, 7, True), (7, 3, False)])
def test_a_file_is_reached_with_the_size_that_is_expected_or_any_if_none_is(expected, found, reached):
    made = plan(replace(ABSENT, source_size=expected), url=URL)

    assert Files().is_reached(made, {"exists": True, "size": found}) is reached


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"url": "https://example.org/x/a%20b.iso?x=1"}, "a_b.iso"),
        ({"src": "/images/c.img"}, "c.img"),
        ({"url": URL, "filename": "../../evil.ISO"}, "evil.ISO"),
        ({"content": "vztmpl", "template": "debian_13.1_amd64.tar.zst"}, "debian_13.1_amd64.tar.zst"),
        ({"content": "import", "src": "a+b.qcow2"}, "a_b.qcow2"),
        ({"url": f"{URL}.gz", "compression": "gz"}, "a.iso"),
        ({"url": f"{URL}.gz", "compression": "gz", "filename": "b.iso"}, "b.iso"),
    ],
)
def test_a_file_is_named_after_its_source_as_the_server_would(options, name):
    assert choose_file_name({**OPTIONS, **options}) == name


@pytest.mark.parametrize(("content", "name"), [("iso", "a.txt"), ("iso", ""), ("vztmpl", "a.iso"), ("import", "a.iso")])
def test_a_name_that_does_not_fit_the_content_is_refused(content, name):
    with pytest.raises(errors.PveError) as caught:
        normalize_file_name(content, name)

    assert caught.value.code == errors.INVALID_PARAMETER


def entry(node, storage="local", shared=0, status="available", content="iso,backup"):
    return {"node": node, "storage": storage, "shared": shared, "status": status, "content": content, "type": "storage"}


@pytest.mark.parametrize(
    ("entries", "node", "found"),
    [
        ([entry("pve1")], None, "pve1"),
        ([entry("pve1"), entry("pve2")], "pve2", "pve2"),
        ([entry("pve1", shared=1, status="unknown"), entry("pve2", shared=1)], None, "pve2"),
        ([entry("pve1"), entry("pve2")], None, errors.AMBIGUOUS),
        ([entry("pve1")], "pve2", errors.NOT_FOUND),
        ([entry("pve1", status="unknown")], None, errors.NOT_FOUND),
        ([entry("pve1", content="backup")], None, errors.UNSUPPORTED),
    ],
)
def test_the_node_is_found_where_only_one_can_be_meant(entries, node, found):
    try:
        place = find_storage(entries, "local", node, "iso")["node"]
    except errors.PveError as error:
        place = error.code

    assert place == found


@pytest.mark.parametrize(
    ("config", "used"),
    [
        ({"ide2": "local:iso/a.iso,media=cdrom"}, True),
        ({"ide2": "local:iso/a.iso"}, True),
        ({"ide2": "local:iso/a.iso2"}, False),
        ({"description": "see local:iso/a.iso", "cores": 2}, False),
    ],
)
def test_a_guest_uses_what_is_in_its_drives(config, used):
    assert has_volume(config, "local:iso/a.iso") is used


@pytest.mark.parametrize(("names", "told"), [(["debian-13_1.tar"], "debian-13_1.tar"), ([], "pveam update")])
def test_a_template_that_the_index_lacks_is_told_what_there_is(names, told):
    with pytest.raises(errors.PveError) as caught:
        check_template([{"template": name} for name in names], "debian-13_2.tar")

    assert told in caught.value.hint


@pytest.mark.parametrize(
    ("state", "force", "hashed"),
    [
        ({"exists": False, "size": None}, False, True),
        ({"exists": True, "size": 3}, True, False),
        ({"exists": True, "size": 9}, False, False),
    ],
)
def test_a_local_file_is_hashed_only_to_be_sent(tmp_path, state, force, hashed):
    path = tmp_path / "a.iso"
    path.write_bytes(b"abc")

    facts = read_local_source({**OPTIONS, "src": str(path), "force": force}, state)

    assert facts == {"source_size": 3, "checksum": hashlib.sha256(b"abc").hexdigest() if hashed else None}
    assert compute_checksum(str(path), "md5") == hashlib.md5(b"abc", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("options", "amounts_to"),
    [
        ({"checksum": SUM.upper()}, {"checksum": SUM}),
        ({"checksum": f"SHA256:{SUM}"}, {"checksum": SUM}),
        ({"checksum": "md5:" + "0a" * 16}, {"checksum": "0a" * 16, "checksum_algorithm": "md5"}),
        ({"checksum": ""}, {"checksum": None}),
        ({"template": "a.tar.zst"}, {"content": "vztmpl"}),
        ({"template": "a.tar.zst", "content": "import"}, {"content": "import"}),
    ],
)
def test_options_are_completed(options, amounts_to):
    params = {**OPTIONS, **options}

    assert complete_options(params) == {**params, **amounts_to}


@pytest.mark.parametrize("checksum", ["none", "abc", f"md5:{SUM}", f"crc:{SUM}", "sha256:", f"{SUM} a.iso"])
def test_a_checksum_that_can_not_be_one_is_refused(checksum):
    with pytest.raises(errors.PveError, match="hexadecimal digits"):
        complete_options({**OPTIONS, "checksum": checksum})
