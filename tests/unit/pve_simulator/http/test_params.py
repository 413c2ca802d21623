"""Parameters as clients send them."""

from __future__ import annotations

import pytest

from pve_simulator.http.message import Request
from pve_simulator.http.params import BadRequest, check_method, read_params

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("request_", "values"),
    [
        (Request("GET", "/x", "a=1&b=%20"), {"a": "1", "b": " "}),
        (Request("POST", "/x", "a=1", FORM, b"b=2"), {"a": "1", "b": "2"}),
        (Request("PUT", "/x", "a=1", FORM, b"a=2"), {"a": "2"}),
        (Request("POST", "/x", "", FORM, b"a=1&a=2&a=3"), {"a": ["1", "2", "3"]}),
        (
            Request("POST", "/x", "", JSON, b'{"a": true, "b": 2, "c": ["x"], "d": null}'),
            {"a": "1", "b": "2", "c": ["x"]},
        ),
        (Request("POST", "/x", "", {}, b"a="), {"a": ""}),
    ],
)
def test_query_and_body_become_one_mapping(request_, values):
    assert read_params(request_).values == values


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (Request("DELETE", "/x", "", FORM, b"purge=1"), 501, "Unexpected content for method 'DELETE'"),
        (
            Request("POST", "/x", "", {"content-type": "text/plain"}, b"a"),
            506,
            "upload 'Content-Type 'text/plain' not implemented",
        ),
        (
            Request("POST", "/x", "", JSON, b"{bad json"),
            500,
            '\'"\' expected, at character offset 1 (before "bad json")'
            " at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.",
        ),
    ],
)
def test_bodies_that_the_server_cannot_read_are_refused_without_json(request_, status, reason):
    with pytest.raises(BadRequest) as caught:
        read_params(request_)

    assert (caught.value.response.status, caught.value.response.reason) == (status, reason)


def test_an_unknown_method_has_an_empty_answer():
    with pytest.raises(BadRequest) as caught:
        check_method(Request("PATCH", "/x"))

    assert caught.value.response.reason == "method 'PATCH' not available"
    assert caught.value.response.body == b""


def test_an_upload_carries_its_file_beside_the_fields():
    body = (
        b'--xx\r\nContent-Disposition: form-data; name="content"\r\n\r\niso\r\n'
        b'--xx\r\nContent-Disposition: form-data; name="filename"; filename="a.iso"\r\n\r\n\x00\x01\r\n--xx--\r\n'
    )

    params = read_params(Request("POST", "/x", "", {"content-type": "multipart/form-data; boundary=xx"}, body))

    assert params.values == {"content": "iso", "filename": "a.iso"}
    assert params.upload is not None
    assert params.upload.content == b"\x00\x01"


@pytest.mark.parametrize(
    "body",
    [
        b'--xx\r\nContent-Disposition: form-data; name="filename"; filename="a.iso"\r\n\r\n\r\n'
        b'--xx\r\nContent-Disposition: form-data; name="content"\r\n\r\niso\r\n--xx--\r\n',
        b'--xx\r\nContent-Disposition: form-data; name="else"\r\n\r\n1\r\n--xx--\r\n',
        b"--xx\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xx--\r\n",
        b"--xx\r\nno header\r\n\r\n1\r\n--xx--\r\n",
    ],
    ids=["a field after the file", "an unknown field", "a part without a name", "no header"],
)
def test_a_form_that_the_server_does_not_read_is_a_bad_request(body):
    with pytest.raises(BadRequest) as caught:
        read_params(Request("POST", "/x", "", {"content-type": "multipart/form-data; boundary=xx"}, body))

    assert (caught.value.response.status, caught.value.response.reason) == (400, "Bad Request")


def test_a_form_may_have_a_preamble_and_names_in_utf8():
    body = (
        "preamble\r\n--xx\r\nContent-Type: text/plain\r\n"
        'Content-Disposition: form-data; name="filename"; filename="ä.iso"\r\n\r\n--x\r\n--xx--\r\n'
    ).encode()

    params = read_params(Request("POST", "/x", "", {"content-type": 'multipart/form-data; boundary="xx"'}, body))

    assert params.values == {"filename": "ä.iso"}
    assert params.upload is not None
    assert params.upload.content == b"--x"
