"""Rows of the ledger for tests that need no ledger."""

from __future__ import annotations

from dataclasses import fields

from mcp_bridge.ledger.records import RunRow


def make_row(**columns):
    """A row with these columns; nothing is known of the others."""
    return RunRow(**{**dict.fromkeys(field.name for field in fields(RunRow)), **columns})
