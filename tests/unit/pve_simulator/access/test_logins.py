"""Passwords, second factors, and what a login gets."""

from __future__ import annotations

from pve_simulator.access.tfa import parse_totp, totp_code


def grant(caller, path, role):
    assert caller.root("PUT", "/access/acl", path=path, roles=role, users="ann@pve")[0] == 200


def test_a_password_is_changed_after_a_login_and_with_the_old_one(caller, ann):
    login = caller.login("ann@pve", "secret-of-ann")
    path = "/access/password"

    assert ann("PUT", path, userid="ann@pve", password="new-secret")[0] == 403
    assert login("PUT", path, userid="ann@pve", password="new-secret")[2]["errors"] == {
        "confirmation-password": "password is required to modify user"
    }
    changed = {"userid": "ann@pve", "password": "new-secret"}
    assert login("PUT", path, **changed, **{"confirmation-password": "wrong"})[1] == "invalid credentials"
    assert login("PUT", path, **changed, **{"confirmation-password": "secret-of-ann"})[0] == 200
    assert caller.login("ann@pve", "new-secret")("GET", "/version")[0] == 200


def test_a_login_can_ask_for_privileges_instead_of_a_ticket(caller, ann):
    grant(caller, "/vms/101", "PVEVMUser")
    asked = {"username": "ann@pve", "password": "secret-of-ann", "path": "/vms/101"}

    body = caller.send({}, "POST", "/access/ticket", **asked, privs="VM.Console")[2]
    assert body["data"]["username"] == "ann@pve"
    assert "ticket" not in body["data"]
    assert caller.send({}, "POST", "/access/ticket", **asked, privs="VM.Allocate")[:2] == (
        401,
        "authentication failure",
    )


def test_capabilities_gather_privileges_from_all_paths(caller, ann):
    grant(caller, "/pool/front", "PVEVMUser")
    grant(caller, "/mapping/pci/x", "PVEMappingUser")

    body = caller.send({}, "POST", "/access/ticket", username="ann@pve", password="secret-of-ann")[2]

    assert "VM.PowerMgmt" in body["data"]["cap"]["vms"]
    assert body["data"]["cap"]["mapping"] == {"Mapping.Audit": 1, "Mapping.Use": 1}
    assert body["data"]["cap"]["nodes"] == {}
    assert "clustername" not in body["data"]


def test_a_login_with_a_second_factor_takes_two_steps(caller, ann):
    clock = caller.api.driver.clock
    login = caller.login("ann@pve", "secret-of-ann")
    uri = "otpauth://totp/ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    factor = parse_totp(uri)
    added = {"type": "totp", "description": "phone", "password": "secret-of-ann", "totp": uri}
    assert login("POST", "/access/tfa/ann@pve", **added, value="000000")[1] == "failed to verify TOTP challenge"
    assert login("POST", "/access/tfa/ann@pve", **added, value=totp_code(factor, clock.time()))[0] == 200

    password = {"username": "ann@pve", "password": "secret-of-ann"}
    first = caller.send({}, "POST", "/access/ticket", **password)[2]["data"]
    code = f"totp:{totp_code(factor, clock.time())}"
    second = {"username": "ann@pve", "password": code, "tfa-challenge": first["ticket"]}
    last = caller.send({}, "POST", "/access/ticket", **second)

    at_once = caller.send({}, "POST", "/access/ticket", **password, otp=code)
    assert (at_once[0], "NeedTFA" in at_once[2]["data"]) == (200, False)
    assert caller.send({}, "POST", "/access/ticket", **password, otp="totp:000000")[0] == 401
    assert first["NeedTFA"] == 1
    assert "cap" not in first
    assert (last[0], "NeedTFA" in last[2]["data"]) == (200, False)
    assert caller.root("GET", "/access/users/ann@pve/tfa", multiple=1)[2]["data"] == {"user": ["totp"]}
    assert ann("POST", "/access/tfa/ann@pve", type="recovery")[0] == 403


def test_a_wrong_password_may_hold_any_characters(caller, ann):
    for password in ("pässwörd-日本", "", "PVE:ann@pve:00000000::x"):
        reply = caller.send({}, "POST", "/access/ticket", username="ann@pve", password=password)
        assert reply[:2] == (401, "authentication failure")
