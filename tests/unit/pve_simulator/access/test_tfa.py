"""Time-based one-time passwords and recovery codes."""

from __future__ import annotations

import base64

import pytest

from pve_simulator.access.tfa import (
    add_recovery,
    is_answer_valid,
    is_challenge_valid,
    is_totp_valid,
    issue_challenge_ticket,
    parse_totp,
    totp_code,
)
from pve_simulator.errors import ApiError
from pve_simulator.requests.auth import find_ticket_user
from pve_simulator.state.access import TfaEntry, User
from pve_simulator.state.cluster import Cluster

# The key of RFC 6238, appendix B.
SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_codes_are_those_of_rfc_6238(moment, code):
    assert totp_code(TfaEntry("totp", secret=SECRET, digits=8), moment) == code


def test_a_code_is_good_one_step_early_and_late_and_no_longer():
    entry = TfaEntry("totp", secret=SECRET)
    code = totp_code(entry, 1000)

    assert [is_totp_valid(entry, code, 1000 + shift) for shift in (-40, 0, 30, 90)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("https://example.com", "not an otpauth totp uri"),
        ("otpauth://totp/x?digits=6", "missing secret in otpauth uri"),
        ("otpauth://totp/x?secret=1", "failed to parse otpauth uri"),
        ("otpauth://totp/x?secret=GEZDGNBV&period=0", "failed to parse otpauth uri"),
    ],
)
def test_uris_that_describe_no_factor_are_refused(uri, text):
    with pytest.raises(ApiError) as caught:
        parse_totp(uri)

    assert caught.value.message == text


@pytest.fixture
def cluster():
    made = Cluster()
    made.access.users["ann@pve"] = User(tfa={"one": TfaEntry("totp", secret=SECRET)})
    made.access.users["bob@pve"] = User(tfa={"one": TfaEntry("totp", secret=SECRET)})
    return made


def test_a_challenge_is_answered_by_its_own_user_only_and_logs_nobody_in(cluster):
    ticket = issue_challenge_ticket(cluster, "ann@pve", 1000)

    assert is_challenge_valid(cluster, "ann@pve", ticket, 1000)
    assert not is_challenge_valid(cluster, "bob@pve", ticket, 1000)
    assert find_ticket_user(cluster, ticket, 1000) is None


@pytest.mark.parametrize(("answer", "good"), [("totp:287082", True), ("totp:287083", False), ("287082", False)])
def test_an_answer_names_the_factor_it_is_for(cluster, answer, good):
    assert is_answer_valid(cluster.access.users["ann@pve"], answer, 59) is good


def test_a_recovery_code_is_good_once(cluster):
    user = cluster.access.users["ann@pve"]
    code = add_recovery(user, 1000)[3]

    answers = [is_answer_valid(user, f"recovery:{code}", 1000) for attempt in range(2)]

    assert answers == [True, False]


def test_nobody_gets_recovery_codes_twice(cluster):
    add_recovery(cluster.access.users["ann@pve"], 1000)

    with pytest.raises(ApiError, match="user already has recovery keys"):
        add_recovery(cluster.access.users["ann@pve"], 1001)
