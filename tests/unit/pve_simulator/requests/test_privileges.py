"""Roles by access control list, pools and token separation."""

from __future__ import annotations

import pytest

from pve_simulator.requests.privileges import privileges, roles
from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.state.cluster import Cluster, Pool


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster(pools={"dev": Pool(vms=[101])})
    made.access.users["ann@pve"] = User(groups=["ops"], tokens={"same": Token(privsep=False), "less": Token()})
    return made


def grant(cluster: Cluster, path: str, kind: str, who: str, role: str, propagate: bool = True) -> None:
    cluster.access.acl.append(AclEntry(path, kind, who, role, propagate))


@pytest.mark.parametrize(
    ("grants", "path", "expected"),
    [
        ([], "/vms/101", set()),
        ([("/", "user", "ann@pve", "PVEAuditor")], "/vms/101", {"PVEAuditor"}),
        ([("/", "user", "ann@pve", "PVEAuditor", False)], "/vms/101", set()),
        ([("/vms", "user", "ann@pve", "PVEVMUser"), ("/", "user", "ann@pve", "PVEAuditor")], "/vms/1", {"PVEVMUser"}),
        ([("/vms", "group", "ops", "PVEVMUser")], "/vms/101", {"PVEVMUser"}),
        ([("/vms", "group", "ops", "PVEVMUser"), ("/vms", "user", "ann@pve", "PVEAuditor")], "/vms/1", {"PVEAuditor"}),
        ([("/", "user", "ann@pve", "PVEAdmin"), ("/vms", "user", "ann@pve", "NoAccess")], "/vms/1", {"NoAccess"}),
    ],
)
def test_the_nearest_level_wins_and_users_win_over_groups(cluster, grants, path, expected):
    for entry in grants:
        grant(cluster, *entry)

    assert set(roles(cluster.access, "ann@pve", path)) == expected


def test_a_role_on_a_pool_counts_for_its_guests(cluster):
    grant(cluster, "/pool/dev", "user", "ann@pve", "PVEVMUser")

    assert "VM.PowerMgmt" in privileges(cluster, "ann@pve", "/vms/101")
    assert privileges(cluster, "ann@pve", "/vms/102") == {}


def test_a_separated_token_has_what_both_it_and_its_user_have(cluster):
    grant(cluster, "/", "user", "ann@pve", "PVEAuditor")
    grant(cluster, "/vms/101", "token", "ann@pve!less", "PVEVMUser")

    assert set(privileges(cluster, "ann@pve!less", "/vms/101")) == {"VM.Audit", "VM.GuestAgent.Audit"}
    assert privileges(cluster, "ann@pve!less", "/vms/102") == {}
    assert "VM.Audit" in privileges(cluster, "ann@pve!same", "/vms/102")


def test_root_may_everything_everywhere(cluster):
    assert len(privileges(cluster, "root@pam", "/vms/101")) == 47
