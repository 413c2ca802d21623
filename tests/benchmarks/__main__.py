"""Measures Playvisor beside what people would use instead: `make bench`, `make bench ONLY=list_guests`.

Prints what it finds, keeps it as JSON in .work/benchmarks.json, and says which ratios are clearly worse than those of
the committed results. Missed goals and worse ratios are reported, and no more: the status is 0.
"""

from __future__ import annotations

import importlib
import sys

from harness import machine, options, table
from harness.cluster import ROOT
from harness.results import COMMITTED, Outcome, Results

NAMES = (
    "list_guests",
    "start_guest",
    "start_many",
    "inventory",
    "observe",
    "fleet",
    "throughput",
    "rest",
    "ledger",
    "history",
    "growth",
    "gateway",
    "simulator",
    "open_pages",
    "pages",
)
# What several folders of tests share.
sys.path.append(str(ROOT / "tests"))
_LAST = ROOT / ".work" / "benchmarks.json"


def main() -> None:
    """Run what was asked for."""
    wanted = options.parsed(NAMES)
    committed, found = Results.load(COMMITTED), Results(machine.described())
    for name in wanted.only:
        print(f"{name} …", file=sys.stderr, flush=True)
        outcome: Outcome = importlib.import_module(name).measure(wanted)
        outcome.load = machine.load()
        found.outcomes[name] = outcome
        print("\n".join(table.lines(name, outcome)), flush=True)
        # After each, for a run of all takes long, and may be cut off.
        found.save(_LAST)
        if wanted.write:
            _renew(committed, found)
    worse = list(found.regressions(committed))
    print("\n" + "\n".join(["Clearly worse than the committed results:", *worse] if worse else ["Nothing is worse."]))


def _renew(committed: Results, found: Results) -> None:
    """Put what was found into the committed results and the page, beside what is there of other benchmarks."""
    known = {**committed.outcomes, **found.outcomes}
    renewed = Results(found.machine, {name: known[name] for name in NAMES if name in known})
    renewed.save(COMMITTED)
    table.write(renewed)


if __name__ == "__main__":
    main()
