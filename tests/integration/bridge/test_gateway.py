"""The gateway: what it lets through, what a run sees of the cluster behind it, and what it leaves behind."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task
from pydantic import SecretStr

from mcp_bridge.authority import Authority
from mcp_bridge.authority.readings import make_reader
from mcp_bridge.authority.verdict import Permit
from mcp_bridge.evidence import events
from mcp_bridge.executor import PlaybookRun
from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.gateway import trace
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.server import Running
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.gateway.upstream import IN_FLIGHT
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.gated import GatedExecutor
from mcp_bridge.settings import Settings
from mcp_bridge.system.private_folder import PrivateFolder
from mcp_bridge.system.write_gate import WriteGate
from pve_simulator.access.tfa import parse_totp, totp_code
from pve_simulator.world.faults import FaultRule

HOSTILE = """\
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    key: "{{ lookup('file', lookup('env', 'PROXMOX_GATEWAY_KEY_FILE')) }}"
  tasks:
    - name: Stop a guest through the module
      playvisor.proxmox.pve_guest_state:
        vmid: "{{ vmid }}"
        state: stopped
      check_mode: false
      ignore_errors: true
    - name: Stop it by hand, and give itself a token
      ansible.builtin.uri:
        url: "http://gateway/api2/json{{ item.path }}"
        unix_socket: "{{ lookup('env', 'PROXMOX_GATEWAY') }}"
        method: "{{ item.method }}"
        headers: {Authorization: "Bearer {{ key }}", X-HTTP-Method-Override: POST}
        body: {}
        body_format: form-urlencoded
        status_code: [403]
      check_mode: false
      loop:
        - {method: POST, path: "/nodes/{{ node }}/qemu/{{ vmid }}/status/stop"}
        - {method: DELETE, path: "/nodes/{{ node }}/qemu/{{ vmid }}?purge=1"}
        - {method: POST, path: "/access/users/root@pam/token/evil"}
        - {method: PUT, path: "/nodes/{{ node }}/qemu/%2e%2e/qemu/{{ vmid }}/config"}
        - {method: PATCH, path: "/version"}
    - name: Look for secrets
      ansible.builtin.shell: "env; cat {{ lookup('env', 'PROXMOX_GATEWAY') | dirname }}/*.key; ls -l /proc/$$/fd"
      register: spied
      check_mode: false
    - name: Tell
      ansible.builtin.debug:
        msg: "{{ spied.stdout }}"
