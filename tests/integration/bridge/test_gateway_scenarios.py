"""Every scenario of every module through the gateway: its plan is all that it has to be granted."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from pydantic import SecretStr
from scenarios import Place, all_scenarios
from scenarios.running import Trial, complaints, prepare, run_module

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.settings import Settings
from mcp_bridge.system.write_gate import WriteGate
from pve_simulator import Simulator, build_cluster

PLACE = Place(
    node="pve1",
    other_node="pve2",
    storage="local-lvm",
    bridge="vmbr0",
    backups="local",
    ostemplate="local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst",
    first_vmid=9100,
    last_vmid=9199,
    offers=frozenset({"snapshots", "container_snapshots", "agent", "internet", "simulator"}),
)


_SPEED = 100.0


@pytest.fixture
def simulator():
    simulator = Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0, resources_lag=_SPEED)
    simulator.world.clock.set_speed(_SPEED)
    with simulator as running:
        yield running


@pytest.fixture
def gateway(simulator, tmp_path):
    settings = Settings(
        url=simulator.url,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=SecretStr(simulator.token_secret),
        fingerprint=simulator.fingerprint,
        state_dir=tmp_path,
    )
    made = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
    yield made
    made.close()


@pytest.fixture
def run(gateway, simulator, tmp_path):
    """`run(scenario, grant, check=…)`: the module's result; that it asked for nothing more is checked on the way."""

    def through(scenario, grant, *, check=False, **options):
        with gateway.admit(grant, tmp_path, lambda: None) as admission:
            environment = {**admission.environment, "PROXMOX_URL": simulator.url, "PROXMOX_USER": simulator.user}
            result = run_module(scenario.module, {**scenario.options, **options}, environment, check=check)
        assert admission.denied == []
        return result

    return through


SCENARIOS = all_scenarios(PLACE)
# A sample of the fleets runs with the others.
FLEETS = [one for one in SCENARIOS if one.module == "pve_fleet"]
REST = [one for number, one in enumerate(FLEETS) if number % 10]


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(one, id=f"{one.module}: {one.name}", marks=[pytest.mark.thorough] if one in REST else [])
        for one in SCENARIOS
    ],
)
def test_the_plan_is_grant_enough(simulator, run, scenario):
    if PLACE.lacking(scenario):
        pytest.skip("the simulator does not offer what it needs")
    direct = Connection(
        host="127.0.0.1",
        port=simulator.port,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=simulator.token_secret,
        fingerprint=simulator.fingerprint.replace(":", "").lower(),
    )
    scenario = prepare(Client(direct), scenario)

    check = run(scenario, Grant(), check=True)
    applied = run(scenario, Grant(check["plan"]["steps"]), expect_plan=check["plan"]["digest"])
    anew = [] if scenario.settles else run(scenario, Grant(), check=True)["plan"]["steps"]
    again = run(scenario, Grant(anew))

    assert complaints(PLACE, scenario, Trial(check, applied, again)) == []
