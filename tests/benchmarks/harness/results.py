"""What benchmarks find: times of several ways to one end, and figures with goals. Kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.timing import Samples

COMMITTED = Path(__file__).resolve().parents[1] / "results.json"
# How much worse a ratio may be than the committed one before it is worth a line.
_TOLERANCE = 0.2


@dataclass(frozen=True)
class Timing:
    """How long one way took, in seconds, and how many times as long as Playvisor's."""

    way: str
    p50: float
    p95: float
    times: int
    ratio: float


@dataclass(frozen=True)
class Figure:
    """One number, with its goal where it has one. A `ratio` means the same on every machine."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = True
    ratio: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.goal is None or (self.value <= self.goal if self.at_most else self.value >= self.goal)

    def worse_than(self, former: Figure) -> bool:
        """Whether it is clearly worse than it was."""
        if self.at_most:
            return self.value > former.value * (1 + _TOLERANCE)
        return self.value < former.value * (1 - _TOLERANCE)


@dataclass
class Outcome:
    """What one benchmark found. `load` is the machine's while it ran, `notes` what a reader has to know."""

    title: str
    timings: list[Timing] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: float = 0.0

    def compare(self, samples: Mapping[str, Samples]) -> None:
        """Add the times of several ways; the first one is Playvisor's."""
        ours = next(iter(samples.values())).p50
        for way, taken in samples.items():
            timing = Timing(way, taken.p50, taken.p95, len(taken.seconds), taken.p50 / ours)
            self.timings.append(timing)

    def ratio(self, what: str, value: float, goal: float | None = None, *, at_most: bool = True) -> None:
        """Add a figure that means the same on every machine."""
        self.figures.append(Figure(what, value, "×", goal, at_most, ratio=True))

    def figure(self, what: str, value: float, unit: str, goal: float | None = None, *, at_most: bool = True) -> None:
        """Add a figure of this machine."""
        self.figures.append(Figure(what, value, unit, goal, at_most))


@dataclass
class Results:
    """A run of benchmarks on one machine."""

    machine: dict[str, Any]
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write them as JSON, rounded to what means something."""
        data = _rounded({"machine": self.machine, "benchmarks": {n: asdict(o) for n, o in self.outcomes.items()}})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read them; of a file that is not there, none."""
        if not path.exists():
            return cls({})
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(data["machine"], {name: _outcome(found) for name, found in data["benchmarks"].items()})

    def regressions(self, committed: Results) -> Iterator[str]:
        """What is clearly worse than the committed results say, among what means the same on every machine."""
        for name, outcome in self.outcomes.items():
            former = committed.outcomes.get(name, Outcome("")).figures
            known = {figure.what: figure for figure in former if figure.ratio}
            for figure in outcome.figures:
                before = known.get(figure.what)
                if before and figure.worse_than(before):
                    yield f"{name}: {figure.what}: {figure.value:.3g}{figure.unit}, was {before.value:.3g}{before.unit}"


def _outcome(data: dict[str, Any]) -> Outcome:
    timings = [Timing(**timing) for timing in data["timings"]]
    figures = [Figure(**figure) for figure in data["figures"]]
    return Outcome(**{**data, "timings": timings, "figures": figures})


def _rounded(data: Any) -> Any:
    if isinstance(data, float):
        return float(f"{data:.4g}")
    if isinstance(data, dict):
        return {name: _rounded(value) for name, value in data.items()}
    return [_rounded(value) for value in data] if isinstance(data, list) else data