"""


@pytest.fixture
def settings(simulator, tmp_path):
    return Settings(
        url=simulator.url,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=SecretStr(simulator.token_secret),
        password=None,
        fingerprint=simulator.fingerprint,
        state_dir=tmp_path / "state",
    )


@pytest.fixture
def through(settings, tmp_path):
    """`with through(grant, fingerprint=…) as client`: a client of a run that the gateway of such settings admitted."""
    gateways = []

    @contextmanager
    def admitted(grant=None, *, read_timeout=10.0, **changes):
        changed = settings.model_copy(update=changes)
        gateway = Gateway(changed.endpoint, changed.credentials, WriteGate(changed.state_dir))
        gateways.append(gateway)
        with gateway.admit(grant or Grant(), tmp_path, lambda: None) as admission:
            yield Client(connection_of(admission, read_timeout=read_timeout))

    yield admitted
    for gateway in gateways:
        gateway.close()


def connection_of(admission, **options):
    key = Path(admission.environment["PROXMOX_GATEWAY_KEY_FILE"]).read_text()
    return Connection(
        host="", user="", gateway=admission.environment["PROXMOX_GATEWAY"], gateway_key=key, pool_size=50, **options
    )


def inject(simulator, **rule):
    simulator.world.faults.rules.append(FaultRule(**rule))


def failure_of(client, method="GET", path="/version", params=None):
    with pytest.raises(errors.PveError) as caught:
        client.request(method, path, params)
    assert caught.value.hint, caught.value
    return caught.value


def start_of(guest):
    return f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/status/start"


def granted(path, method="POST", **params):
    return Grant([{"method": method, "path": path, "params": params}])


class TestGrants:
    def test_a_granted_request_is_carried_out_once(self, through, guest, writes):
        path = start_of(guest(running=False))
        with through(granted(path)) as client:
            assert wait_for_task(client, client.request("POST", path), time.monotonic() + 5).exitstatus == "OK"
            error = failure_of(client, "POST", path)

        assert error.code == errors.PERMISSION_DENIED
        assert error.http_status == 403
        assert "not in this run's grant" in error.message
        assert writes() == [("POST", path)]

    def test_what_was_judged_is_what_is_sent(self, through, guest, simulator):
        web = guest(running=True)
        path = f"/nodes/{web.node}/qemu/{web.vmid}/config"
        params = {"description": "ä & b=c; d\nund e", "tags": "a;b"}
        with through(granted(path, "PUT", **params)) as client:
            client.request("PUT", path, params)

        assert web.config["description"] == params["description"]

    def test_a_request_that_met_a_lock_may_be_sent_again(self, through, guest, simulator):
        path = start_of(guest(running=False))
        inject(simulator, path=path, status=500, message="can't lock file 'x' - got timeout", count=1)
        inject(simulator, task="qmstart", action="fail", message="VM is locked (backup)", count=1)
        with through(granted(path)) as client:
            assert failure_of(client, "POST", path).code == errors.GUEST_LOCKED
            with pytest.raises(errors.PveError, match="is locked"):
                wait_for_task(client, client.request("POST", path), time.monotonic() + 5)
            assert wait_for_task(client, client.request("POST", path), time.monotonic() + 5).exitstatus == "OK"

    def test_a_key_is_good_for_its_run_only(self, settings, tmp_path):
        gateway = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
        try:
            with gateway.admit(Grant(), tmp_path, lambda: None) as admission:
                link = connection_of(admission)
                assert Client(link).get("/version")
            assert failure_of(Client(link)).code == errors.AUTH_FAILED
        finally:
            gateway.close()
        assert failure_of(Client(link)).code == errors.UNREACHABLE

    def test_an_upload_is_judged_and_streamed(self, through, guest, writes):
        path = f"/nodes/{guest(running=True).node}/storage/local/upload"

        def upload(client, name):
            # The collection has no upload yet; its session does what the gateway is about.
            client.get("/version")
            files = {"content": (None, "iso"), "filename": (name, b"x" * 3_000_000, "application/octet-stream")}
            url = f"http://gateway/api2/json{path}"
            return client._session.request("POST", url, files=files)

        with through(granted(path, content="iso", filename="big.iso")) as client:
            with pytest.raises(errors.PveError, match="not in this run's grant"):
                upload(client, "other.iso")
            assert upload(client, "big.iso").json()["data"].startswith("UPID:")

        assert writes() == [("POST", path)]


class TestTheCluster:
    """What a run sees of the cluster is what it would see directly."""

    @pytest.mark.parametrize("action", ["html", "bad_json"])
    def test_an_answer_that_is_not_the_api_is_said_to_be_none(self, through, simulator, action):
        inject(simulator, action=action, path="/version")
        with through() as client:
            assert failure_of(client).code == errors.UNREACHABLE

    @pytest.mark.parametrize(
        "rule", [{"action": "reset"}, {"status": 503}, {"status": 595}, {"status": 599}, {"action": "html"}]
    )
    def test_reading_is_tried_again(self, through, simulator, rule):
        inject(simulator, path="/version", count=1, **rule)
        with through() as client:
            assert client.get("/version")["release"]

    def test_a_node_that_can_not_be_reached_is_told(self, through, simulator):
        inject(simulator, path="/version", status=595, message="No route to host")
        with through() as client:
            error = failure_of(client)

        assert (error.code, error.http_status) == (errors.NODE_OFFLINE, 595)
        assert "No route to host" in error.message

    def test_a_reason_is_told_whatever_stands_in_it(self, through, simulator):
        inject(simulator, path="/version", status=500, message="kein Platz für 'ÿ' % 20 \x85")
        with through() as client:
            error = failure_of(client)

        assert error.message.endswith("kein Platz für 'ÿ' % 20")

    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            ({"action": "reset"}, errors.UNREACHABLE),
            ({"status": 596}, errors.TIMEOUT),
            ({"action": "hang"}, errors.TIMEOUT),
        ],
    )
    def test_a_request_whose_fate_is_unknown_is_sent_once(self, through, simulator, guest, rule, code):
        path = start_of(guest(running=False))
        inject(simulator, path=path, **rule)
        with through(granted(path), read_timeout=0.5) as client:
            assert failure_of(client, "POST", path).code == code
            assert failure_of(client, "POST", path).code == errors.PERMISSION_DENIED

        assert simulator.world.faults.rules[0].hits == 1

    def test_parameters_that_the_cluster_refuses_are_named(self, through, guest):
        path = start_of(guest(running=False))
        with through(granted(path, timeout="soon")) as client:
            assert "timeout" in failure_of(client, "POST", path, {"timeout": "soon"}).fields

    @pytest.mark.parametrize(
        ("secret", "hint"),
        [("wrong", "is no UUID"), ("0f0e0d0c-0b0a-4908-8706-050403020100", "Check user and realm")],
    )
    def test_a_wrong_token_is_auth_failed(self, through, secret, hint):
        with through(token_secret=SecretStr(secret)) as client:
            error = failure_of(client)

        assert (error.code, error.http_status) == (errors.AUTH_FAILED, 401)
        assert hint in error.hint

    def test_what_the_authority_waits_for_too_long_is_not_known(self, settings, simulator, monkeypatch):
        monkeypatch.setattr(Running, "read_seconds", 0.5)
        inject(simulator, action="hang", path="/version", seconds=5)
        gateway = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
        try:
            [version] = make_reader(gateway)(["version"])
        finally:
            gateway.close()

        assert (version.status, version.error) == (None, "no answer within 0.5 s")


class TestTrust:
    def test_another_fingerprint_is_refused_before_anything_is_sent(self, through, simulator):
        for login in ({}, {"token_id": None, "token_secret": None, "password": SecretStr(simulator.password)}):
            with through(fingerprint=":".join(["00"] * 32), **login) as client:
                error = failure_of(client)
            assert error.code == errors.TLS_UNTRUSTED
            assert "pinned fingerprint" in error.message
        assert simulator.requests == []

    def test_the_ca_file_is_enough(self, through, simulator):
        with through(fingerprint=None, ca_path=simulator.ca_path) as client:
            assert client.get("/version")

    def test_an_unknown_certificate_is_refused_by_default(self, through, simulator, monkeypatch):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        with through(fingerprint=None) as client:
            assert failure_of(client).code == errors.TLS_UNTRUSTED

    def test_a_certificate_of_another_host_is_refused(self, through, simulator):
        with through(fingerprint=None, ca_path=simulator.ca_path, url=f"https://127.0.0.2:{simulator.port}") as client:
            assert failure_of(client).code in (errors.TLS_UNTRUSTED, errors.UNREACHABLE)

    @pytest.mark.parametrize("changes", [{"fingerprint": None, "ca_path": "/missing.pem"}, {"fingerprint": "AB:CD"}])
    def test_settings_that_make_no_sense_are_told(self, through, changes):
        with through(**changes) as client:
            assert failure_of(client).code == errors.INVALID_PARAMETER


class TestPasswords:
    @pytest.fixture
    def login(self, simulator):
        return {"token_id": None, "token_secret": None, "password": SecretStr(simulator.password)}

    def test_one_login_serves_many_requests_that_read_and_write(self, through, login, guest, writes):
        path = start_of(guest(running=False))
        with through(granted(path), **login) as client:
            assert wait_for_task(client, client.request("POST", path), time.monotonic() + 5).exitstatus == "OK"

        assert writes() == [("POST", "/access/ticket"), ("POST", path)]

    def test_a_ticket_that_is_not_taken_any_more_is_renewed(self, through, login, simulator, guest, writes):
        path = start_of(guest(running=False))
        with through(granted(path), **login) as client:
            client.get("/version")
            inject(simulator, path="/version", status=401, message="No ticket", count=1)
            assert client.get("/version")
            inject(simulator, path="/start", status=401, message="No ticket", count=1)
            assert client.request("POST", path)

        assert [entry for entry in writes() if entry[1] != path] == [("POST", "/access/ticket")] * 3

    def test_a_second_factor_comes_with_the_password(self, through, login, simulator):
        entry = parse_totp("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ")
        simulator.cluster.access.users[simulator.user].tfa["1"] = entry
        with through(**login) as client:
            error = failure_of(client)
        assert error.code == errors.AUTH_FAILED
        assert "PROXMOX_OTP" in error.hint

        with through(**login, otp=SecretStr(totp_code(entry, time.time()))) as client:
            assert client.get("/version")["release"]

    def test_a_wrong_password_is_told_as_the_cluster_says_it(self, through, login):
        with through(**{**login, "password": SecretStr('"wrong password"')}) as client:
            error = failure_of(client)

        assert error.code == errors.AUTH_FAILED
        assert "authentication failure" in error.message
        assert "stands in quotes" in error.hint


class TestTheTrace:
    def test_every_request_is_in_it(self, through, guest, tmp_path, simulator):
        path = start_of(guest(running=False))
        with through(granted(path)) as client:
            upid = client.request("POST", path)
            wait_for_task(client, upid, time.monotonic() + 5)
            failure_of(client, "DELETE", f"/nodes/pve1/qemu/{guest(running=True).vmid}", {"purge": 1})

        found = [(one["method"], one["path"], one["status"]) for one in trace.read(tmp_path)]
        assert [entry for entry in found if entry[2] == 200] == simulator.requests
        assert [one["note"] for one in trace.read(tmp_path)][-1] == "denied"
        assert all(one["bytes"] > 0 and one["ms"] > 0 for one in trace.read(tmp_path) if one["note"] is None)


class TestLoad:
    def test_identical_requests_at_one_time_are_sent_once(self, through, simulator):
        inject(simulator, action="delay", path="/cluster/resources", seconds=0.5)
        with through() as client, ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _turn: client.get("/cluster/resources"), range(10)))

        assert len(simulator.requests) < 10
        assert all(answer == answers[0] for answer in answers)

    def test_an_answer_is_never_older_than_what_the_run_knows(self, through, simulator, guest):
        web = guest(running=True)
        config = f"/nodes/{web.node}/qemu/{web.vmid}/config"
        inject(simulator, action="slow", path=f"{config}$", seconds=1.0, count=1)
        with through(granted(config, "PUT", description="new")) as client, ThreadPoolExecutor(1) as pool:
            before = pool.submit(client.get, config)
            time.sleep(0.3)
            client.request("PUT", config, {"description": "new"})
            assert client.get(config)["description"] == "new"
            before.result()

    def test_only_so_many_are_in_flight(self, through, simulator):
        inject(simulator, action="delay", path="/nodes/pve1/tasks", seconds=0.3)
        seen, ended = [], threading.Event()

        def watch():
            while not ended.wait(0.01):
                seen.append(len(connections(simulator)))

        watching = threading.Thread(target=watch)
        watching.start()
        with through() as client, ThreadPoolExecutor(50) as pool:
            list(pool.map(lambda number: client.get("/nodes/pve1/tasks", start=number), range(50)))
        ended.set()
        watching.join()

        assert max(seen) == IN_FLIGHT

    def test_a_cluster_that_is_down_is_told_without_trying_each_time(self, through, simulator):
        simulator.stop()
        with through() as client:
            failures = [failure_of(client) for _turn in range(3)]

        for error in failures:
            assert error.code == errors.UNREACHABLE
            assert f"Proxmox VE at 127.0.0.1:{simulator.port} can't be reached: Connection refused" in error.message

    def test_while_it_is_down_not_every_request_tries(self, through):
        tries = []
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(20)

            def hang_up():
                with suppress(OSError):
                    while True:
                        server.accept()[0].close()
                        tries.append(time.monotonic())

            threading.Thread(target=hang_up, daemon=True).start()
            with through(url=f"https://127.0.0.1:{server.getsockname()[1]}") as client:
                for _turn in range(4):
                    assert failure_of(client).code == errors.UNREACHABLE
            server.shutdown(socket.SHUT_RDWR)

        # Each of the four asks three times, in half a second altogether.
        assert 3 <= len(tries) <= 5

    @pytest.mark.thorough
    def test_connections_are_kept_but_never_meet_the_end_of_idle_ones(self, through, simulator):
        with through() as client:
            client.get("/version")
            kept = connections(simulator)
            client.get("/version")
            assert connections(simulator) == kept
            time.sleep(4.5)
            client.get("/version")
            assert not kept & connections(simulator)


def connections(simulator):
    """The local ports of the connections to the simulator."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {line[1] for line in lines if line[3] == "01" and line[2].endswith(f":{simulator.port:04X}")}


