from __future__ import annotations

import re

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.multipart import FileForm


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "some.iso"
    path.write_bytes(b"\x00\xff" * 700_000)
    return path


def form_of(file, filename="a.iso", **fields):
    return FileForm(fields, "filename", filename, str(file))


def test_a_form_has_its_fields_in_order_and_the_file_last(file):
    body = b"".join(form_of(file, content="iso", checksum="ab"))

    assert re.findall(rb' name="([a-z]+)"', body) == [b"content", b"checksum", b"filename"]
    assert body.count(file.read_bytes()) == 1


def test_the_length_is_what_is_sent(file):
    form = form_of(file, content="iso")

    assert len(form) == sum(map(len, form))


def test_no_more_than_a_block_is_in_memory_at_once(file):
    assert max(map(len, form_of(file))) <= 1024 * 1024 < file.stat().st_size


@pytest.mark.parametrize("by", [b"", b"longer" * 300_000])
def test_a_file_that_changes_meanwhile_ends_the_form(file, by):
    form = form_of(file)
    file.write_bytes(by)

    with pytest.raises(ValueError, match="changed its size"):
        b"".join(form)


def test_a_file_name_can_not_end_its_own_field(file):
    body = b"".join(form_of(file, 'a"\r\nX: y.iso'))

    assert b'filename="a___X: y.iso"\r\n' in body
