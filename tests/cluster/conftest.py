"""`make test-cluster`: the scenarios of the modules on the live cluster that PROXMOX_* lead to."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.options import connection_spec
from cluster.detection import Found, Unusable, Wishes, find_place, has_kvm, require_free
from scenarios.running import remove_guests

_COULD_NOT = pytest.StashKey[dict[str, list[str]]]()
_LEFT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cluster", "the live cluster of make test-cluster")
    group.addoption("--pve-node", help="node to make guests on (the first one that is online)")
    group.addoption("--pve-storage", help="storage for their disks (one with snapshots, if there is one)")
    group.addoption("--pve-bridge", help="bridge for their networks (the first vmbr)")
    group.addoption("--pve-vmids", default="9000-9099", help="ids that are free and may be used (%(default)s)")
    group.addoption("--pve-backups", help="storage for backups (one that takes them)")
    group.addoption("--pve-ostemplate", help="volume of a container template (the smallest there is)")
    group.addoption("--pve-internet", action="store_true", help="let the cluster download what scenarios ask for")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COULD_NOT] = defaultdict(list)
    config.stash[_LEFT] = []


@pytest.fixture(scope="session")
def connection_env() -> dict[str, str]:
    """The environment that leads a module to the cluster."""
    return {name: value for name, value in os.environ.items() if name.startswith("PROXMOX_")}


@pytest.fixture(scope="session")
def client(connection_env: dict[str, str]) -> Client:
    checked = ArgumentSpecValidator(connection_spec()).validate({})
    if checked.error_messages:
        pytest.exit("; ".join(checked.error_messages), returncode=pytest.ExitCode.USAGE_ERROR)
    try:
        return Client(Connection.from_params(checked.validated_parameters))
    except PveError as error:
        pytest.exit(f"{error.message} {error.hint or ''}", returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def found(request: pytest.FixtureRequest, client: Client) -> Iterator[Found]:
    """The place for the scenarios. Whatever happens, its range of ids is empty again in the end."""
    config = request.config
    if hasattr(config, "workerinput"):
        pytest.exit("The scenarios share one cluster and run one after the other: leave -n out.", returncode=4)
    try:
        there = find_place(client, _wishes(config))
        _end_as_if_interrupted()
        yield from _held(client, there, config)
    except (Unusable, PveError) as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


def _held(client: Client, there: Found, config: pytest.Config) -> Iterator[Found]:
    place = there.place
    everything = range(place.first_vmid, place.last_vmid + 1)
    try:
        yield Found(replace(place, kvm=has_kvm(client, place)), there.reasons)
    finally:
        with contextlib.suppress(PveError):
            remove_guests(client, everything)
        try:
            require_free(client.get("/cluster/resources"), (place.first_vmid, place.last_vmid))
        except (Unusable, PveError) as error:
            config.stash[_LEFT].append(f"Could not be removed: {error}")


def _end_as_if_interrupted() -> None:
    """Let a termination remove what was made too, as ^C does."""

    def end(*unused: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


@pytest.fixture
def say_lacking(request: pytest.FixtureRequest, found: Found) -> Any:
    """`say_lacking(name, needs)`: say at the end what the cluster can't run, and why; returns the reason."""

    def say(name: str, needs: Iterable[str]) -> str:
        why = "; ".join(found.reasons.get(need, f"it lacks {need}") for need in sorted(needs))
        request.config.stash[_COULD_NOT][why].append(name)
        return why

    return say


@pytest.fixture
def could_not(say_lacking: Any) -> Any:
    """Skip a scenario that the cluster can't run, and say so at the end."""

    def skip(name: str, needs: Iterable[str]) -> None:
        pytest.skip(say_lacking(name, needs))

    return skip


def _wishes(config: pytest.Config) -> Wishes:
    first, dash, last = config.getoption("pve_vmids").partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and 100 <= int(first) <= int(last) - 9):
        raise Unusable("--pve-vmids takes a range of at least ten ids from 100 on, such as 9000-9099.")
    names = ("node", "storage", "bridge", "backups", "ostemplate", "internet")
    return Wishes((int(first), int(last)), **{name: config.getoption(f"pve_{name}") for name in names})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    could_not, left = config.stash[_COULD_NOT], config.stash[_LEFT]
    if could_not:
        terminalreporter.section("could not run here")
        for why, names in sorted(could_not.items()):
            terminalreporter.line(f"{why}:")
            for name in names:
                terminalreporter.line(f"  {name}")
    if left:
        terminalreporter.section("left behind", red=True)
        for line in left:
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_LEFT]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