class TestHostilePlaybooks:
    @pytest.fixture
    def web(self, guest):
        return guest(running=True)

    @pytest.fixture
    def bridge(self, settings, tmp_path, web):
        """A bridge whose executor runs the hostile playbook in place of every other."""
        playbook = tmp_path / "hostile.yml"
        playbook.write_text(HOSTILE.replace("{{ vmid }}", str(web.vmid)).replace("{{ node }}", web.node))

        class Hostile(ColdExecutor):
            spied = ""

            def run(self, run, progress, cancel):
                outcome = super().run(replace(run, playbook=playbook, action="ansible.builtin.debug"), progress, cancel)
                # Every task but the first one has to succeed: every request of its own was answered 403.
                assert outcome.result, outcome.output
                self.spied = outcome.result["msg"]
                return outcome

        authority = Authority(settings)
        made = Bridge(settings, GatedExecutor(Hostile(settings.connection_env()), authority), authority)
        yield made
        made.close()

    @pytest.fixture
    def expected(self, web):
        of = f"/nodes/{web.node}/qemu"
        return [
            f"POST {of}/{web.vmid}/status/shutdown",
            f"POST {of}/{web.vmid}/status/stop",
            f"DELETE {of}/{web.vmid}",
            "POST /access/users/root@pam/token/evil",
            f"PUT {of}/../qemu/{web.vmid}/config",
            "PATCH /version",
        ]

    def test_a_hostile_reading_playbook_changes_nothing_and_learns_no_secret(
        self, bridge, web, writes, simulator, expected
    ):
        result = bridge.run(Request("list_guests", {}, "apply"), lambda _line: None, threading.Event())

        assert (writes(), web.running) == ([], True)
        assert "PROXMOX_GATEWAY=" in bridge._means.executor.executor.spied
        assert simulator.token_secret not in bridge._means.executor.executor.spied
        assert all(request in result.warnings[-1] for request in expected)
        (row,) = bridge.ledger.recent()
        assert all(request in row.summary for request in expected)
        sent = events.read_api_trace(bridge.ledger.folder(row.run_id))
        assert [f"{one['method']} {one['path']}" for one in sent if one["note"] == "denied"] == expected
        assert bridge.ledger.verify().faults == []

    def test_a_hostile_playbook_with_a_plan_can_do_nothing_else(
        self, bridge, settings, web, writes, simulator, tmp_path, expected
    ):
        other = next(one for one in simulator.cluster.guests.values() if one.type == "qemu" and one is not web)
        steps = [{"method": "POST", "path": f"/nodes/{other.node}/qemu/{other.vmid}/status/stop"}]
        folder = tmp_path / "run"
        permit = Permit(steps, lambda _permit: None, lambda _permit: None)
        run = PlaybookRun(folder, folder, "", {}, timeout=120, permit=permit)
        outcome = bridge._means.executor.run(run, lambda _line: None, threading.Event())

        assert (writes(), web.running) == ([], True)
        assert list(outcome.denied) == expected


