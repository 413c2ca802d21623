"""Taking times. Ways to the same end take turns within one run, so that a busy machine slows all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Way = Callable[[], object]
"""Does the measured thing once, and raises or exits when it was not done as it should."""


@dataclass
class Samples:
    """Seconds of several measurements of one thing."""

    seconds: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """The 95th percentile; of few measurements, the slowest one."""
        if len(self.seconds) < 2:
            return self.seconds[0]
        return statistics.quantiles(self.seconds, n=20, method="inclusive")[-1]

    def take(self, way: Way) -> None:
        """Measure it once more."""
        started = time.perf_counter()
        way()
        self.seconds.append(time.perf_counter() - started)


def timed(way: Way, times: int = 1, before: Way | None = None) -> Samples:
    """Measure one way; what is done `before` each time is not measured."""
    samples = Samples()
    for _turn in range(times):
        if before:
            before()
        samples.take(way)
    return samples


IN_A_ROW = 5


def in_turns(ways: Mapping[str, Way], times: int, *, before: Way | None = None) -> dict[str, Samples]:
    """Measure each way about so many times, a few times in a row each turn, after a turn that only fills caches.

    Each round begins with another way, so that none always comes after the one that leaves most behind. A way that has
    waited for its turn begins slowly on a machine that others use, too: that is one measurement of five.
    """
    samples, order = {name: Samples() for name in ways}, list(ways)
    for turn in range(1 + -(-times // IN_A_ROW)):
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            taken = timed(ways[name], IN_A_ROW, before)
            samples[name].seconds += taken.seconds if turn else []
    return samples


def slope(points: Sequence[tuple[float, float]]) -> float:
    """What one more of x costs: least squares through (x, seconds)."""
    return statistics.linear_regression([x for x, _y in points], [y for _x, y in points]).slope
