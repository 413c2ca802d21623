from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.paths import (
    matches,
    parse_path,
    rank,
    render_path,
)


@pytest.mark.parametrize(
    ("segments", "text"),
    [
        (("guests", "web-01", "disks", "scsi0", "size"), "guests.web-01.disks.scsi0.size"),
        (("guests", "db.example.com", "cores"), 'guests."db.example.com".cores'),
    ],
)
def test_a_path_is_read_as_it_is_written(segments, text):
    assert render_path(segments) == text
    assert parse_path(text) == segments


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("guests.web-01.cores", "guests.web-01.cores", True),
        ("guests.web-01", "guests.web-01.cores", True),
        ("guests.web-01.cores", "guests.web-01", False),
        ("guests.*.tags", "guests.web-01.tags", True),
        ("guests.*.tags", 'guests."db.example.com".tags', True),
        ("guests.db.example.com.tags", 'guests."db.example.com".tags', True),
        ("guests.*.example.com.tags", 'guests."db.example.com".tags', True),
        ("guests.*", "pools.prod.comment", False),
        ("guests.db-*.description", "guests.web-01.description", False),
        ("guests.web-0[12]", "guests.web-02.cores", True),
        ("guests.web-01.disks.*.size", "guests.web-01.disks.scsi0.size", True),
        ("guests.web-01.disks.*.size", "guests.web-01.disks.scsi0.cache", False),
        ("guests.*.size", "guests.web-01.disks.scsi0.size", False),
        ("guests.Web-01", "guests.web-01", False),
    ],
)
def test_a_pattern_means_paths_and_what_is_below_them(pattern, path, meant):
    assert matches(pattern, parse_path(path)) is meant


def test_the_pattern_that_says_more_ranks_higher():
    patterns = ["guests.*", "guests.*.tags", "guests.web-01.tags", "guests.web-01"]

    assert sorted(patterns, key=rank) == ["guests.*", "guests.web-01", "guests.*.tags", "guests.web-01.tags"]