class TestEnds:
    def test_nothing_is_left_of_a_gateway_that_ended(self, settings, tmp_path):
        before = threading.enumerate()
        gateway = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
        with gateway.admit(Grant(), tmp_path, lambda: None) as admission:
            path = Path(admission.environment["PROXMOX_GATEWAY"])
            assert path.parent.stat().st_mode & 0o777 == 0o700
            assert path.stat().st_mode & 0o777 == 0o600
            assert [key.stat().st_mode & 0o777 for key in path.parent.glob("*.key")] == [0o600]
        assert list(path.parent.glob("*.key")) == []
        gateway.close()

        assert not path.parent.exists()
        assert set(threading.enumerate()) <= set(before)

    def test_it_starts_anew_after_it_was_closed(self, settings, tmp_path):
        gateway = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
        for _turn in range(2):
            with gateway.admit(Grant(), tmp_path, lambda: None) as admission:
                assert Client(connection_of(admission)).get("/version")
            gateway.close()

    def test_what_a_killed_process_left_is_removed_by_the_next_one(self, monkeypatch):
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        script = (
            "import socket, time\n"
            "from mcp_bridge.system.private_folder import PrivateFolder\n"
            "folder = PrivateFolder()\n"
            "socket.socket(socket.AF_UNIX).bind(str(folder.path / 'socket'))\n"
            "print(folder.path, flush=True)\n"
            "time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            left = Path(process.stdout.readline().strip())
            (left / "0123.key").write_text("a key")
            PrivateFolder().remove()
            assert left.is_dir()
            process.kill()
        PrivateFolder().remove()

        assert not left.exists()
