"""`python -m mcp_bridge`: the same as the `playvisor` command."""

from __future__ import annotations

from mcp_bridge.cli import main

if __name__ == "__main__":
    main()
