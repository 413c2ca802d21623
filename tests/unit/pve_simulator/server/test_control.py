"""The controls, over HTTP and from Python, on a running server."""

from __future__ import annotations

import pytest
import requests

from pve_simulator import Simulator, build_cluster, load_seed


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=2, guests=6), task_seconds=0) as running:
        yield running


@pytest.fixture
def session(simulator):
    with open_session(simulator) as made:
        yield made


def sim(simulator, session, method, path, body=None):
    answer = session.request(method, f"{simulator.url}/sim{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


def api(simulator, session, path):
    return session.get(f"{simulator.url}/api2/json{path}", timeout=10)


def open_session(simulator):
    """A client whose requests all go over one connection of its own."""
    made = requests.Session()
    made.trust_env = False
    made.verify = simulator.ca_path
    made.headers["Authorization"] = f"PVEAPIToken={simulator.user}!{simulator.token_id}={simulator.token_secret}"
    return made


def make_guest(simulator, session, vmid):
    answer = session.post(f"{simulator.url}/api2/json/nodes/pve1/qemu", data={"vmid": vmid}, timeout=10)
    answer.raise_for_status()


def list_guests(simulator, session):
    """The guests in the cluster's list, and their status there."""
    listed = api(simulator, session, "/cluster/resources?type=vm").json()["data"]
    return {entry["vmid"]: entry["status"] for entry in listed}


def test_the_clock_stands_still_and_moves_on(simulator, session):
    frozen = sim(simulator, session, "POST", "/clock", {"speed": 0})["now"]
    assert sim(simulator, session, "GET", "/clock") == {"now": frozen, "speed": 0}

    moved = sim(simulator, session, "POST", "/clock", {"advance": 3600})["now"]

    assert moved == pytest.approx(frozen + 3600)
    assert api(simulator, session, "/nodes/pve1/time").json()["data"]["time"] == int(moved)


def test_a_node_goes_comes_back_and_is_maintained(simulator, session):
    sim(simulator, session, "POST", "/nodes", {"node": "pve2", "online": False})
    gone = api(simulator, session, "/nodes/pve2/status")
    assert (gone.status_code, gone.reason) == (595, "Connection refused")

    state = sim(simulator, session, "POST", "/nodes", {"node": "pve2", "online": True, "maintenance": True})

    assert state == {"node": "pve2", "online": True, "maintenance": True}
    assert api(simulator, session, "/nodes/pve2/status").status_code == 200


def test_a_guest_dies_on_its_own(simulator, session):
    sim(simulator, session, "POST", "/guests", {"vmid": 101, "running": False, "lock": "backup"})

    found = api(simulator, session, "/nodes/pve1/qemu/101/status/current").json()["data"]

    assert (found["status"], found["lock"]) == ("stopped", "backup")


def test_requests_and_tasks_can_be_looked_at(simulator, session):
    sim(simulator, session, "DELETE", "/requests")
    session.post(f"{simulator.url}/api2/json/nodes/pve1/qemu/101/status/stop", timeout=10)

    assert sim(simulator, session, "GET", "/requests") == [
        {"method": "POST", "path": "/nodes/pve1/qemu/101/status/stop", "status": 200}
    ]
    tasks = sim(simulator, session, "GET", "/tasks")
    assert [(":qmstop:101:" in task["upid"], task["exitstatus"]) for task in tasks] == [(True, "OK")]


def test_settings_change_while_it_runs(simulator, session):
    assert sim(simulator, session, "PUT", "/settings", {"task_seconds": 2.5})["task_seconds"] == 2.5

    assert simulator.world.settings.task_seconds == 2.5


def test_broadcasts_begin_when_they_are_asked_for(simulator, session):
    sim(simulator, session, "POST", "/clock", {"speed": 0})
    make_guest(simulator, session, 700)
    assert list_guests(simulator, session)[700] == "unknown"

    sim(simulator, session, "PUT", "/settings", {"resources_lag": 0})
    make_guest(simulator, session, 701)
    assert list_guests(simulator, session)[701] == "stopped"

    sim(simulator, session, "PUT", "/settings", {"resources_lag": 30})
    make_guest(simulator, session, 702)
    assert (list_guests(simulator, session)[701], list_guests(simulator, session)[702]) == ("stopped", "unknown")
    sim(simulator, session, "POST", "/clock", {"advance": 27})
    assert list_guests(simulator, session)[702] == "unknown"
    sim(simulator, session, "POST", "/clock", {"advance": 4})
    assert list_guests(simulator, session)[702] == "stopped"


def test_the_guests_of_a_loaded_state_are_in_the_list_at_once(simulator, session):
    sim(simulator, session, "POST", "/clock", {"speed": 0})
    state = {"nodes": ["pve1"], "guests": [{"vmid": 101, "status": "stopped"}, {"vmid": 900, "status": "running"}]}

    sim(simulator, session, "PUT", "/state", state)

    assert list_guests(simulator, session) == {101: "stopped", 900: "running"}


def test_python_lets_the_list_catch_up(simulator, session):
    simulator.advance(1)
    sim(simulator, session, "POST", "/clock", {"speed": 0})
    make_guest(simulator, session, 700)
    before = simulator.world.clock.time()
    assert list_guests(simulator, session)[700] == "unknown"

    simulator.catch_up()
    assert (list_guests(simulator, session)[700], simulator.world.clock.time()) == ("stopped", before)

    make_guest(simulator, session, 701)
    simulator.advance(10)
    assert list_guests(simulator, session)[701] == "stopped"


def test_a_control_lets_the_list_catch_up(simulator, session):
    make_guest(simulator, session, 700)

    sim(simulator, session, "POST", "/catch-up")

    assert list_guests(simulator, session)[700] == "stopped"


def test_a_kept_connection_stays_with_one_worker_and_another_may_know_less(simulator, session):
    sim(simulator, session, "POST", "/clock", {"speed": 0})
    with open_session(simulator) as old, open_session(simulator) as new:
        assert 700 not in list_guests(simulator, old)
        make_guest(simulator, session, 700)
        simulator.advance(simulator.world.settings.resources_lag - 1)
        assert list_guests(simulator, old)[700] == "unknown"
        simulator.advance(1.5)

        seen = [list_guests(simulator, reader)[700] for reader in (new, old, new, old)]
        assert seen == ["stopped", "unknown", "stopped", "unknown"]

        simulator.advance(1)
        assert list_guests(simulator, old)[700] == "stopped"


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("POST", "/faults", {"action": "explode"}, "no fault of requests"),
        ("PUT", "/settings", {"nonsense": 1}, "unknown settings"),
        ("PUT", "/state", {}, "at least one node"),
        ("GET", "/nonsense", None, "no control"),
    ],
)
def test_a_control_that_cannot_be_says_why(simulator, session, method, path, body, error):
    answer = session.request(method, f"{simulator.url}/sim{path}", json=body, timeout=10)

    assert answer.status_code in (400, 404)
    assert error in answer.json()["error"]


def test_whoever_is_logged_in_stays_so_when_another_state_is_loaded(simulator, session):
    sim(simulator, session, "PUT", "/state", {"nodes": ["other"], "guests": [{"vmid": 900}]})

    assert [entry["vmid"] for entry in api(simulator, session, "/cluster/resources?type=vm").json()["data"]] == [900]


def test_python_loses_nodes_injects_faults_and_saves(simulator, session, tmp_path):
    rule = simulator.inject(path="^/version$", status=500, count=1)
    assert api(simulator, session, "/version").status_code == 500
    assert (rule.hits, rule.count) == (1, 0)

    simulator.take_down("pve2")
    assert api(simulator, session, "/nodes/pve2/status").status_code == 595
    simulator.dump(tmp_path / "state.yaml")
    simulator.bring_up("pve2")
    assert api(simulator, session, "/nodes/pve2/status").status_code == 200

    assert not load_seed(tmp_path / "state.yaml").nodes["pve2"].online
