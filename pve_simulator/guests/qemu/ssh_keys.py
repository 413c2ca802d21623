# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a text holds SSH public keys, as ssh-keygen sees it."""

from __future__ import annotations

import base64
import binascii
import itertools
from urllib.parse import unquote

from pve_simulator.errors import failure


def check_ssh_keys(encoded: str) -> None:
    """Raise unless at least one line of a percent-encoded text is a public key."""
    if not any(is_public_key(line) for line in unquote(encoded).splitlines()):
        raise failure("SSH public key validation error")


def is_public_key(line: str) -> bool:
    """Whether a line is `[options] type base64 [comment]` whose data begins with the same type."""
    words = line.split()
    for kind, data in itertools.pairwise(words):
        try:
            raw = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            continue
        length = int.from_bytes(raw[:4])
        if raw[4 : 4 + length] == kind.encode() and length:
            return True
    return False
