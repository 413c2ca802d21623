"""The lab, and the table of what the attacks came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcp_bridge.executor.warm import WarmExecutor
from pve_simulator import Simulator, build_cluster
from trust.lab import NEEDS_ANCHOR, Counts, Lab, wait_until

PROPERTY = "attack"
COLUMNS = ("tries", "writes", "leaks", "unnoticed")
TITLES = ("tries", "writes without authority", "leaks", "unnoticed")


@pytest.fixture(scope="session")
def executor() -> Iterator[WarmExecutor]:
    """An executor whose fork server is ready."""
    made = WarmExecutor({})
    made.start()
    wait_until(lambda: made.supervisor.pid, "a fork server")
    yield made
    made.close()


@contextmanager
def open_lab(
    executor: WarmExecutor, state_dir: Path, *, nodes: int = 3, guests: int = 12, **changes: Any
) -> Iterator[Lab]:
    """A cluster of its own, whose tasks end at once."""
    cluster = build_cluster(nodes=nodes, guests=guests)
    with Simulator(cluster, port=0, task_seconds=0.0, resources_lag=0.0, status_cache=0.0) as simulator:
        lab = Lab(simulator, state_dir, executor, changes)
        yield lab
        lab.close()


@pytest.fixture
def make_lab(executor: WarmExecutor, tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """`make_lab(state_dir=…, nodes=3, guests=12)`: a cluster of its own."""
    with ExitStack() as stack:

        def make(*, state_dir: Path | None = None, **options: Any) -> Lab:
            return stack.enter_context(open_lab(executor, state_dir or tmp_path / "state", **options))

        yield make


@pytest.fixture(scope="module")
def shared_lab(executor: WarmExecutor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A cluster for all tests of a file that leave it as it is."""
    with ExitStack() as stack:
        yield stack.enter_context(open_lab(executor, tmp_path_factory.mktemp("shared") / "state"))


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    return make_lab()


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[[str], Counts]:
    """`count("kills")`: counts that the table at the end adds to those of other tests of this attack."""

    def begin(attack: str) -> Counts:
        counts = Counts(attack)
        # The report keeps this, which another process may print.
        request.node.user_properties.append((PROPERTY, counts.__dict__))
        return counts

    return begin


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print each attack: tries, writes without authority, leaks, and what went unnoticed."""
    rows: dict[str, list[int]] = {}
    untold: set[str] = set()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, values in report.user_properties:
                if name == PROPERTY:
                    row = rows.setdefault(values["attack"], [0] * len(COLUMNS))
                    row[:] = [total + values[column] for total, column in zip(row, COLUMNS, strict=True)]
                elif name == NEEDS_ANCHOR:
                    untold.add(values)
    if not rows:
        return
    terminalreporter.section("attacks")
    width = max(len(attack) for attack in rows)
    terminalreporter.write_line("  ".join(["attack".ljust(width), *TITLES]))
    for attack, row in sorted(rows.items()):
        cells = [f"{value:,}".rjust(len(title)) for value, title in zip(row, TITLES, strict=True)]
        terminalreporter.write_line("  ".join([attack.ljust(width), *cells]))
    if untold:
        terminalreporter.write_line("What only a head of the ledger that was kept elsewhere tells:")
        for tampering in sorted(untold):
            terminalreporter.write_line(f"  {tampering}")
