"""What a run sends is read in one way, and sent in that way, however it was written."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.request import ROOT, ApiRequest, parse_api_path, parse_params

GUEST = "/api2/json/nodes/pve1/qemu/101"


@pytest.mark.parametrize(
    ("sent", "target"),
    [
        (f"{GUEST}/config", f"{GUEST}/config"),
        (f"{GUEST}/config/", f"{GUEST}/config"),
        ("/api2/json/nodes/%70ve1/qemu/%31%30%31", GUEST),
        ("/api2/json/access/users/ops%40pve", "/api2/json/access/users/ops@pve"),
        ("/api2/json/storage/a;b", "/api2/json/storage/a%3Bb"),
        ("/api2/json/storage/a%3bb", "/api2/json/storage/a%3Bb"),
        ("/api2/json/pools/caf%c3%a9", "/api2/json/pools/caf%C3%A9"),
        (
            "/api2/json/nodes/pve1/storage/local/content/local%3aiso%2fa.iso",
            "/api2/json/nodes/pve1/storage/local/content/local:iso%2Fa.iso",
        ),
        ("/api2/json/storage/a%3Fb%23c", "/api2/json/storage/a%3Fb%23c"),
        ("/api2/json/storage/a%20b+c", "/api2/json/storage/a%20b+c"),
        ("/api2/json/storage/~a$b'(c)*", "/api2/json/storage/~a%24b%27%28c%29%2A"),
    ],
)
def test_a_path_is_sent_in_its_one_encoding(sent, target):
    assert ApiRequest("GET", parse_api_path(sent)).target == target


@pytest.mark.parametrize(
    "sent",
    [
        *("/", "/api2/json", "/api2/json/", "/api2/extjs/version", "/api2/json//version", "//api2/json/version"),
        *("/API2/json/version", "/api2/%6Ason/version", "/api2/json/../extjs/version", "version", ""),
        *(f"{GUEST}/../102", f"{GUEST}/%2e%2e/102", f"{GUEST}/%2E./102", f"{GUEST}/.%2e/102", f"{GUEST}/./config"),
        *(f"{GUEST}/%2e/config", f"{GUEST}//config", f"{GUEST}/config//", f"{GUEST}/%2F", f"{GUEST}/%2fconfig"),
        *(
            f"{GUEST}/..%2f102",
            f"{GUEST}/a%2F..%2F..%2F102",
            f"{GUEST}/a%2f%2fb",
            f"{GUEST}/a%2F",
            f"{GUEST}/a%2F.%2Fb",
        ),
        *(f"{GUEST}/%252e%252e/102", f"{GUEST}/%252F102", f"{GUEST}/a%2541", f"{GUEST}/%25%32%65"),
        *(
            f"{GUEST}/..%5c102",
            f"{GUEST}/a\\b",
            f"{GUEST}/%00",
            f"{GUEST}/a%0d%0ab",
            f"{GUEST}/a%7f",
            f"{GUEST}/%c2%85",
        ),
        *(f"{GUEST}/%e2%80%ae", f"{GUEST}/%e2%80%a8", f"{GUEST}/%ff", f"{GUEST}/%c0%ae%c0%ae", f"{GUEST}/%ed%a0%80"),
    ],
)
def test_a_path_that_could_lead_elsewhere_is_none(sent):
    with pytest.raises(ValueError, match="not a path of the API"):
        parse_api_path(sent)


def test_a_separator_in_a_segment_does_not_fill_a_place_of_a_pattern():
    grant = Grant(requests=["POST /nodes/{node}/qemu/{vmid}/vncproxy"])

    assert grant.claim(ApiRequest("POST", parse_api_path(f"{GUEST}/vncproxy")))
    odd = parse_api_path("/api2/json/nodes/pve1%2Fqemu%2F101%2Fstatus/qemu/102/vncproxy")
    assert grant.claim(ApiRequest("POST", odd)) is None


@given(st.text(alphabet=st.sampled_from("/.%2eEfF5cC;ab1:@?#é \\"), max_size=24) | st.text(max_size=12))
def test_what_is_sent_is_what_was_judged(tail):
    try:
        path = parse_api_path(ROOT + tail)
    except ValueError:
        return
    target = ApiRequest("POST", path).target

    assert parse_api_path(target) == path
    assert ApiRequest("POST", parse_api_path(target)).target == target
    assert target.isascii()
    # Decoded once, as Proxmox VE does before it splits it, it leads where it was judged to lead.
    decoded = unquote(target.removeprefix(ROOT), errors="strict")
    assert decoded == "/".join(path)
    assert unquote(decoded) == decoded
    assert not {"", ".", ".."} & set(decoded.split("/"))


@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1, max_size=3).map(tuple), max_size=4))
def test_parameters_are_sent_as_they_were_judged(params):
    target = ApiRequest("DELETE", ("version",), params).target

    assert parse_params(target.partition("?")[2]) == params
    assert ";" not in target


@pytest.mark.parametrize("form", ["a", "a=1&&b=2", "a=1&b", "=%ff", "&".join(["a=1"] * 1001)])
def test_what_is_no_form_or_endless_is_not_judged(form):
    with pytest.raises(ValueError, match="not a form"):
        parse_params(form)


def test_a_semicolon_separates_nothing():
    assert parse_params("a=1;b=2") == {"a": ("1;b=2",)}
    assert ApiRequest("GET", ("version",), parse_params("a=1;b=2")).target == "/api2/json/version?a=1%3Bb%3D2"
