# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that modules write on the machine that they run on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable

from .._api.errors import INVALID_PARAMETER, PveError


def write_file(dest: str, texts: Iterable[str]) -> None:
    """Replace a file in one step, readable by its owner only; raises C(invalid_parameter) if that fails."""
    folder = os.path.dirname(os.path.abspath(dest))
    try:
        handle, temporary = tempfile.mkstemp(prefix=".playvisor-", dir=folder)
    except OSError as exc:
        raise _unwritable_error(dest, exc) from exc
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(texts)
        os.replace(temporary, dest)
    except OSError as exc:
        os.unlink(temporary)
        raise _unwritable_error(dest, exc) from exc


def _unwritable_error(dest: str, exc: OSError) -> PveError:
    return PveError(
        INVALID_PARAMETER,
        f"dest can't be written: {dest}: {exc.strerror}.",
        "Name a file in a folder that exists and that you may write to.",
    )


def check_dest(dest: str) -> None:
    """Raise C(invalid_parameter) for a file that can't be written, before anything is read."""
    folder = os.path.dirname(os.path.abspath(dest))
    if os.path.isdir(dest) or not os.access(folder, os.W_OK | os.X_OK):
        reason = "it is a folder" if os.path.isdir(dest) else f"no right to write to {folder}, or no such folder"
        raise _unwritable_error(dest, OSError(0, reason))
