"""A token that may start and stop the guests of a tag, and nothing else: one call, one approval."""

from __future__ import annotations

import pytest
from trust.lab import Lab

from mcp_bridge.auth.caller import make_local_client
from pve_simulator import Simulator, build_cluster

pytestmark = [pytest.mark.flow, pytest.mark.thorough]

CI = "ci@pve!runner"
GRANTS = [{"user": "ci@pve", "power": "power"}, {"token": CI, "power": "power"}]


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=3, guests=12), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


@pytest.fixture
def lab(simulator, state_dir, warm, tmp_path, monkeypatch):
    """The bridges of one state directory, of somebody with a folder for secrets."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config" / "playvisor" / "secrets").mkdir(parents=True, mode=0o700)
    lab = Lab(simulator, state_dir, warm({"HOME": str(tmp_path)}))
    yield lab
    lab.close()


def test_a_token_gets_a_power_over_the_guests_of_a_tag_by_one_call(lab, tmp_path, simulator, ledger):
    file = "~/.config/playvisor/secrets/runner"
    call = {
        "users": [{"user": "ci@pve"}],
        "tokens": [{"token": CI, "secret_file": file}],
        "grants": GRANTS,
        "guests": {"tags": ["ci"]},
    }
    foreign = lab.ask("grant_access", {**call, "tokens": [{"token": CI, "secret_file": "/etc/passwd"}]})
    held = lab.ask("grant_access", call)
    lab.approve(held)
    done = lab.ask("apply_plan", {"plan_id": held.plan.id})
    again = lab.ask("grant_access", {"grants": GRANTS, "guests": {"tags": ["ci"]}})

    assert (foreign.failure.code, held.status, done.status, again.changed) == ("invalid_parameter", "held", "ok", False)
    assert any("for none that does later" in warning for warning in done.warnings)
    secret = (tmp_path / ".config/playvisor/secrets/runner").read_text().strip()
    assert secret not in str(done.as_dict())
    # The token has what it needs, and nothing else.
    tagged = [one for one in simulator.cluster.guests.values() if "ci" in one.config.get("tags", "")]
    own = Lab(simulator, tmp_path / "own", lab.executor)
    bridge = own.make_bridge(user="ci@pve", token_id="runner", token_secret=secret)
    seen = own.ask_as_person("list_guests", {}, bridge=bridge)
    started = own.ask_as_person("start_guest", {"vmid": tagged[0].vmid}, bridge=bridge)
    changed = own.ask_as_person("resize_guest", {"vmid": tagged[0].vmid, "cores": 8}, bridge=bridge)
    own.close()
    assert [guest["vmid"] for guest in seen.data["guests"]] == sorted(one.vmid for one in tagged)
    assert (started.status, tagged[0].running) == ("ok", True)
    assert changed.failure.code == "permission_denied"
    assert ledger.verify().faults == []


def test_a_pool_is_granted_as_such_and_nothing_is_granted_on_nothing(lab, simulator):
    lab.ask_as_person("create_user", {"users": [{"user": "ops@pve"}]})
    lab.ask_as_person("set_acl", {"acls": [{"path": "/", "user": "ops@pve", "roles": ["PVEAuditor"]}]})
    grants = [{"user": "ops@pve", "power": "snapshot"}]
    pool = next(iter(simulator.cluster.pools))

    planned = lab.ask("grant_access", {"grants": grants, "guests": {"pool": pool}, "check": True})
    results = [
        lab.ask("grant_access", {"grants": grants, "guests": guests}, caller=make_local_client("model"))
        for guests in ({"tags": ["nope"]}, {"pool": "nope"}, {"vmids": [999999]}, {})
    ]

    assert planned.plan.steps[-1]["params"]["path"] == f"/pool/{pool}"
    assert planned.plan.steps[-1]["params"]["roles"] == "PVEAuditor,PlayvisorSnapshot"
    assert planned.warnings == []
    assert [result.failure.code for result in results] == ["not_found"] * 3 + ["invalid_parameter"]


def test_the_plan_of_a_token_is_applied_by_its_id(lab, tmp_path):
    """Its secret is made then, and goes to the file that the plan names."""
    lab.ask_as_person("create_user", {"users": [{"user": "ci@pve"}]})
    file = "~/.config/playvisor/secrets/nightly"
    held = lab.ask("create_token", {"tokens": [{"token": "ci@pve!nightly", "secret_file": file, "comment": "secret"}]})
    lab.approve(held)

    done = lab.ask("apply_plan", {"plan_id": held.plan.id})

    secret = (tmp_path / ".config/playvisor/secrets/nightly").read_text().strip()
    everything = [file.read_bytes() for file in lab.state_dir.rglob("*") if file.is_file()]
    assert (held.status, done.status, len(secret)) == ("held", "ok", 36)
    assert [text for text in everything if secret.encode() in text] == []
    assert any("no rights yet" in warning for warning in done.warnings)
