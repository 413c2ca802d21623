"""The MCP front end: the catalogue's tools for AI clients."""
