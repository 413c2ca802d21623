# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a server trusted, as people write it, and what is wrong where another one answers.

The bridge loads this file by its path for its gateway, so it imports nothing of the collection.
"""

from __future__ import annotations

import os
import re
import ssl

_LABEL = re.compile(r"(?:sha-?256)?\s*(?:fingerprint)?\s*[=:]?\s*", re.I)
_SEPARATORS = re.compile(r"[:\s-]")


def parse_fingerprint(text: str) -> str | None:
    """The hex digits of a SHA-256 fingerprint, as Proxmox VE or C(openssl) show it; None for anything else."""
    digits = _SEPARATORS.sub("", _LABEL.sub("", text.strip(), count=1)).lower()
    return digits if re.fullmatch(r"[0-9a-f]{64}", digits) else None


def describe_unusable_ca(path: str) -> str | None:
    """Why this file or folder can't be the CA to trust; None if it can."""
    if "-----BEGIN" in path:
        return "it is the certificate itself, and the path of a file with it is wanted"
    if os.path.isdir(path):
        return None
    try:
        with open(path, "rb") as handle:
            content = handle.read()
    except (OSError, ValueError) as error:
        return f"{path} can't be read: {getattr(error, 'strerror', None) or error}"
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        if b"PRIVATE KEY" in content:
            return f"{path} is a private key, not a certificate"
        if content.startswith(b"\x30\x82"):
            return f"{path} is in DER form; `openssl x509 -inform der -in FILE -out ca.pem` makes PEM of it"
        return f"{path} holds no certificate in PEM form"
    return None


def describe_other_product(ticket: str) -> str | None:
    """Which other server gave this ticket, as why a cluster can't be reached; None for one of Proxmox VE."""
    product = {"PMG": "Proxmox Mail Gateway", "PBS": "Proxmox Backup Server"}.get(ticket.partition(":")[0])
    return product and f"it is a {product}, and no Proxmox VE"


def describe_broken_tls(cause: str) -> str | None:
    """What a fault of TLS means that says nothing about the certificate; None for one that does."""
    if re.search(r"WRONG_VERSION_NUMBER|HTTP_REQUEST|wrong version number", cause):
        return "what answers at that port does not speak HTTPS"
    if re.search(r"UNEXPECTED_EOF|EOF occurred|unexpected eof|CONNECTION_RESET", cause):
        return "the connection was closed during TLS"
    return None
