"""Many tasks are waited for by the lists of their nodes."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import AUTH_FAILED, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.task_lists import TaskLists


class Nodes:
    """What nodes say of their tasks, and how often they were asked."""

    def __init__(self):
        self.running = {"pve1": ["one", "two"]}
        self.asked = []

    def fetch(self, node):
        self.asked.append(node)
        if node not in self.running:
            raise PveError(AUTH_FAILED, "nobody may")
        return [{"upid": upid} for upid in self.running[node]] + [{"upid": "ended", "endtime": 1}]


@pytest.fixture
def nodes():
    return Nodes()


@pytest.fixture
def lists(nodes):
    """Lists that three wait for, on each of two nodes."""
    found = TaskLists(nodes.fetch)
    with ExitStack() as waiting:
        for node in ("pve1", "pve2") * 3:
            waiting.enter_context(found.register_wait(node))
        yield found


def test_one_list_tells_of_all_tasks_on_its_node(lists, nodes):
    began = time.monotonic()

    told = {upid: lists.is_listed_running("pve1", upid, began) for upid in ("one", "two", "ended", "none")}

    assert told == {"one": True, "two": True, "ended": False, "none": False}
    assert nodes.asked == ["pve1"]


def test_a_list_is_asked_for_again_when_it_is_too_old(lists, nodes):
    assert lists.is_listed_running("pve1", "one", time.monotonic())
    nodes.running["pve1"] = []

    assert lists.is_listed_running("pve1", "one", time.monotonic() - 60)
    assert not lists.is_listed_running("pve1", "one", time.monotonic())
    assert nodes.asked == ["pve1", "pve1"]


def test_a_few_tasks_are_looked_at_themselves(nodes):
    lists = TaskLists(nodes.fetch)

    with lists.register_wait("pve1"), lists.register_wait("pve1"), lists.register_wait("pve2"):
        assert not lists.is_worthwhile("pve1")
        assert not lists.is_listed_running("pve1", "one", time.monotonic())
    assert nodes.asked == []


def test_lists_that_can_not_be_read_are_not_asked_for_again(lists, nodes):
    for _time in range(2):
        assert not lists.is_listed_running("pve2", "one", time.monotonic())
    assert nodes.asked == ["pve2"]
