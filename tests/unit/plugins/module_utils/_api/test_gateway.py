from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.gateway import error_from_fault

TOLD = {"address": "pve1:8006", "cause": "not in this run's grant"}


@pytest.mark.parametrize(
    ("code", "expected", "status", "named"),
    [
        ("not_granted", errors.PERMISSION_DENIED, 403, "Not allowed: POST /x: not in this run's grant."),
        ("unknown_key", errors.AUTH_FAILED, 401, "key of this run"),
        ("timeout", errors.TIMEOUT, None, "pve1:8006 did not answer POST /x in time"),
        ("tls_untrusted", errors.TLS_UNTRUSTED, None, "certificate of pve1:8006 is not trusted"),
        ("other_certificate", errors.TLS_UNTRUSTED, None, "pinned fingerprint"),
        ("auth_failed", errors.AUTH_FAILED, None, "grant"),
        ("invalid_parameter", errors.INVALID_PARAMETER, None, "grant"),
        ("unreachable", errors.UNREACHABLE, None, "Proxmox VE at pve1:8006 can't be reached"),
        ("gateway_failed", errors.UNREACHABLE, None, "The gateway itself failed at POST /x"),
        ("of a later version", errors.UNREACHABLE, None, "can't be reached"),
    ],
)
def test_every_fault_is_a_failure_that_says_what_to_do(code, expected, status, named):
    error = error_from_fault(code, TOLD, "POST /x", "POST")

    assert (error.code, error.http_status) == (expected, status)
    assert named in error.message
    assert error.hint
