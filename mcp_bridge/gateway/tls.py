# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the cluster's certificate is trusted, decided before anything is sent over the connection."""

from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path
from typing import Any, NoReturn

import certifi

from mcp_bridge.gateway.faults import Fault

# The variables that the requests library reads, and so the collection where it is used directly.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class OtherCertificate(ssl.SSLError):
    """The certificate is not the one whose fingerprint was given."""


class _PinnedObject(ssl.SSLObject):
    """A TLS connection whose handshake fails unless the certificate has the fingerprint of its context."""

    def do_handshake(self) -> None:
        super().do_handshake()
        certificate = self.getpeercert(binary_form=True) or b""
        context = self.context
        if not isinstance(context, _PinningContext) or hashlib.sha256(certificate).hexdigest() != context.fingerprint:
            raise OtherCertificate("the certificate does not have the pinned fingerprint")


class _PinningContext(ssl.SSLContext):
    fingerprint = ""
    sslobject_class = _PinnedObject

    def wrap_socket(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("only connections made by wrap_bio are pinned")


def make_tls_context(*, verify: bool, ca_path: str | None, fingerprint: str | None) -> ssl.SSLContext:
    """A context that trusts by the strictest that is given: SHA-256 fingerprint, CA file or folder, the usual CAs.

    Raises Fault when `fingerprint` or `ca_path` is not usable.
    """
    if fingerprint:
        pinning = _PinningContext(ssl.PROTOCOL_TLS_CLIENT)
        pinning.fingerprint = _parse_fingerprint(fingerprint)
        return _disable_verification(pinning)
    if not verify:
        return _disable_verification(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    chosen = str(Path(ca_path).expanduser()) if ca_path else next(filter(None, map(os.environ.get, _BUNDLES)), None)
    bundle = chosen or certifi.where()
    try:
        context = ssl.create_default_context(
            cafile=None if os.path.isdir(bundle) else bundle, capath=bundle if os.path.isdir(bundle) else None
        )
    except (OSError, ssl.SSLError) as error:
        raise Fault("invalid_parameter", f"ca_path can't be read: {bundle}: {error.strerror or error}") from error
    # The CA that Proxmox VE makes for itself names no key usage, which Python 3.13 has become strict about.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _disable_verification(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _parse_fingerprint(fingerprint: str) -> str:
    digits = fingerprint.replace(":", "").replace(" ", "").lower()
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise Fault("invalid_parameter", f"fingerprint is not a SHA-256 fingerprint: {fingerprint}")
    return digits
