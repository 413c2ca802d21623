"""Scripts of guest agents in seeds."""

from __future__ import annotations

from pve_simulator.clusters.seed import cluster_from_data, cluster_to_data
from pve_simulator.state.agent import AgentScript


def test_a_seed_scripts_what_the_agent_answers_beside_the_option_that_enables_it():
    guest = {
        "vmid": 101,
        "name": "web",
        "agent": 1,
        "agent_script": {
            "system": "tiny",
            "addresses": {"eth0": ["192.0.2.7/24"]},
            "runs": [{"argv": "nginx -t", "err": "syntax is ok\n"}],
        },
    }

    cluster = cluster_from_data({"nodes": ["pve1"], "guests": [guest]})

    assert cluster.guests[101].config["agent"] == "1"
    script = cluster.guests[101].part(AgentScript)
    assert (script.system, script.runs[0].argv, script.runs[0].exitcode) == ("tiny", "nginx -t", 0)
    assert cluster_from_data(cluster_to_data(cluster)).guests[101].part(AgentScript) == script
