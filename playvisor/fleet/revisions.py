# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revisions of a fleet that were applied, as people compare them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mcp_bridge.catalogue.fleets import split_document
from mcp_bridge.ledger.records import Revision


def describe_revision(revision: Revision) -> dict[str, Any]:
    """A revision without its document, and how many objects that declares."""
    facts = {name: value for name, value in asdict(revision).items() if name != "document"}
    return {**facts, "objects": len(split_document(revision.document))}


def compare_documents(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects that one document declares otherwise than another, or alone: each with what it was and is."""
    former, new = split_document(before), split_document(after)
    return [
        {"path": path, "before": former.get(path), "after": new.get(path)}
        for path in {**former, **new}
        if former.get(path) != new.get(path)
    ]
