from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.trust import (
    describe_broken_tls,
    describe_other_product,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.unreachable import (
    unreachable_error,
    untrusted_error,
)


@pytest.mark.parametrize(
    ("status", "reason", "fields", "code"),
    [
        (401, "No ticket", None, errors.AUTH_FAILED),
        (401, "Authentication failed!", None, errors.AUTH_FAILED),
        (403, "Permission check failed (/vms/190, VM.PowerMgmt)", None, errors.PERMISSION_DENIED),
        (403, "Permission check failed (user != root@pam)", None, errors.PERMISSION_DENIED),
        (400, "Parameter verification failed.", {"cores": "type check failed"}, errors.INVALID_PARAMETER),
        (500, "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist", None, errors.NOT_FOUND),
        (500, "unable to find configuration file for VM 999 on node 'pve1'", None, errors.NOT_FOUND),
        (500, "VM is locked (backup)", None, errors.GUEST_LOCKED),
        (500, "CT is locked (snapshot-delete)", None, errors.GUEST_LOCKED),
        (
            500,
            "can't lock file '/var/lock/qemu-server/lock-180.conf' - got timeout",
            None,
            errors.GUEST_LOCKED,
        ),
        (500, "checksum mismatch (file change by other user?)", None, errors.DIGEST_CONFLICT),
        (
            500,
            "detected modified configuration - file changed by other user? Try again.",
            None,
            errors.DIGEST_CONFLICT,
        ),
        (500, "can't remove VM 115 - protection mode enabled", None, errors.PROTECTED),
        (500, "only root can set 'args' config", None, errors.PERMISSION_DENIED),
        (500, "no such cluster node 'nope'", None, errors.NOT_FOUND),
        (500, "storage 'nosuch' does not exist", None, errors.NOT_FOUND),
        (500, "update storage failed: storage 'nosuch' does not exist", None, errors.NOT_FOUND),
        (500, "create pool failed: parent 'a' of pool 'a/b' does not exist", None, errors.NOT_FOUND),
        (500, "update pools failed: pool 'nosuch' does not exist", None, errors.NOT_FOUND),
        (500, "volume 'local:iso/nosuch.iso' does not exist", None, errors.NOT_FOUND),
        (500, "create user failed: no such group 'nosuch'", None, errors.NOT_FOUND),
        (500, "no such user ('nosuch@pve')", None, errors.NOT_FOUND),
        (500, "no such token 'none' for user 'a@pve'", None, errors.NOT_FOUND),
        (500, "ACL update failed: role 'Nosuch' does not exist", None, errors.NOT_FOUND),
        (500, "resource 'vm:999' does not exist in cluster", None, errors.NOT_FOUND),
        (500, "create ha rule failed: cannot use non-existant node(s) nope.", None, errors.NOT_FOUND),
        (500, "no such option 'nosuch'", None, errors.TASK_FAILED),
        (403, "Permission check failed (pool 'nosuch' does not exist)", None, errors.NOT_FOUND),
        (403, "Permission check failed (, Sys.Audit)", None, errors.PERMISSION_DENIED),
        (500, "VM 101 not running", None, errors.TASK_FAILED),
        (500, "QEMU guest agent is not running", None, errors.UNSUPPORTED),
        (500, "No QEMU guest agent configured", None, errors.UNSUPPORTED),
        (501, "Method 'GET /foo' not implemented", None, errors.UNSUPPORTED),
        (595, "No route to host", None, errors.NODE_OFFLINE),
        (596, "Connection timed out", None, errors.TIMEOUT),
        (596, "Broken pipe", None, errors.TIMEOUT),
        (503, "Service Unavailable", None, errors.UNREACHABLE),
    ],
)
def test_an_answer_of_the_api_has_one_failure_code(status, reason, fields, code):
    error = errors.error_from_response("POST /nodes/pve1/qemu", status, reason, fields)

    assert (error.code, error.http_status) == (code, status)
    assert reason in error.message or fields or status == 403


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("400 Parameter verification failed.\nvmid: property is missing\n", {"vmid": "property is missing"}),
        (
            "update ha rule failed: 400 Parameter verification failed.\ntype: it is 'x'\nid: No such job: y\n",
            {"type": "it is 'x'", "id": "No such job: y"},
        ),
        ("no such vzdump job\n", {}),
        ("Parameter verification failed.\n", {}),
    ],
)
def test_parameter_errors_nested_in_a_message_are_found(message, fields):
    assert errors.parse_nested_errors(message) == fields


def test_credentials_that_did_not_arrive_are_not_told_as_wrong_ones():
    error = errors.error_from_response("GET /version", 401, "No ticket")

    assert "saw no credentials" in error.hint
    assert "Mail Gateway" in error.hint


