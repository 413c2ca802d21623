# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet export`: a fleet for those who go on without it, as a playbook or as Terraform's import blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mcp_bridge.errors import UsageError
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import console
from playvisor.cli.call import make_request, require_data, run_interruptibly
from playvisor.fleet.export.playbooks import render_playbook
from playvisor.fleet.export.terraform import render_imports
from playvisor.fleet.files import FleetFiles

Target = Literal["playbooks", "terraform-imports"]


def export_fleet(files: FleetFiles, *, target: Target, into: Path | None, force: bool) -> None:
    """Write the fleet into a file, or on stdout. Raises FleetError, and UsageError for a file that is there already."""
    if into is not None and into.exists() and not force:
        raise UsageError(f"{into} is there already.", "Give --force to overwrite it.")
    document = files.render().document
    if target == "playbooks":
        text, unsaid = render_playbook(document)
    else:
        text, unsaid = render_imports(document, _list_guests())
    if into is None:
        console.get_stdout().print(text, end="", markup=False, highlight=False, soft_wrap=True)
    else:
        try:
            into.parent.mkdir(parents=True, exist_ok=True)
            into.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{into} can't be written: {error}.", "Name a place where you may write.") from error
    for sentence in unsaid:
        console.get_stderr().print(f"Not exported: {sentence}", markup=False)


def _list_guests() -> list[Mapping[str, Any]]:
    settings = load_settings()
    request = make_request(settings, "list_guests", {}, mode="read")
    result = run_interruptibly(make_bridge(settings), request)
    guests: list[Mapping[str, Any]] = require_data(result)["guests"]
    return guests
