"""Which cluster this is, whatever the user may see of it."""

from __future__ import annotations

import pytest

from mcp_bridge.authority.cluster import UnknownCluster, identify_cluster, shorten_identity
from mcp_bridge.authority.readings import Reading

ROOT_CA = {"filename": "pve-root-ca.pem", "fingerprint": "AB:CD"}
OWN = {"filename": "pve-ssl.pem", "fingerprint": "EF:01"}
CLUSTER = {"type": "cluster", "name": "lab", "quorate": 1}
REFUSED = Reading(403, error="403 Permission check failed (/, Sys.Audit)")


def node(name, **facts):
    return {"type": "node", "name": name, "online": 1, **facts}


def listed(name, status="online"):
    return {"type": "node", "node": name, "status": status}


def make_reader(readings):
    """Reads what these paths hold; a list stands for the data of an answer."""

    def read(paths):
        return [found if isinstance(found := readings.get(path), Reading) else Reading(200, found) for path in paths]

    return read


@pytest.mark.parametrize(
    ("readings", "identity"),
    [
        pytest.param(
            {
                "cluster/status": [CLUSTER, node("pve1"), node("pve2", local=1)],
                "nodes": [listed("pve1"), listed("pve2")],
                "nodes/pve2/certificates/info": [OWN, ROOT_CA],
            },
            "lab abcd",
            id="a cluster, by the node that answers",
        ),
        pytest.param(
            {"cluster/status": [node("alone", local=1)], "nodes/alone/certificates/info": [ROOT_CA]},
            "alone abcd",
            id="a node in no cluster",
        ),
        pytest.param(
            {"cluster/status": REFUSED, "nodes": [listed("pve1")], "nodes/pve1/certificates/info": [ROOT_CA]},
            "pve1 abcd",
            id="a user who may not read the status",
        ),
        pytest.param(
            {
                "cluster/status": [CLUSTER, node("pve1", local=1), node("pve2")],
                "nodes/pve1/certificates/info": Reading(595, error="595 Connection refused"),
                "nodes/pve2/certificates/info": [ROOT_CA],
            },
            "lab abcd",
            id="another node where the first does not answer",
        ),
        pytest.param(
            {"cluster/status": [node("alone", local=1)], "nodes/alone/certificates/info": [OWN]},
            "alone ef01",
            id="the node's own certificate where there is no root",
        ),
    ],
)
def test_a_cluster_is_its_name_and_the_certificate_that_it_signs_with(readings, identity):
    assert str(identify_cluster(make_reader(readings))) == identity


@pytest.mark.parametrize(
    "readings",
    [
        {"cluster/status": REFUSED, "nodes": REFUSED},
        {"cluster/status": [], "nodes": []},
        {"cluster/status": [node("pve1", local=1)], "nodes/pve1/certificates/info": REFUSED},
        {"cluster/status": [node("pve1", local=1)], "nodes/pve1/certificates/info": [{"filename": "pve-ssl.pem"}]},
        {"cluster/status": Reading(200, {"data": "odd"}), "nodes": Reading(200, [5])},
    ],
)
def test_a_cluster_that_does_not_say_who_it_is_is_not_known(readings):
    with pytest.raises(UnknownCluster, match=r"which (one it|cluster this) is"):
        identify_cluster(make_reader(readings))


def test_people_are_shown_the_name_and_enough_of_the_fingerprint():
    assert shorten_identity(f"lab {'ab' * 32}") == "lab (abababababababab…)"
