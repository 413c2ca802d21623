"""Runs that touch the same guest wait for each other, whichever client and process they are of."""

from __future__ import annotations

import threading

import anyio
import pytest

from mcp_bridge.authority import guest_locks
from mcp_bridge.database.open import Database

CLUSTER = "pve:lab"


@pytest.fixture
def database(tmp_path):
    return Database(tmp_path)


@pytest.mark.flow
def test_two_clients_wait_for_each_other_only_on_the_same_guest(serving, talk, guest, simulator, ledger):
    simulator.world.settings.task_seconds = 2.0
    first, second = guest(running=False), guest(running=True, kind="lxc")
    done = {}

    def posted():
        return any(method == "POST" for method, _path, _status in simulator.requests)

    async def work(url, name, tool, arguments):
        async def steps(client):
            return await client.call_tool(tool, arguments)

        done[name] = (await talk(url, None, steps, name=name)).structured_content

    async def all_of_them(url):
        async with anyio.create_task_group() as group:
            group.start_soon(work, url, "one", "start_guest", {"vmid": first.vmid})
            while not posted():
                await anyio.sleep(0.02)
            group.start_soon(work, url, "two", "set_guest_tags", {"vmid": first.vmid, "add_tags": ["late"]})
            group.start_soon(work, url, "three", "set_guest_tags", {"vmid": second.vmid, "add_tags": ["early"]})

    with serving("--mode", "apply", "--toolsets", "power,provision", "--no-auth") as url:
        anyio.run(all_of_them, url)

    assert {name: result["status"] for name, result in done.items()} == {"one": "ok", "two": "ok", "three": "ok"}
    asked = [(method, path) for method, path, _status in simulator.requests]
    looks = [at for at, (_method, path) in enumerate(asked) if "/tasks/UPID" in path]
    assert asked.index(("PUT", f"/nodes/{first.node}/qemu/{first.vmid}/config")) > looks[-1]
    assert asked.index(("PUT", f"/nodes/{second.node}/lxc/{second.vmid}/config")) < looks[-1]


def test_the_locks_of_several_guests_are_taken_all_or_none(database):
    cancel = threading.Event()
    with guest_locks.hold(database, CLUSTER, ["101", "102"], cancel) as alone:
        assert alone
        with guest_locks.hold(database, CLUSTER, ["103"], cancel) as beside:
            assert beside
        with guest_locks.hold(database, "pve:other", ["101"], cancel) as elsewhere:
            assert elsewhere
        cancel.set()
        with guest_locks.hold(database, CLUSTER, ["103", "102"], cancel) as given_up:
            assert not given_up
    with guest_locks.hold(database, CLUSTER, ["102", "103"], cancel) as later:
        assert later


def test_whoever_waits_goes_on_when_the_lock_is_free(database):
    order, waiting = [], threading.Event()

    def second():
        waiting.set()
        with guest_locks.hold(database, CLUSTER, ["101"], threading.Event()) as alone:
            order.append(("second", alone))

    with guest_locks.hold(database, CLUSTER, ["101"], threading.Event()):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait(10)
        order.append(("first", True))
    thread.join(10)

    assert order == [("first", True), ("second", True)]


def test_what_is_only_copied_is_shared_and_what_has_to_be_free_is_not_waited_for(database):
    copying = guest_locks.Manner(shared=["9000"], free=["100", "101"], label="first")
    cancel, waited_for = threading.Event(), []
    with (
        guest_locks.hold(database, CLUSTER, ["9000", "100"], cancel, copying) as one,
        guest_locks.hold(database, CLUSTER, ["9000", "101"], cancel, copying) as other,
        guest_locks.hold(database, CLUSTER, ["9000", "100"], cancel, copying) as late,
    ):
        assert (one, other, late) == (True, True, False)
        assert guest_locks.find_held(database, CLUSTER, ["99", "100", "101", "102"]) == {"100", "101"}

        def give_up(target, holder):
            waited_for.append((target, holder))
            cancel.set()

        changing = guest_locks.Manner(on_wait=give_up)
        with guest_locks.hold(database, CLUSTER, ["9000"], cancel, changing) as alone:
            assert not alone
    assert waited_for == [("9000", "first")]
    assert guest_locks.find_held(database, CLUSTER, ["100", "101"]) == set()
