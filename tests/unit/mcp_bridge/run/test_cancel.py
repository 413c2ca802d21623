"""A run is cancelled by who asked for it, whatever the program calls itself, or by a person."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.auth.caller import Caller, make_local_client
from mcp_bridge.authority import Authority
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.record import Recorder
from mcp_bridge.settings import Settings

RUN = "a" * 36
MINE = Caller("token:mine", "client", (), "token", "model")


class Nothing:
    """Runs no playbook: nothing here needs one."""

    def run(self, run, progress, cancel):
        raise AssertionError("no playbook is to be run")

    def close(self):
        pass


@pytest.fixture
def cancel(tmp_path):
    """`cancel(caller)`: what becomes of cancelling a run of MINE that runs in this process, beyond its reach."""
    settings = Settings(url="https://pve.example.com:8006", token_secret="very-secret-indeed", state_dir=tmp_path)
    authority = Authority(settings)
    Recorder(settings, authority).open(Request("stop_guest", {"vmid": 101}, "apply", MINE), RUN, None)
    bridge = Bridge(settings, Nothing(), authority)

    def call(caller):
        return bridge.call(Request("cancel_run", {"run_id": RUN}, "apply", caller), print, threading.Event())

    return call


@pytest.mark.parametrize(
    "other",
    [
        Caller("token:other", "client", (), "token", "model"),
        Caller("oauth:mine", "client", (), "oauth", "model"),
        Caller("anonymous", "client", (), "none", "model"),
        make_local_client("model"),
        make_local_client("token:mine"),
    ],
    ids=["a token", "an OIDC subject", "nobody", "a local client", "a client named like the token"],
)
def test_another_client_by_the_same_name_cancels_nothing(cancel, other):
    refused = cancel(other)

    assert (refused.status, refused.failure.code) == ("refused", "refused")
    assert "is not this client's" in refused.summary


def test_the_asker_by_another_name_may_cancel_it(cancel):
    # It may, and finds that the process, which is this one, does not listen for it.
    tried = cancel(Caller("token:mine", "client", (), "token", "renamed"))

    assert (tried.failure.code, "can't be reached" in tried.summary) == ("internal", True)
