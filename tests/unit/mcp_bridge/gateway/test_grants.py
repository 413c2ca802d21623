"""What a run may send: tables of plan steps and requests."""

from __future__ import annotations

import pytest

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.request import ApiRequest, parse_api_path, parse_params, parse_segments

PATH = "/nodes/pve1/qemu/101/status/shutdown"
SHUTDOWN = {"vmid": 101, "method": "POST", "path": PATH, "params": {"timeout": 60}, "task": True, "why": "it runs"}
UPID = "UPID:pve1:000003FE:00089254:6B00E968:qmshutdown:101:root@pam!mcp:"


def asked(method="POST", path=PATH, form="timeout=60"):
    return ApiRequest(method, parse_segments(path), parse_params(form))


def step(**params):
    return {"method": "POST", "path": PATH, "params": params}


def test_a_step_may_be_sent_as_it_was_planned():
    assert Grant([SHUTDOWN]).claim(asked())


@pytest.mark.parametrize(
    "request_",
    [
        asked(method="PUT"),
        asked(method="DELETE", path="/nodes/pve1/qemu/101"),
        asked(path="/nodes/pve1/qemu/102/status/shutdown"),
        asked(path="/nodes/pve2/qemu/101/status/shutdown"),
        asked(path="/nodes/pve1/qemu/101/status/stop"),
        asked(path="/nodes/pve1/qemu/101/status"),
        asked(form=""),
        asked(form="timeout=61"),
        asked(form="timeout=60&forceStop=1"),
        asked(form="timeout=60&timeout=60"),
    ],
    ids=lambda one: f"{one.method} {one.display_path} {dict(one.params)}",
)
def test_any_other_request_is_denied(request_):
    assert Grant([SHUTDOWN]).claim(request_) is None


def test_a_reading_run_may_send_nothing():
    assert Grant().claim(asked()) is None


@pytest.mark.parametrize(
    ("planned", "form"),
    [
        ({}, ""),
        ({"cores": 4, "memory": "2048", "cpulimit": 0.5}, "cores=4&memory=2048&cpulimit=0.5"),
        ({"name": "a b", "tags": "x;y"}, "name=a+b&tags=x%3By"),
        ({"name": "é"}, "name=%C3%A9"),
        ({"description": ""}, "description="),
        ({"description": None}, ""),
        ({"command": ["ls", "-l"]}, "command=ls&command=-l"),
        ({"command": []}, ""),
        ({"cipassword": "********"}, "cipassword=whatever"),
        ({"cipassword": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}, "cipassword=whatever"),
        ({"digest": "abc", "cores": 2}, "cores=2&digest=def"),
        ({"cores": 2}, "cores=2&digest=def"),
    ],
)
def test_parameters_are_those_of_the_plan(planned, form):
    assert Grant([step(**planned)]).claim(asked(form=form))


@pytest.mark.parametrize(
    ("planned", "form"),
    [
        ({"command": ["ls", "-l"]}, "command=-l&command=ls"),
        ({"command": ["ls", "-l"]}, "command=ls+-l"),
        ({"cipassword": "********"}, ""),
        ({"digest": "abc"}, ""),
        ({"digest": "abc", "cores": 2}, "cores=2"),
        ({"force": 0}, "force=1"),
        ({"force": 0}, "force=0;force=1"),
    ],
)
def test_parameters_that_differ_are_not(planned, form):
    assert Grant([step(**planned)]).claim(asked(form=form)) is None


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_step_may_succeed_as_often_as_the_plan_has_it(times):
    grant = Grant([SHUTDOWN] * times)

    for _turn in range(times):
        grant.record_answer(grant.claim(asked()), 200, None)

    assert grant.claim(asked()) is None


@pytest.mark.parametrize(("status", "again"), [(500, True), (403, True), (595, True), (200, False), (596, False)])
def test_a_step_that_was_surely_refused_may_be_sent_again(status, again):
    grant = Grant([SHUTDOWN])

    grant.record_answer(grant.claim(asked()), status, None)

    assert bool(grant.claim(asked())) is again


