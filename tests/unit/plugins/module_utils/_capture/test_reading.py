"""Reading much of a cluster, of which some does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture.reading import Reader, Request


class Failing:
    """Answers with the path, or with the failure of a node."""

    def __init__(self, **failures: PveError) -> None:
        self.failures = failures

    def get(self, path: str, **dummy: Any) -> str:
        for node, error in self.failures.items():
            if path.startswith(f"/nodes/{node}/"):
                raise error
        return path


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        pytest.param(PveError("node_offline", "no answer", http_status=595), 3, id="the node does not answer"),
        pytest.param(PveError("timeout", "no answer"), 3, id="nothing answers in time"),
        pytest.param(PveError("timeout", "got timeout", http_status=500), 4, id="what was asked for takes too long"),
        pytest.param(PveError("permission_denied", "no", http_status=403), 4, id="not allowed"),
    ],
)
def test_a_node_that_is_silent_is_asked_once(error, sent):
    reader = Reader(Failing(pve1=error), 1)
    paths = ["/nodes/pve1/a", "/nodes/pve1/b", "/nodes/pve2/a", "/nodes/pve10/a"]

    answers = reader.read_all([Request(path) for path in paths])

    assert answers == [error, error, *paths[2:]]
    assert reader.sent == sent


@pytest.mark.parametrize("error", [PveError("auth_failed", "no", http_status=401), PveError("unreachable", "gone")])
def test_what_all_others_would_meet_is_raised(error):
    with pytest.raises(PveError) as raised:
        Reader(Failing(pve1=error), 1).read_all([Request("/nodes/pve1/a"), Request("/nodes/pve2/a")])

    assert raised.value is error
