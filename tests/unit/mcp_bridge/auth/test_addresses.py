"""Which Host and Origin headers are for this server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_bridge.auth.addresses import Address, find_own_addresses, parse_address, parse_origin
from mcp_bridge.errors import UsageError

LOCAL = find_own_addresses("127.0.0.1", 8765, origins=["http://localhost:6274"])
PUBLIC = find_own_addresses(
    "192.0.2.1",
    8765,
    names=["mcp.example.com", "tunnel.example.com:9000", "2001:DB8::1"],
    public_url="https://playvisor.example.com/mcp",
)


def judge(known, host, origin=None):
    headers = [(b"host", host.encode("latin-1"))] + ([(b"origin", origin.encode("latin-1"))] if origin else [])
    refusal = known.find_refusal(headers)
    return refusal[0] if refusal else None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8765",
        "127.0.0.1",
        "localhost:8765",
        "LocalHost:8765",
        "[::1]:8765",
        "[0:0:0:0:0:0:0:1]:8765",
        "[::1]",
    ],
)
def test_a_host_that_is_this_server_is_let_in(host):
    assert judge(LOCAL, host) is None


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:1@evil", "localhost:8765@evil.example", "user@localhost:8765", "user:pass@127.0.0.1:8765"),
        *("localhost.:8765", "127.0.0.1.:8765", "localhost.", "localhost..:8765", ".localhost:8765"),
        *("localhost:8766", "127.0.0.1:1", "localhost:0", "localhost:08765", "localhost:65536", "localhost:99999999"),
        *("localhost:", "localhost:8765:8765", "localhost:+8765", "localhost: 8765", " localhost:8765", "localhost :1"),
        *("::1", "::1:8765", "[::1", "::1]:8765", "[::1%lo]:8765", "[::ffff:127.0.0.1]:8765", "[::2]:8765", "[]:8765"),
        *("127.1:8765", "2130706433:8765", "0x7f000001:8765", "0177.0.0.1:8765", "127.0.0.2:8765", "0.0.0.0:8765"),
        *("evil.example", "evil.example:8765", "localhost.evil.example:8765", "localhost:8765.evil.example"),
        *(
            "localhost/..",
            "localhost:8765/mcp",
            "localhost:8765#",
            "localhost:8765?",
            "localhost\\@evil",
            "http://localhost",
        ),
        *(
            "",
            ",",
            "localhost,evil",
            "localhost:8765, evil",
            "l\xf6calhost:8765",
            "loc%61lhost:8765",
            "localhost\t:8765",
        ),
    ],
)
def test_any_other_host_is_refused(host):
    assert judge(LOCAL, host) == 421


def test_one_host_is_needed_and_no_more():
    assert LOCAL.find_refusal([])[0] == 421
    assert LOCAL.find_refusal([(b"host", b"localhost:8765")] * 2)[0] == 421
    assert LOCAL.find_refusal([(b"host", b"localhost:8765"), (b"origin", b"http://localhost:8765")] * 2)[0] == 421
    own = (b"origin", b"http://localhost:8765")
    assert LOCAL.find_refusal([(b"host", b"localhost:8765"), own, own])[0] == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8765", None),
        ("http://127.0.0.1:8765", None),
        ("http://[::1]:8765", None),
        ("http://localhost:6274", None),
        ("https://localhost:6274", 403),
        ("http://127.0.0.1:6274", 403),
        ("http://localhost:3000", 403),
        ("http://localhost", 403),
        ("https://localhost", 403),
        ("null", 403),
        ("NULL", 403),
        ("file://", 403),
        ("chrome-extension://abcdef", 403),
        ("http://localhost:8765@evil.example", 403),
        ("http://evil.example", 403),
        ("http://localhost.evil.example:8765", 403),
        ("http://localhost.:8765", 403),
        ("http://localhost:8765/", 403),
        ("http://localhost:8765/mcp", 403),
        ("HTTP://localhost:8765", 403),
        ("//localhost:8765", 403),
        ("localhost:8765", 403),
        ("http://localhost:8765 http://evil.example", 403),
        ("http:///localhost:8765", 403),
    ],
)
def test_pages_of_this_server_and_named_ones_may_call_it(origin, status):
    assert judge(LOCAL, "localhost:8765", origin) == status


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("mcp.example.com", None, None),
        ("MCP.example.com:443", "https://mcp.example.com", None),
        ("mcp.example.com:8765", "http://mcp.example.com:8765", None),
        ("mcp.example.com:8080", None, 421),
        ("mcp.example.com.", None, 421),
        ("mcp.example.com", "https://mcp.example.com:444", 403),
        ("tunnel.example.com:9000", None, None),
        ("tunnel.example.com", None, 421),
        ("playvisor.example.com", "https://playvisor.example.com", None),
        ("[2001:db8::1]:8765", None, None),
        ("192.0.2.1:8765", None, None),
        ("192.0.2.1:80", None, 421),
        ("sub.mcp.example.com", None, 421),
        ("playvisor.example.com", "http://playvisor.example.com", 403),
    ],
)
def test_names_that_the_operator_gave_count(host, origin, status):
    assert judge(PUBLIC, host, origin) == status


def test_to_listen_everywhere_is_no_name_to_be_called_by():
    assert judge(find_own_addresses("0.0.0.0", 8765), "0.0.0.0:8765") == 421


@pytest.mark.parametrize("wrong", [{"names": ["a b"]}, {"names": ["x@y"]}, {"origins": ["localhost:1"]}])
def test_a_wrong_name_is_told_at_the_start(wrong):
    with pytest.raises(UsageError, match="--allow-host"):
        find_own_addresses("127.0.0.1", 8765, **wrong)


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9.\-\[\]:@/%]{0,40}", fullmatch=True))
def test_what_is_parsed_can_be_written_in_one_way_only(text):
    try:
        address = parse_address(text)
    except ValueError:
        return
    written = f"[{address.host}]" if ":" in address.host else address.host
    written += f":{address.port}" if address.port else ""
    assert parse_address(written) == address
    assert "@" not in text
    assert parse_origin(f"http://{text}")[1] == Address(address.host, address.port or 80)