def test_a_step_that_is_under_way_may_not_be_sent_again():
    grant = Grant([SHUTDOWN])
    grant.claim(asked())

    assert grant.claim(asked()) is None


@pytest.mark.parametrize(
    ("exitstatus", "again"), [("VM is locked (backup)", True), ("OK", False), ("WARNINGS: 2", False)]
)
def test_a_step_whose_task_failed_may_be_sent_again(exitstatus, again):
    grant = Grant([SHUTDOWN])
    grant.record_answer(grant.claim(asked()), 200, UPID)
    assert grant.is_waiting_for(UPID)

    grant.record_task_end(UPID, exitstatus)

    assert bool(grant.claim(asked())) is again
    assert not grant.is_waiting_for(UPID)


def test_the_end_of_somebody_elses_task_gives_nothing_back():
    grant = Grant([SHUTDOWN])
    grant.record_answer(grant.claim(asked()), 200, UPID)

    grant.record_task_end(UPID.replace("3FE", "3FF"), "VM is locked (backup)")

    assert grant.claim(asked()) is None


def test_one_failed_task_gives_its_step_back_once():
    grant = Grant([SHUTDOWN])
    grant.record_answer(grant.claim(asked()), 200, UPID)
    grant.record_task_end(UPID, "failed")
    grant.claim(asked())

    grant.record_task_end(UPID, "failed")

    assert grant.claim(asked()) is None


def test_a_request_that_a_read_tool_names_may_be_sent_on_any_guest_at_any_time():
    grant = Grant(requests=["POST /nodes/{node}/qemu/{vmid}/vncproxy"])

    assert grant.claim(asked(path="/nodes/pve1/qemu/101/vncproxy", form="websocket=1"))
    assert grant.claim(asked(path="/nodes/pve2/qemu/102/vncproxy"))
    assert grant.claim(asked(path="/nodes/pve1/lxc/101/vncproxy")) is None
    assert grant.claim(asked(path="/nodes/pve1/qemu/101/vncproxy/x")) is None
    assert grant.claim(asked(method="PUT", path="/nodes/pve1/qemu/101/vncproxy")) is None


def test_ten_thousand_steps_are_found_fast():
    steps = [{"method": "POST", "path": f"/nodes/pve1/qemu/{vmid}/status/start", "params": {}} for vmid in range(10000)]
    grant = Grant(steps)

    assert all(grant.claim(ApiRequest("POST", parse_segments(one["path"]))) for one in steps)


class TestPaths:
    @pytest.mark.parametrize(
        ("raw", "path"),
        [
            ("/api2/json/version", ("version",)),
            ("/api2/json/nodes/pve1/storage/local/content/local:iso%2Fa.iso", None),
            ("/api2/json/access/users/ops@pve", ("access", "users", "ops@pve")),
            ("/api2/json/pools/a%20b", ("pools", "a b")),
        ],
    )
    def test_a_path_is_read_segment_by_segment(self, raw, path):
        assert parse_api_path(raw) == (path or ("nodes", "pve1", "storage", "local", "content", "local:iso/a.iso"))

    @pytest.mark.parametrize(
        "raw",
        [
            "/",
            "/api2/json",
            "/api2/extjs/version",
            "/api2/html/version",
            "/novnc/x",
            "/api2/json/nodes/../access/users",
            "/api2/json/nodes/%2e%2e/access/users",
            "/api2/json/nodes//qemu",
            "/api2/json/nodes/./qemu",
            "/api2/json/nodes/a%00b",
            "/api2/json/nodes/%ff",
            "/api2/json/nodes/a%0d%0aHost:b",
        ],
    )
    def test_a_path_that_may_mean_another_place_is_none(self, raw):
        with pytest.raises(ValueError, match="not a path of the API"):
            parse_api_path(raw)

    @pytest.mark.parametrize("form", ["a", "a&b=1", "=&", "a=%ff", "&a=1"])
    def test_a_form_that_can_be_read_in_two_ways_is_none(self, form):
        with pytest.raises(ValueError, match="not a form"):
            parse_params(form)
