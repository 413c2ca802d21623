"""The simulator as a server: TLS, reason phrases, authentication, controls, as clients meet them."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys

import proxmoxer
import pytest
import requests

from pve_simulator import Simulator, build_cluster


@pytest.fixture(scope="module")
def simulator():
    with Simulator(build_cluster(nodes=2, guests=6), task_seconds=0.01) as running:
        yield running


@pytest.fixture
def session(simulator):
    with requests.Session() as made:
        # REQUESTS_CA_BUNDLE would override `verify`.
        made.trust_env = False
        made.verify = simulator.ca_path
        made.headers["Authorization"] = f"PVEAPIToken={simulator.user}!{simulator.token_id}={simulator.token_secret}"
        yield made


def api_url(simulator: Simulator, path: str) -> str:
    return f"{simulator.url}/api2/json{path}"


def test_the_reason_phrase_is_the_first_line_of_the_error(simulator, session):
    answer = session.get(api_url(simulator, "/nodes/pve1/qemu/999/config"))

    assert (answer.status_code, answer.reason) == (
        500,
        "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
    )


def test_a_connection_is_kept_across_requests_and_errors(simulator):
    context = ssl.create_default_context(cafile=simulator.ca_path)
    connection = http.client.HTTPSConnection(simulator.host, simulator.port, context=context, timeout=10)
    header = f"PVEAPIToken={simulator.user}!{simulator.token_id}={simulator.token_secret}"
    connection.connect()
    first_socket = connection.sock

    for path, status in (("/version", 200), ("/nosuch", 501), ("/nodes", 200)):
        connection.request("GET", f"/api2/json{path}", headers={"Authorization": header})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status

    assert connection.sock is first_socket
    connection.close()


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "No ticket"),
        ("Bearer x", "No ticket"),
        ("PVEAPIToken=garbage", "Authentication failed!"),
        ("PVEAPIToken=root@pam!nosuch=00000000-0000-0000-0000-000000000000", "Authentication failed!"),
        ("PVEAPIToken=root@pam!playvisor=00000000-0000-0000-0000-000000000000", "Authentication failed!"),
    ],
)
def test_who_is_not_known_gets_an_empty_401(simulator, header, reason):
    headers = {"Authorization": header} if header else {}

    answer = requests.get(api_url(simulator, "/version"), headers=headers, verify=simulator.ca_path, timeout=10)

    assert (answer.status_code, answer.reason, answer.content) == (401, reason, b"")


def test_a_token_may_be_sent_with_a_space(simulator):
    header = f"PVEAPIToken {simulator.user}!{simulator.token_id}={simulator.token_secret}"

    answer = requests.get(
        api_url(simulator, "/version"), headers={"Authorization": header}, verify=simulator.ca_path, timeout=10
    )

    assert answer.json()["data"]["release"] == "9.2"


def test_proxmoxer_logs_in_with_the_password_and_may_post(simulator):
    api = proxmoxer.ProxmoxAPI(
        simulator.host,
        port=simulator.port,
        user=simulator.user,
        password=simulator.password,
        verify_ssl=simulator.ca_path,
    )

    upid = api.nodes("pve1").qemu(101).status.stop.post()

    assert upid.endswith(":qmstop:101:root@pam:")


def test_a_wrong_password_is_refused_in_json(simulator):
    answer = requests.post(
        api_url(simulator, "/access/ticket"),
        data={"username": "root@pam", "password": "wrong"},
        verify=simulator.ca_path,
        timeout=10,
    )

    assert (answer.status_code, answer.reason) == (401, "authentication failure")
    assert answer.json()["data"] is None


def test_a_ticket_without_its_csrf_token_cannot_write(simulator):
    with requests.Session() as login:
        login.trust_env = False
        login.verify = simulator.ca_path
        data = {"username": "root@pam", "password": simulator.password}
        ticket = login.post(api_url(simulator, "/access/ticket"), data=data).json()["data"]["ticket"]
        login.cookies["PVEAuthCookie"] = ticket

        assert login.get(api_url(simulator, "/version")).status_code == 200
        answer = login.post(api_url(simulator, "/nodes/pve1/qemu/101/status/stop"))

    assert (answer.status_code, answer.reason) == (401, "Permission denied - invalid csrf token")


def test_the_fingerprint_is_that_of_the_certificate(simulator):
    pem = ssl.get_server_certificate((simulator.host, simulator.port))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()

    assert simulator.fingerprint.replace(":", "") == digest


def test_requests_are_remembered(simulator, session):
    session.get(api_url(simulator, "/nodes/pve2/status"))

    assert simulator.requests[-1] == ("GET", "/nodes/pve2/status", 200)


@pytest.mark.parametrize(
    ("rule", "status", "reason"),
    [
        (
            {"path": "^/version$", "status": 403, "message": "Permission check failed", "count": 1},
            403,
            "Permission check failed",
        ),
        (
            {"path": "^/version$", "status": 596, "message": "Connection timed out", "count": 1},
            596,
            "Connection timed out",
        ),
        ({"path": "^/version$", "action": "html", "count": 1}, 502, "Bad Gateway"),
    ],
)
def test_a_fault_hits_as_often_as_it_says(simulator, session, rule, status, reason):
    session.post(f"{simulator.url}/sim/faults", json=rule).raise_for_status()

    hit, missed = (session.get(api_url(simulator, "/version")) for dummy in range(2))
    session.delete(f"{simulator.url}/sim/faults")

    assert (hit.status_code, hit.reason, missed.status_code) == (status, reason, 200)


def test_a_reset_fault_cuts_the_connection(simulator, session):
    session.post(f"{simulator.url}/sim/faults", json={"path": "^/version$", "action": "reset", "count": 1})

    with pytest.raises(requests.ConnectionError):
        session.get(api_url(simulator, "/version"))


def test_an_unknown_fault_field_is_refused(simulator, session):
    answer = session.post(f"{simulator.url}/sim/faults", json={"nonsense": 1})

    assert (answer.status_code, answer.json()["error"]) == (400, "unknown fault fields: nonsense")


def test_the_state_can_be_read_and_put_back(simulator, session):
    state = session.get(f"{simulator.url}/sim/state").json()
    simulator.cluster.guests.clear()

    session.put(f"{simulator.url}/sim/state", json=state).raise_for_status()

    loaded = session.get(f"{simulator.url}/sim/state").json()
    # The clock has gone on since.
    assert loaded["history"].pop("clock") >= state["history"].pop("clock")
    assert loaded == state


def test_the_command_line_says_how_to_connect_and_stops_on_a_signal():
    command = [sys.executable, "-m", "pve_simulator", "--json", "--nodes", "1", "--guests", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        connection = json.loads(process.stdout.readline())
        answer = requests.get(f"{connection['url']}/sim/state", verify=connection["ca_path"], timeout=10)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=10) == 0

    assert set(answer.json()["nodes"]) == {"pve1"}
    assert set(connection) == {
        "url",
        "host",
        "port",
        "user",
        "token_id",
        "token_secret",
        "fingerprint",
        "ca_path",
        "password",
    }


def test_a_port_that_is_taken_is_bad_usage(simulator):
    command = [sys.executable, "-m", "pve_simulator", "--port", str(simulator.port)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 2
    assert "address already in use" in done.stderr


@pytest.mark.parametrize(("path", "compressed"), [("/access/permissions", True), ("/version", False)])
def test_large_bodies_are_compressed_for_those_who_offer_to_read_them(simulator, session, path, compressed):
    answer = session.get(api_url(simulator, path), headers={"Accept-Encoding": "gzip, deflate"})
    plain = session.get(api_url(simulator, path), headers={"Accept-Encoding": "identity"})

    assert (answer.headers.get("Content-Encoding") == "gzip") is compressed
    assert (len(plain.content) > 1024) is compressed
    assert "Content-Encoding" not in plain.headers
    assert answer.json() == plain.json()
