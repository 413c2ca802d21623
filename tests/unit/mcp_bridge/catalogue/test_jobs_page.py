"""docs/jobs.md says what the jobs took when they were last counted, and which of them the default tools can do."""

from __future__ import annotations

from jobs.jobs import JOBS
from jobs.numbers import load_numbers, read_table, render_table

from mcp_bridge.catalogue.offer import make_offer


def test_the_page_has_the_numbers_of_every_job():
    assert list(load_numbers()) == list(JOBS)
    assert read_table() == render_table()


def test_the_default_tools_do_for_most_jobs():
    served = [name for name, job in JOBS.items() if not job.toolsets]

    assert [name for name, facts in load_numbers().items() if set(facts["tools"]) <= set(make_offer().names)] == served
    assert len(served) >= 6


def test_no_job_takes_more_than_it_did_before():
    worse = {
        f"{name}: {kind}"
        for name, facts in load_numbers().items()
        for kind in ("calls", "structured", "approvals")
        if facts["now"][kind] > facts["before"][kind]
    }

    # A container restarts when it moves, which a person is asked about on the way back, too; and what followed the
    # prompt that was wrong came to no end. The day of a guest has numbers all day, where it had those of its last hour.
    assert worse <= {"maintenance: approvals", "slowness: calls", "slowness: structured"}
