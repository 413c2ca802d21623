# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that run no playbook: the runs themselves, and plans."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mcp_bridge.executor import Progress
from mcp_bridge.result import Result
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request

ToolFunction = Callable[[Engine, Request, Progress, threading.Event], Result]
"""Answers a request for such a tool. Raises UsageError for what does not exist."""
