"""Verifying the ledger in the background."""

from __future__ import annotations

import threading

from mcp_bridge.errors import LedgerError
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.verify import Verification
from playvisor.web.verifying import Verifier


def test_a_verification_goes_on_after_its_answer_and_is_the_only_one():
    begun, may_end = [], threading.Event()

    def verify():
        begun.append(1)
        may_end.wait()
        return Verification(runs=3)

    verifier = Verifier(verify)
    assert verifier.follow(0)["state"] == "never"
    assert [verifier.start(0)["state"], verifier.start(0)["state"]] == ["running", "running"]

    may_end.set()
    found = verifier.follow(60)
    assert (found["state"], found["runs"], len(begun)) == ("intact", 3, 1)


def test_what_is_not_as_it_was_written_is_told():
    verifier = Verifier(lambda: Verification(faults=[Fault("run", 1, "it was changed")]))

    assert verifier.start(60)["state"] == "damaged"


def test_a_verification_that_fails_says_why():
    def verify():
        raise LedgerError("There is no ledger.", "")

    assert (verifier := Verifier(verify)).start(60)["why"] == "There is no ledger."
    assert verifier.follow(0)["state"] == "failed"
