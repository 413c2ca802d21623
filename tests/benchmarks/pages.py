"""How soon the pages show in a browser that has nothing of them, and how smoothly 10,000 guests scroll."""

from __future__ import annotations

import json
import shutil
from statistics import median

from harness import web
from harness.cluster import ROOT, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome

GUESTS = 10_000
# Two frames of a screen that shows 60 in a second: what takes longer has left one out.
_FRAME_SECONDS = 1 / 60
_SCRIPT = ROOT / "web/scripts/measure-pages.mjs"


def measure(options: Options) -> Outcome:
    """Load each page several times without its cache, then scroll through all guests."""
    outcome = Outcome(f"The web application in Chromium, on a cluster of {GUESTS:,} guests")
    node = shutil.which("node")
    if not node or not (ROOT / "web/node_modules").is_dir():
        outcome.notes.append("Left out: it needs node, Chromium and `make web`.")
        return outcome
    with simulated(GUESTS, nodes=20) as cluster, web.serving(cluster) as (_url, _pid):
        found = json.loads(output([node, _SCRIPT, web.make_link(cluster), str(options.rounds)], cluster.environment()))
    for page, times in found["pages"].items():
        outcome.figure(f"{page}: first paint, p50", median(one["paint"] for one in times), "s", 1)
        outcome.figure(f"{page}: everything is there, p50", median(one["ready"] for one in times), "s")
    frames = sorted(found["frames"])
    late = sum(1 for seconds in frames if seconds > 1.5 * _FRAME_SECONDS)
    outcome.figure(f"{GUESTS:,} rows scrolled: a frame, p50", median(frames) * 1000, "ms", 17)
    outcome.figure(f"{GUESTS:,} rows scrolled: a frame, p95", frames[int(len(frames) * 0.95)] * 1000, "ms")
    outcome.figure(f"{GUESTS:,} rows scrolled: frames that came late", 100 * late / len(frames), "%")
    outcome.figure(f"{GUESTS:,} rows: rows in the document", found["rows"], "rows", 100)
    return outcome
