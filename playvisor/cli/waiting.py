# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs wait` and `runs cancel`: runs that other processes carry out."""

from __future__ import annotations

from typing import Any

from mcp_bridge.result import EXIT_DONE, EXIT_FAILED, EXIT_REFUSED, Result
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import results
from playvisor.cli.call import get_exit_status, make_request, run_interruptibly
from playvisor.cli.output import Output

_EXIT_STATUSES = {"ok": EXIT_DONE, "planned": EXIT_DONE, "held": EXIT_REFUSED, "refused": EXIT_REFUSED}


def wait_run(run_id: str, timeout: int, *, output: Output) -> int:
    """Wait for a run; returns the exit status of the run, or 1 when it has not ended in time."""
    result = _call_run_tool("wait_run", {"run_id": run_id, "timeout": timeout}, output=output)
    if result.failure:
        return get_exit_status(result)
    return _EXIT_STATUSES.get(str(result.data["run"].get("outcome")), EXIT_FAILED)


def cancel_run(run_id: str, *, stop_tasks: bool, output: Output) -> int:
    """Cancel a run; returns 1 when it still goes on after that."""
    result = _call_run_tool("cancel_run", {"run_id": run_id, "stop_tasks": stop_tasks}, output=output)
    return EXIT_FAILED if result.status == "running" else get_exit_status(result)


def _call_run_tool(tool: str, arguments: dict[str, Any], *, output: Output) -> Result:
    settings = load_settings()
    request = make_request(settings, tool, arguments)
    result = run_interruptibly(make_bridge(settings), request, quiet=output.is_quiet)
    results.print_result(result if output.is_document else result.model_copy(update={"run": None}), output)
    return result
