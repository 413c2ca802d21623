"""What the jobs took before and take now: numbers.yml, and the table of docs/jobs.md that is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from jobs.jobs import JOBS
from mcp_bridge.catalogue.offer import make_offer

NUMBERS = Path(__file__).with_name("numbers.yml")
PAGE = Path(__file__).resolve().parents[2] / "docs/jobs.md"
BEGIN, END = "<!-- made from tests/jobs/numbers.yml -->\n", "<!-- end -->\n"
_HEAD = """\
| job | calls | text, KB | structured, KB | approvals | with the default tools |
| --- | --- | --- | --- | --- | --- |
"""


def load_numbers() -> dict[str, Any]:
    """Load, of each job, what it took `before` and takes `now`, and its `tools`."""
    numbers: dict[str, Any] = yaml.safe_load(NUMBERS.read_text(encoding="utf-8"))
    return numbers


def write_numbers(name: str, counts: Mapping[str, int], tools: list[str]) -> None:
    """Write what a job takes now, and the page with it."""
    numbers = load_numbers()
    numbers[name] |= {"now": dict(counts), "tools": tools}
    NUMBERS.write_text(yaml.safe_dump(numbers, sort_keys=False, default_flow_style=None, width=110), encoding="utf-8")
    before, _begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{render_table()}{END}{rest.partition(END)[2]}", encoding="utf-8")


def read_table() -> str:
    """Read the table that the page has."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def render_table() -> str:
    """Render the table of all jobs, each number as `before → now`."""
    default = set(make_offer().names)
    rows = []
    for name, facts in load_numbers().items():
        before, now = facts["before"], facts["now"]
        lacking = sorted(set(facts["tools"]) - default)
        cells = [
            f"**{name}**: {JOBS[name].words}",
            f"{before['calls']} → {now['calls']}",
            *(f"{before[kind] / 1000:.1f} → {now[kind] / 1000:.1f}" for kind in ("text", "structured")),
            f"{before['approvals']} → {now['approvals']}",
            f"no: {', '.join(f'`{tool}`' for tool in lacking)}" if lacking else "yes",
        ]
        rows.append(f"| {' | '.join(cells)} |\n")
    return f"{_HEAD}{''.join(rows)}"
