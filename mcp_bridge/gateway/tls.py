# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the cluster's certificate is trusted, decided before anything is sent over the connection."""

from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import certifi

from mcp_bridge import collection
from mcp_bridge.gateway.faults import Fault
from mcp_bridge.settings import profiles
from mcp_bridge.settings.endpoint import Trust

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


def make_tls_context(trust: Trust) -> ssl.SSLContext:
    """A context that trusts by the strictest that is given: SHA-256 fingerprint, CA file or folder, the usual CAs.

    Raises Fault when the fingerprint or the CA is not usable.
    """
    if trust.fingerprint:
        pinning = _PinningContext(ssl.PROTOCOL_TLS_CLIENT)
        pinning.fingerprint = _parse_fingerprint(trust.fingerprint)
        return _disable_verification(pinning)
    if not trust.verify:
        return _disable_verification(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    chosen = (
        str(Path(trust.ca_path).expanduser())
        if trust.ca_path
        else next(filter(None, map(os.environ.get, _BUNDLES)), None)
    )
    bundle = chosen or certifi.where()
    try:
        context = ssl.create_default_context(
            cafile=None if os.path.isdir(bundle) else bundle, capath=bundle if os.path.isdir(bundle) else None
        )
    except (OSError, ssl.SSLError) as error:
        name = profiles.name_setting("PROXMOX_CA_PATH") if trust.ca_path else next(filter(os.environ.get, _BUNDLES))
        cause = _load_rules().describe_unusable_ca(bundle) or f"{bundle} can't be read: {error.strerror or error}"
        raise Fault("invalid_parameter", f"{name} can't be used: {cause}.") from error
    # The CA that Proxmox VE makes for itself names no key usage, which Python 3.13 has become strict about.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _disable_verification(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _parse_fingerprint(fingerprint: str) -> str:
    digits: str | None = _load_rules().parse_fingerprint(fingerprint)
    if digits is None:
        name = profiles.name_setting("PROXMOX_FINGERPRINT")
        raise Fault("invalid_parameter", f"{name} is not a SHA-256 fingerprint: {fingerprint}")
    return digits


def _load_rules() -> ModuleType:
    return collection.load_rules("plugins/module_utils/_api/trust.py")
