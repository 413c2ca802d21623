# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading variables of the environment: secrets in files, and what is told of a value that can't be used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mcp_bridge.errors import UsageError


def read_secret_file(name: str, given: str | None = None) -> str | None:
    """The secret in the file that `NAME_FILE` names, or `given`; None without one. Raises UsageError."""
    path = given or os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        secret = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError, RuntimeError) as error:
        reason = "it is not text" if isinstance(error, UnicodeError) else getattr(error, "strerror", None) or error
        if "/" not in path and not Path(path).exists():
            # It may be the secret.
            raise UsageError(
                f"{name}_FILE names no file.", f"Set it to the path of a file with the secret, or {name} to the secret."
            ) from None
        raise UsageError(
            f"{name}_FILE can't be read: {path}: {reason}.", "Point it at the file with the secret."
        ) from None
    if not secret:
        raise UsageError(f"{name}_FILE can't be used: {path} is empty.", "Write the secret into the file.")
    return secret


def describe_errors(error: ValidationError) -> str:
    """Say what is wrong with which variables."""
    # Without the values: one of them may be a secret in the wrong variable.
    return "; ".join(f"{'.'.join(map(str, entry['loc']))} {_describe_error(entry)}" for entry in error.errors()) + "."


def _describe_error(entry: Mapping[str, Any]) -> str:
    context: Mapping[str, Any] = entry.get("ctx", {})
    return {
        "bool_parsing": "must be true or false",
        "int_parsing": "must be a whole number",
        "float_parsing": "must be a number",
        "greater_than_equal": f"must be {context.get('ge')} or more",
        "less_than_equal": f"must be {context.get('le')} or less",
        "literal_error": f"must be {context.get('expected')}",
    }.get(entry["type"], f"can't be used: {entry['msg'].removeprefix('Value error, ')}")
