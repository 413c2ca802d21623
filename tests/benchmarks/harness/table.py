"""Results for people: lines in a terminal, and the tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.cluster import ROOT
from harness.results import Figure, Outcome, Results

PAGE = ROOT / "docs" / "performance.md"
_BEGIN = "<!-- results: made by make bench OPTIONS=--write -->"
_END = "<!-- end of results -->"


def lines(name: str, outcome: Outcome) -> Iterator[str]:
    """One benchmark, for a terminal."""
    yield f"\n{name}: {outcome.title} (load {outcome.load:.1f})"
    for timing in outcome.timings:
        times = f"p50 {seconds(timing.p50):>9}  p95 {seconds(timing.p95):>9}"
        yield f"  {timing.way:<58}{times}{timing.ratio:>9.2f}×"
    for figure in outcome.figures:
        verdict = "" if figure.goal is None else "met" if figure.met else "MISSED"
        yield f"  {figure.what:<58}{number(figure):>14}  {goal(figure):<18}{verdict}"
    yield from (f"  {note}" for note in outcome.notes)


def write(results: Results, page: Path = PAGE) -> None:
    """Put the tables into the page, between their markers."""
    before, _begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _old, _end, after = rest.partition(_END)
    text = "\n".join(_markdown(results))
    page.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")


def _markdown(results: Results) -> Iterator[str]:
    machine = results.machine
    yield (
        f"Measured on {machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}, ansible-core {machine['ansible_core']}."
    )
    yield "\n### Goals\n"
    yield "| benchmark | figure | measured | goal | |\n| --- | --- | ---: | ---: | --- |"
    for name, outcome in results.outcomes.items():
        for figure in outcome.figures:
            if figure.goal is not None:
                verdict = "met" if figure.met else "**missed**"
                yield f"| `{name}` | {figure.what} | {number(figure)} | {goal(figure)} | {verdict} |"
    yield "\n### All figures"
    for name, outcome in results.outcomes.items():
        yield f"\n#### `{name}`: {outcome.title}\n"
        yield from _timings(outcome)
        yield from _figures(outcome)
        yield from (f"{note}\n" for note in outcome.notes)
        yield f"Load of the machine: {outcome.load:.1f}."


def _timings(outcome: Outcome) -> Iterator[str]:
    if outcome.timings:
        yield "| way | p50 | p95 | times as long |\n| --- | ---: | ---: | ---: |"
        for timing in outcome.timings:
            yield f"| {timing.way} | {seconds(timing.p50)} | {seconds(timing.p95)} | {timing.ratio:.3g} |"
        yield ""


def _figures(outcome: Outcome) -> Iterator[str]:
    without = [figure for figure in outcome.figures if figure.goal is None]
    if without:
        yield "| figure | measured |\n| --- | ---: |"
        yield from (f"| {figure.what} | {number(figure)} |" for figure in without)
        yield ""


def seconds(value: float) -> str:
    """A time, in the unit that suits it."""
    if value < 0.01:
        return f"{value * 1000:.2f} ms"
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.2f} s"


def number(figure: Figure) -> str:
    """A figure with its unit."""
    return f"{_short(figure.value)} {figure.unit}"


def goal(figure: Figure) -> str:
    """A goal with its unit; empty when there is none."""
    return "" if figure.goal is None else f"{'≤' if figure.at_most else '≥'} {_short(figure.goal)} {figure.unit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
