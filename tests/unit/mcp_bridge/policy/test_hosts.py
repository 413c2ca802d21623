"""What kind of host a URL names, in whatever form it is written."""

from __future__ import annotations

import pytest

from mcp_bridge.policy.hosts import classify_host, classify_url, get_host


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", "none"),
        ("https://cdimage.debian.org/debian.iso", "public"),
        ("https://8.8.8.8/a.iso", "public"),
        ("http://[2606:4700::1111]/a.iso", "public"),
        ("https://mirror.example.org:8443/a.iso", "public"),
        ("https://user:password@mirror.example.org/a.iso", "public"),
        ("http://169.254.169.254/latest/meta-data/", "metadata"),
        ("http://2852039166/latest", "metadata"),
        ("http://0xA9FEA9FE/", "metadata"),
        ("http://0xa9.0xfe.0xa9.0xfe/", "metadata"),
        ("http://0251.0376.0251.0376/", "metadata"),
        ("http://169.254.43518/", "metadata"),
        ("http://[::ffff:169.254.169.254]/", "metadata"),
        ("http://[::ffff:a9fe:a9fe]/", "metadata"),
        ("http://[64:ff9b::a9fe:a9fe]/", "metadata"),
        ("http://[2002:a9fe:a9fe::]/", "metadata"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("http://100.100.100.200/", "metadata"),
        ("http://168.63.129.16/", "metadata"),
        ("http://metadata.google.internal/", "metadata"),
        ("http://METADATA.google.internal./", "metadata"),
        ("http://mirror.example.org@169.254.169.254/", "metadata"),
        ("http://%31%36%39.254.169.254/", "metadata"),
        ("http://\uff11\uff16\uff19.254.169.254/", "metadata"),
        ("http://169\u3002254\u3002169\u3002254/", "metadata"),
        ("http://169.254.1.1/", "link-local"),
        ("http://[fe80::1]/", "link-local"),
        ("http://[fe80::1%25eth0]/", "link-local"),
        ("http://127.0.0.1:8006/", "loopback"),
        ("http://127.1/", "loopback"),
        ("http://2130706433/", "loopback"),
        ("http://017700000001/", "loopback"),
        ("http://0x7f.1/", "loopback"),
        ("http://0/", "loopback"),
        ("http://0.0.0.0/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://[::]/", "loopback"),
        ("http://[::ffff:127.0.0.1]/", "loopback"),
        ("http://[::127.0.0.1]/", "loopback"),
        ("http://localhost/", "loopback"),
        ("http://LOCALHOST./", "loopback"),
        ("http://a.localhost/", "loopback"),
        ("http://10.0.0.1/", "private"),
        ("http://192.168.1.1/", "private"),
        ("http://172.16.5.4/", "private"),
        ("http://100.64.0.1/", "private"),
        ("http://[fc00::1]/", "private"),
        ("http://0xc0a80101/", "private"),
        ("http://nas/a.iso", "local name"),
        ("http://nas.lan/a.iso", "local name"),
        ("http://pve1.cluster.internal/", "local name"),
        ("http://printer.local/", "local name"),
        ("http://127.0.0.1.nip.io/", "unknown"),
        ("http://localtest.me/", "unknown"),
        ("http://224.0.0.1/", "unknown"),
        ("http://255.255.255.255/", "unknown"),
        ("http://256.1.1.1/", "unknown"),
        ("http://1.2.3.4.5/", "unknown"),
        ("ftp://cdimage.debian.org/a.iso", "unknown"),
        ("file:///etc/passwd", "unknown"),
        ("cdimage.debian.org/a.iso", "unknown"),
        ("http:///a.iso", "unknown"),
        ("http://cdimage.debian.org\\@127.0.0.1/", "unknown"),
        ("http://a@b@c.example.org/", "unknown"),
        ("http://exa mple.org/", "unknown"),
        ("http://example.org/a\r\nHost: x", "unknown"),
        ("http://[::1/", "unknown"),
        ("http://example.org:port/", "unknown"),
        ("http://-a.example.org/", "unknown"),
        ("gopher://127.0.0.1/", "unknown"),
    ],
)
def test_a_url(url, kind):
    assert classify_url(url) == kind


@pytest.mark.parametrize(("host", "kind"), [("192.0.2.1", "private"), ("nfs.example.org", "public"), ("", "unknown")])
def test_a_host(host, kind):
    assert classify_host(host) == kind


def test_the_host_is_named_only_where_it_is_clear():
    assert get_host("https://me@Mirror.Example.org:8443/a.iso") == "mirror.example.org"
    assert get_host("http://a@b@c/") == ""
    assert get_host("") == ""