@pytest.mark.parametrize(
    ("ticket", "named"),
    [
        ("PVE:root@pam:6A0B::x", None),
        ("PMG:root@pam:6A0B::x", "Proxmox Mail Gateway"),
        ("PBS:root@pam:6A0B::x", "Proxmox Backup Server"),
    ],
)
def test_another_product_is_known_by_its_ticket(ticket, named):
    assert (named or "") in (describe_other_product(ticket) or "")
    assert (describe_other_product(ticket) is None) == (named is None)


def test_every_line_of_a_nested_error_is_told():
    message = "create ha rule failed: 400 Rule 'aff' is invalid.\nresources: more resources than nodes\nnodes: none\n"
    fields = errors.parse_nested_errors(message)
    error = errors.error_from_response("POST /cluster/ha/rules", 500, message.splitlines()[0], fields)

    assert error.fields == {"resources": "more resources than nodes", "nodes": "none"}
    assert "resources: more resources than nodes" in error.message


@pytest.mark.parametrize(
    ("cause", "means"),
    [
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", "closed during TLS"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "does not speak HTTPS"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", None),
    ],
)
def test_a_fault_of_tls_is_one_of_the_certificate_only_if_it_says_so(cause, means):
    described = describe_broken_tls(cause)

    assert means in described if means else described is None


def test_parameter_errors_nested_in_a_500_are_parameter_errors():
    fields = {"vmid": "property is missing"}

    error = errors.error_from_response("POST /cluster/backup", 500, "400 Parameter verification failed.", fields)

    assert (error.code, error.fields) == (errors.INVALID_PARAMETER, fields)
    assert "vmid: property is missing" in error.message


def test_a_denied_request_names_privilege_and_path():
    error = errors.error_from_response(
        "POST /x", 403, "Permission check failed (/vms/190, VM.Config.Disk|VM.Config.CDROM)"
    )

    assert "VM.Config.Disk or VM.Config.CDROM on /vms/190" in error.message
    assert "role" in error.hint


def test_rejected_parameters_keep_the_words_of_the_api():
    error = errors.error_from_response("POST /x", 400, "Parameter verification failed.", {"vmid": "too small\n"})

    assert error.fields == {"vmid": "too small"}
    assert "vmid: too small" in error.message


def test_a_failure_always_has_the_same_keys():
    failure = errors.PveError(errors.TIMEOUT, "too long").failure()

    assert set(failure) == {"code", "http_status", "message", "fields", "hint", "task_log"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("VM quit/powerdown failed - got timeout", errors.TASK_FAILED),
        ("VM is locked (migrate)", errors.GUEST_LOCKED),
        ("snapshot 'nosuch' does not exist", errors.NOT_FOUND),
        ("cannot remove protected volume 'local:backup/x' on 'local'", errors.PROTECTED),
        ("you can't start a vm if it's a template", errors.TASK_FAILED),
        ("Configuration file 'nodes/pve1/lxc/9.conf' does not exist", errors.NOT_FOUND),
    ],
)
def test_a_task_text_has_one_failure_code(text, code):
    assert errors.classify(text)[0] == code


def test_an_agents_error_is_not_taken_for_a_slow_node():
    error = errors.error_from_response("POST /nodes/pve1/qemu/101/agent/exec", 596, "Broken pipe")

    assert error.code == errors.TASK_FAILED
    assert "no such program" in error.message


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        ("Name or service not known", "DNS"),
        ("[Errno 8] nodename nor servname provided", "DNS"),
        ("Connection refused", "the port"),
        ("what answers at that port does not speak HTTPS", "the port"),
        ("no connection within 10 s", "firewall"),
        ("No route to host", "firewall"),
        ("Broken pipe", "pveproxy"),
    ],
)
def test_what_to_do_is_told_by_why_there_is_no_connection(cause, named):
    assert named in unreachable_error("pve1:8006", cause).hint


@pytest.mark.parametrize(
    ("cause", "ca_path", "named"),
    [
        ("certificate has expired", None, "clocks"),
        ("certificate is not yet valid", "/ca.pem", "clocks"),
        ("IP address mismatch, certificate is not valid for '10.0.0.1'", "/ca.pem", "name or address"),
        ("self-signed certificate", None, "Set ca_path"),
        ("self-signed certificate", "/ca.pem", "The CA in /ca.pem did not sign it"),
    ],
)
def test_an_untrusted_certificate_is_explained(cause, ca_path, named):
    error = untrusted_error("pve1:8006", cause, pinned=False, ca_path=ca_path)

    assert error.hint.startswith(named) or named in error.hint
