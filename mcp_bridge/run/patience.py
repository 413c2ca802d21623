# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers for a run before its caller gives it up: the run goes on in this process, and its run_id follows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.run import background

_LOOK_SECONDS = 0.25


def answer_in_time(run: Callable[[Callable[[Result], None]], Result], seconds: float) -> Result:
    """The result of a run; or, once so many seconds are over, what it came to until then, as status `running`.

    `run` is given the function to call with the result until then: when the run has begun, and when it has a plan.
    Raises what it raises before it has begun.
    """
    news: list[Result] = []
    outcome: dict[str, Any] = {}
    ended = background.Ended()

    def work() -> None:
        try:
            outcome["result"] = run(news.append)
        except BaseException as error:
            outcome["error"] = error
        finally:
            ended.set()

    # Not a daemon: who leaves this process has to let its runs end.
    threading.Thread(target=work, name="run").start()
    deadline = time.monotonic() + seconds
    while not ended.wait(max(_LOOK_SECONDS, deadline - time.monotonic())):
        if news and time.monotonic() >= deadline:
            background.note_end(news[-1].run_id, ended)
            return news[-1]
    if "error" in outcome:
        raise outcome["error"]
    result: Result = outcome["result"]
    return result
