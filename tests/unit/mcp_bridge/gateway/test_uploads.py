"""Uploads are judged by what comes before the file, which is written anew, and nothing may come after it."""

from __future__ import annotations

import asyncio

import pytest

from mcp_bridge.gateway.uploads import Upload

TYPE = "multipart/form-data; boundary=xyz"


def part(name, value, file=None, kind=""):
    named = f'; filename="{file}"' if file else ""
    return f'--xyz\r\nContent-Disposition: form-data; name="{name}"{named}{kind}\r\n\r\n{value}\r\n'.encode()


END = b"--xyz--\r\n"
BINARY = "\r\nContent-Type: application/octet-stream"
GOOD = part("content", "iso") + part("filename", "data" * 100, "a.iso", BINARY) + END


async def passed(body, size):
    async def chunks():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    upload = Upload(TYPE, chunks())
    await upload.read_head()
    headers = upload.make_headers(str(len(body)))
    sent = b"".join([chunk async for chunk in upload.read_all()])
    assert headers == {"content-type": TYPE, "content-length": str(len(sent))}
    return upload.params, sent


@pytest.mark.parametrize("size", [1, 7, 64, 100000])
def test_the_body_passes_byte_for_byte_however_it_arrives(size):
    parameters, body = asyncio.run(passed(GOOD, size))

    assert parameters == {"content": ("iso",), "filename": ("a.iso",)}
    assert body == GOOD


@pytest.mark.parametrize(
    "written",
    [
        b"a preamble\r\n" + GOOD,
        part("content", "iso", kind=BINARY) + part("filename", "data" * 100, "a.iso", BINARY) + END,
        part("content", "iso", kind="; name*=utf-8''other") + part("filename", "data" * 100, "a.iso", BINARY) + END,
        GOOD.replace(b"Content-Disposition", b"content-disposition").replace(b'"content"', b"content"),
        GOOD.replace(b"octet-stream", b"octet-stream\r\nX-Filename: b.iso"),
    ],
    ids=["preamble", "type of a parameter", "another name", "other letters", "another header"],
)
def test_the_head_is_sent_as_it_was_judged_however_it_is_written(written):
    try:
        parameters, body = asyncio.run(passed(written, 50))
    except ValueError:
        return
    assert parameters == {"content": ("iso",), "filename": ("a.iso",)}
    assert body == GOOD


@pytest.mark.parametrize("size", [1, 64, 100000])
def test_something_after_the_file_does_not_pass(size):
    with pytest.raises(ValueError, match="follows the file"):
        asyncio.run(passed(GOOD.removesuffix(END) + part("content", "vztmpl") + END, size))


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        part("content", "iso" * 50000) + END,
        part("content", "iso") + END,
        part("content", "iso"),
        part("content", "--xyz") + GOOD,
        part('a"b', "iso") + GOOD,
        part("filename", "iso") + GOOD,
        part("content", "iso") + part("filename", "data", "a\\") + END,
    ],
    ids=["nonsense", "too much", "no file", "no end", "boundary", "quote", "twice", "backslash"],
)
def test_what_can_not_be_judged_does_not_pass(body):
    with pytest.raises(ValueError, match=r"boundary|too much|without"):
        asyncio.run(passed(body, 1000))
