"""The client against a simulated cluster: trust, credentials, broken answers and what is sent again."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task

from pve_simulator.access.tfa import parse_totp, totp_code
from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.world.faults import FaultRule


@pytest.fixture
def connection(simulator):
    return Connection(
        host=simulator.host,
        port=simulator.port,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=simulator.token_secret,
        fingerprint=simulator.fingerprint.replace(":", "").lower(),
    )


SECRET = "7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"


def failure_of(connection, method="GET", path="/version", params=None):
    with pytest.raises(errors.PveError) as caught:
        Client(connection).request(method, path, params)
    assert caught.value.hint, caught.value
    return caught.value


def inject(simulator, **rule):
    simulator.world.faults.rules.append(FaultRule(**rule))


def seen(simulator, method, path):
    return [entry for entry in simulator.requests if entry[:2] == (method, path)]


class TestTrust:
    def test_the_pinned_fingerprint_is_enough(self, connection):
        assert Client(connection).get("/version")["release"]

    def test_with_a_pinned_fingerprint_no_ca_is_read(self, connection, monkeypatch):
        read = []
        monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *unused: read.append("CAs of the system"))

        assert Client(connection).get("/version")

        assert read == []

    def test_another_fingerprint_is_refused(self, connection):
        error = failure_of(replace(connection, fingerprint="00" * 32))

        assert error.code == errors.TLS_UNTRUSTED
        assert "pinned fingerprint" in error.message

    def test_the_ca_file_is_enough(self, connection, simulator):
        assert Client(replace(connection, fingerprint=None, ca_path=simulator.ca_path)).get("/version")

    def test_an_unknown_certificate_is_refused_by_default(self, connection):
        error = failure_of(replace(connection, fingerprint=None))

        assert error.code == errors.TLS_UNTRUSTED
        assert "ca_path" in error.hint

    def test_requests_ca_bundle_does_not_override_the_ca_file(self, connection, simulator, monkeypatch, tmp_path):
        other = tmp_path / "empty.pem"
        other.write_text("")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))

        assert Client(replace(connection, fingerprint=None, ca_path=simulator.ca_path)).get("/version")

    def test_requests_ca_bundle_does_not_loosen_the_fingerprint(self, connection, simulator, monkeypatch):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", simulator.ca_path)

        assert failure_of(replace(connection, fingerprint="00" * 32)).code == errors.TLS_UNTRUSTED

    def test_the_password_is_not_sent_to_a_server_that_is_not_trusted(self, connection, simulator):
        link = replace(connection, token_id=None, token_secret=None, password=simulator.password, fingerprint="00" * 32)

        assert failure_of(link).code == errors.TLS_UNTRUSTED
        assert not seen(simulator, "POST", "/access/ticket")

    def test_a_ca_file_that_is_not_there_is_named(self, connection, tmp_path):
        error = failure_of(replace(connection, fingerprint=None, ca_path=str(tmp_path / "missing.pem")))

        assert error.code == errors.INVALID_PARAMETER
        assert "missing.pem" in error.message


class TestCredentials:
    def test_a_password_logs_in_and_may_write(self, connection, simulator):
        client = Client(replace(connection, token_id=None, token_secret=None, password=simulator.password))

        stopped = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running)
        upid = client.request("POST", f"/nodes/{stopped.node}/qemu/{stopped.vmid}/status/start")

        assert wait_for_task(client, upid, time.monotonic() + 5).exitstatus == "OK"

    def test_a_wrong_secret_is_auth_failed(self, connection):
        error = failure_of(replace(connection, token_secret="wrong"))

        assert error.code == errors.AUTH_FAILED
        assert "is no UUID" in error.hint

    def test_a_wrong_password_is_auth_failed(self, connection):
        link = replace(connection, token_id=None, token_secret=None, password="'wrong'")
        error = failure_of(link)

        assert error.code == errors.AUTH_FAILED
        assert "stands in quotes" in error.hint

    def test_a_token_without_the_privilege_is_told_which_one_it_lacks(self, connection, simulator):
        access = simulator.cluster.access
        access.users["eve@pve"] = User(tokens={"look": Token(secret=SECRET, privsep=False)})
        access.acl.append(AclEntry("/", "user", "eve@pve", "PVEAuditor"))
        guest = next(g for g in simulator.cluster.guests.values() if g.type == "qemu")
        link = replace(connection, user="eve@pve", token_id="look", token_secret=SECRET)

        error = failure_of(link, "POST", f"/nodes/{guest.node}/qemu/{guest.vmid}/status/start")

        assert error.code == errors.PERMISSION_DENIED
        assert f"VM.PowerMgmt on /vms/{guest.vmid}" in error.message


class TestReach:
    def test_a_dead_port_is_unreachable(self, connection):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        error = failure_of(replace(connection, port=port))

        assert error.code == errors.UNREACHABLE
        assert f"127.0.0.1:{port}" in error.message
        assert "refused" in error.message

    def test_a_name_that_does_not_resolve_is_unreachable(self, connection):
        assert failure_of(replace(connection, host="pve.invalid")).code == errors.UNREACHABLE

    def test_a_server_that_does_not_answer_is_a_timeout(self, connection, simulator):
        inject(simulator, action="hang", path="/version", seconds=2)

        assert failure_of(replace(connection, read_timeout=0.2)).code == errors.TIMEOUT

    @pytest.mark.parametrize("action", ["html", "bad_json"])
    def test_an_answer_that_is_not_the_api_is_said_to_be_none(self, connection, simulator, action):
        inject(simulator, action=action, path="/version")

        assert failure_of(connection).code == errors.UNREACHABLE


class TestRetries:
    @pytest.mark.parametrize(
        "rule", [{"action": "reset"}, {"status": 503}, {"status": 595}, {"status": 599}, {"action": "html"}]
    )
    def test_reading_is_tried_again(self, connection, simulator, rule):
        inject(simulator, path="/version", count=1, **rule)

        assert Client(connection).get("/version")["release"]

    def test_reading_is_not_tried_for_ever(self, connection, simulator):
        inject(simulator, path="/version", status=595, message="No route to host")

        assert failure_of(connection).code == errors.NODE_OFFLINE
        assert len(seen(simulator, "GET", "/version")) == 4

    @pytest.mark.parametrize("rule", [{"action": "reset"}, {"status": 596}, {"status": 503}])
    def test_a_request_that_changes_something_is_sent_once(self, connection, simulator, rule):
        guest = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running)
        path = f"/nodes/{guest.node}/qemu/{guest.vmid}/status/start"
        inject(simulator, path=path, **rule)

        failure_of(connection, "POST", path)

        assert simulator.world.faults.rules[0].hits == 1

    def test_a_refusal_is_not_tried_again(self, connection, simulator):
        inject(simulator, path="/version", status=500, message="no way")
        with pytest.raises(errors.PveError, match="no way"):
            Client(connection).get("/version")

        assert len(seen(simulator, "GET", "/version")) == 1


class TestTasks:
    @pytest.fixture
    def start(self, connection, simulator):
        guest = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running)
        client = Client(connection)

        def start_and_wait(seconds=5.0):
            upid = client.request("POST", f"/nodes/{guest.node}/qemu/{guest.vmid}/status/start")
            return wait_for_task(client, upid, time.monotonic() + seconds)

        return start_and_wait

    def test_warnings_are_a_success_that_is_told(self, simulator, start):
        inject(simulator, task="qmstart", action="warn", message="WARN: no IOMMU")

        result = start()

        assert result.exitstatus.startswith("WARNINGS")
        assert any("no IOMMU" in line for line in result.warnings)

    def test_a_failed_task_carries_its_text_and_log(self, simulator, start):
        inject(simulator, task="qmstart", action="fail", message="bridge 'nosuch0' does not exist")
        with pytest.raises(errors.PveError, match="bridge 'nosuch0' does not exist") as caught:
            start()

        assert caught.value.code == errors.TASK_FAILED
        assert caught.value.task_log[-1] == "TASK ERROR: bridge 'nosuch0' does not exist"

    def test_a_task_that_outlives_its_timeout_is_not_called_failed(self, simulator, start):
        simulator.world.settings.task_seconds = 30.0
        with pytest.raises(errors.PveError, match="UPID:") as caught:
            start(seconds=0.2)

        assert caught.value.code == errors.TIMEOUT

    def test_a_node_that_is_silent_for_a_while_is_waited_for(self, simulator, start):
        simulator.world.settings.task_seconds = 0.3
        inject(simulator, path="/tasks/.*/status", status=595, message="Connection refused", count=6)

        assert start(seconds=20).exitstatus == "OK"


def test_parameter_errors_that_come_as_an_answer_500_are_named_all_the_same(connection):
    job = {"storage": "local", "schedule": "daily"}

    error = failure_of(connection, "POST", "/cluster/backup", job)

    assert (error.code, error.http_status) == (errors.INVALID_PARAMETER, 500)
    assert error.fields == {"vmid": "property is missing"}


class TestUploads:
    PATH = "/nodes/pve1/storage/local/upload"

    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "local-name.bin"
        path.write_bytes(b"\r\n--x\x00\xff" * 300_000)
        return path

    def parameters(self, file):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return {"content": "iso", "checksum-algorithm": "sha256", "checksum": digest, "filename": "a b.iso"}

    @pytest.mark.parametrize("login", ["token", "password"])
    def test_a_file_arrives_whole_and_with_its_checksum(self, connection, simulator, file, login):
        if login == "password":
            connection = replace(connection, token_id=None, token_secret=None, password=simulator.password)
        client = Client(connection)

        upid = client.request("POST", self.PATH, self.parameters(file), str(file))

        assert wait_for_task(client, upid, time.monotonic() + 5).exitstatus == "OK"
        volume = simulator.cluster.storages["local"].volumes_on("pve1")["local:iso/a_b.iso"]
        assert volume.size == file.stat().st_size

    def test_a_refusal_is_told_in_its_fields(self, connection, file):
        with pytest.raises(errors.PveError) as caught:
            Client(connection).request("POST", self.PATH, {"content": "images"}, str(file))

        assert (caught.value.code, list(caught.value.fields)) == (errors.INVALID_PARAMETER, ["content"])

    def test_an_upload_is_sent_once(self, connection, simulator, file):
        inject(simulator, path=self.PATH, action="reset")

        with pytest.raises(errors.PveError) as caught:
            Client(connection).request("POST", self.PATH, self.parameters(file), str(file))

        assert (caught.value.code, simulator.world.faults.rules[0].hits) == (errors.UNREACHABLE, 1)

    def test_a_file_that_is_not_there_is_named(self, connection):
        with pytest.raises(errors.PveError, match=r"nosuch\.iso"):
            Client(connection).request("POST", self.PATH, {"content": "iso"}, "nosuch.iso")


class TestOneTimePasswords:
    @pytest.fixture
    def login(self, connection, simulator):
        """A connection by password of a user with a second factor, and its code of now."""
        entry = parse_totp("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ")
        simulator.cluster.access.users[simulator.user].tfa["1"] = entry
        link = replace(connection, token_id=None, token_secret=None, password=simulator.password)
        return link, totp_code(entry, time.time())

    def test_with_one_the_user_is_logged_in(self, login):
        link, code = login

        assert Client(replace(link, otp=code)).get("/version")["release"]

    def test_without_one_that_is_told(self, login):
        error = failure_of(login[0])

        assert error.code == errors.AUTH_FAILED
        assert "second factor" in error.message
        assert "api_otp" in error.hint

    def test_a_wrong_one_is_refused(self, login):
        assert failure_of(replace(login[0], otp="000000")).code == errors.AUTH_FAILED
