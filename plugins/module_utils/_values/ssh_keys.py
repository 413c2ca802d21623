# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public keys of SSH, by what C(ssh-keygen) sees in them."""

from __future__ import annotations

import base64
import binascii
import itertools

WHAT = "a public key, such as ssh-ed25519 AAAAC3NzaC1l… jane"


def is_public_key(line: str) -> bool:
    """Whether a line is C([options] type base64 [comment]) and its data begins with the same type."""
    words = line.split()
    for kind, data in itertools.pairwise(words):
        try:
            raw = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            continue
        length = int.from_bytes(raw[:4], "big")
        if length and raw[4 : 4 + length] == kind.encode():
            return True
    return False
