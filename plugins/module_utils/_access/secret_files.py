# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files for secrets that Proxmox VE shows only once."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import TextIO

from .._api.errors import INVALID_PARAMETER, PveError

_SECRET = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*")
_MAX_LENGTH = 64


def has_secret(path: str) -> bool:
    """Whether a file contains the secret of an API token."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return _SECRET.fullmatch(file.read(_MAX_LENGTH)) is not None
    except OSError:
        return False


def check_writable(path: str) -> None:
    """Raise C(invalid_parameter) unless a secret can be written to a file without overwriting anything else."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise _unusable_error(path, f"there is no folder {folder}", "Make it first, for its owner alone (mode 0700).")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unusable_error(path, f"the folder {folder} is not writable", "Choose another one.")
    if os.path.lexists(path) and not has_secret(path):
        raise _unusable_error(path, "it exists and contains something else", "Choose another name, or remove it.")


@contextlib.contextmanager
def reserve_secret_file(path: str) -> Iterator[Callable[[str], None]]:
    """A function that writes a secret to I(path), mode 0600, completely or not at all.

    Space for it is reserved before the block runs, so that a full disk fails before the secret is created.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".secret-")
    except OSError as exc:
        raise _unusable_error(path, str(exc), "Choose another place.") from exc
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            _write_through(file, " " * _MAX_LENGTH)

            def write_secret(secret: str) -> None:
                try:
                    file.seek(0)
                    _write_through(file, f"{secret}\n")
                    file.truncate(len(secret) + 1)
                    os.replace(temporary, path)
                except OSError as exc:
                    raise _unusable_error(path, str(exc), "It is lost; run again with regenerate=lost.") from exc

            yield write_secret
    except OSError as exc:
        raise _unusable_error(path, str(exc), "Choose another place.") from exc
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _write_through(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def _unusable_error(path: str, why: str, hint: str) -> PveError:
    return PveError(INVALID_PARAMETER, f"The secret can't be kept in {path}: {why}.", hint)
