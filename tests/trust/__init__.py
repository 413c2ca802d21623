"""Attacks on Playvisor as it is: simulator, bridge, gateway, MCP server and command line, nothing in their stead."""
