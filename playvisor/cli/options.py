# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Check = Annotated[bool, typer.Option("--check", help="Only show the plan; change nothing.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of the run; its first characters are enough.")]
PlanId = Annotated[str, typer.Argument(metavar="ID", help="Id of the plan; its first characters are enough.")]
