"""A permit is judged once before the first request, and looked at before each further one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from mcp_bridge.authority.verdict import Permit, Verdict
from mcp_bridge.result import Failure

STEPS = [{"method": "POST", "path": f"/nodes/pve1/qemu/{vmid}/status/start"} for vmid in range(101, 109)]
FROZEN = Verdict("frozen", failure=Failure(code="frozen", message="All changes are frozen."))


class Authority:
    """Says to a permit what it is told to, and remembers what it was asked."""

    def __init__(self, admitted=None, looked=None):
        self.asked = []
        self.answers = {"admit": admitted, "look": looked}

    def make_permit(self):
        return Permit(STEPS, lambda permit: self.ask("admit", permit), lambda permit: self.ask("look", permit))

    def ask(self, what, permit):
        self.asked.append((what, permit.sent))
        return self.answers[what]


def test_the_first_request_is_judged_and_each_further_one_looked_at():
    authority = Authority()
    permit = authority.make_permit()

    assert [permit.check() for _dummy in range(3)] == [None, None, None]
    assert authority.asked == [("admit", 0), ("look", 1), ("look", 2)]
    assert permit.refusal is None


def test_a_permit_that_is_not_admitted_stays_void():
    authority = Authority(admitted=FROZEN)
    permit = authority.make_permit()

    assert [permit.check() for _dummy in range(3)] == ["All changes are frozen."] * 3
    assert authority.asked == [("admit", 0)]
    assert (permit.sent, permit.refusal) == (0, FROZEN)


def test_a_freeze_stops_a_run_that_has_begun():
    authority = Authority()
    permit = authority.make_permit()
    permit.check()

    authority.answers["look"] = FROZEN

    assert permit.check() == "All changes are frozen."
    authority.answers["look"] = None
    assert permit.check() == "All changes are frozen."
    assert permit.sent == 1


def test_of_requests_that_come_side_by_side_one_is_judged_before_any_is_sent():
    begun, judging = threading.Event(), threading.Event()

    class Slow(Authority):
        def ask(self, what, permit):
            if what == "admit":
                begun.set()
                assert judging.wait(10)
            return super().ask(what, permit)

    authority = Slow(admitted=FROZEN)
    permit = authority.make_permit()
    with ThreadPoolExecutor(8) as pool:
        checks = [pool.submit(permit.check) for _dummy in range(8)]
        assert begun.wait(10)
        assert not any(check.done() for check in checks)
        judging.set()

    assert {check.result() for check in checks} == {"All changes are frozen."}
    assert authority.asked == [("admit", 0)]
