# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m mcp_bridge`: the MCP server with its everyday tools, on stdin and stdout.

The environment says which cluster it is for, and what it may do (`PLAYVISOR_MODE`). `playvisor mcp` has more options.
"""

from __future__ import annotations

import os
import sys

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.system import memory
from mcp_bridge.text.plain import clean


def main() -> int:
    """Serve until the client leaves; returns the exit status."""
    os.umask(0o077)
    memory.forbid_inspection()

    if len(sys.argv) > 1:
        sys.stderr.write(
            "python -m mcp_bridge takes no arguments; `playvisor mcp --help` shows those of the command.\n"
        )
        return 2
    from mcp_bridge.mcp import opening

    opening.open_streams(())
    from mcp_bridge.mcp.start import serve_mcp

    try:
        serve_mcp("stdio", None, {"toolsets": "", "tools": "", "aliases": ""}, read_only=False)
    except PlayvisorError as error:
        sys.stderr.write(f"{clean(error.message)} {clean(error.hint or '')}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
