"""Uploads are judged by what comes before the file, and nothing may come after it."""

from __future__ import annotations

import asyncio

import pytest

from mcp_bridge.gateway.uploads import Upload

TYPE = "multipart/form-data; boundary=xyz"


def part(name, value, file=None):
    named = f'; filename="{file}"' if file else ""
    return f'--xyz\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{value}\r\n'.encode()


END = b"--xyz--\r\n"
GOOD = part("content", "iso") + part("filename", "data" * 100, "a.iso") + END


async def passed(body, size):
    async def chunks():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    upload = Upload(TYPE, chunks())
    await upload.read_head()
    return upload.params, b"".join([chunk async for chunk in upload.read_all()])


@pytest.mark.parametrize("size", [1, 7, 64, 100000])
def test_the_body_passes_byte_for_byte_however_it_arrives(size):
    parameters, body = asyncio.run(passed(GOOD, size))

    assert parameters == {"content": ("iso",), "filename": ("a.iso",)}
    assert body == GOOD


@pytest.mark.parametrize("size", [1, 64, 100000])
def test_something_after_the_file_does_not_pass(size):
    with pytest.raises(ValueError, match="follows the file"):
        asyncio.run(passed(GOOD.removesuffix(END) + part("content", "vztmpl") + END, size))


@pytest.mark.parametrize("body", [b"nonsense", part("content", "iso" * 50000) + END])
def test_what_can_not_be_judged_does_not_pass(body):
    with pytest.raises(ValueError, match=r"boundary|too much"):
        asyncio.run(passed(body, 1000))
