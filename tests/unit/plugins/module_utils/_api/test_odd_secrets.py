"""What is told about a secret that the cluster refused: never the secret itself."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.pasted import describe_odd_secret

UUID = "6f1c2a9e-1234-4444-8888-abcdefabcdef"


@pytest.mark.parametrize(
    ("secret", "password", "named"),
    [
        (UUID, None, None),
        (UUID.upper(), '"also set"', None),
        (None, "correct horse", None),
        (None, UUID, "as the secret of an API token is"),
        (None, "", None),
        (None, '"', None),
        (None, None, None),
        (f"Bearer:{UUID}", None, "has more around it"),
        (f"{UUID}%0A", None, "has more around it"),
        (UUID[:-1], None, "is no UUID"),
        ("hunter2", None, "is no UUID"),
        (None, '"hunter2"', "stands in quotes"),
        (None, "\u201chunter2\u201d", "stands in quotes"),
        (None, " hunter2", "white space"),
        (None, "hunter2\t", "white space"),
        (None, f"PVEAPIToken=ops@pve!a={UUID}", "the token of an API request"),
    ],
)
def test_what_can_not_be_right_is_named_without_the_secret(secret, password, named):
    said = describe_odd_secret(secret, password)

    assert said is None if named is None else named in said
    assert "hunter2" not in str(said)
    assert UUID not in str(said)
