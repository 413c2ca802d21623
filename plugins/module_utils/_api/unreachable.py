# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors for requests that got no answer from the API."""

from __future__ import annotations

import re
from typing import Any

from .errors import TIMEOUT, TLS_UNTRUSTED, UNREACHABLE, PveError
from .proxies import Proxy

_HINT = "Check the address and port, that pveproxy runs there, and any firewall in between."
# By what is said of the connection, in the words of Linux, macOS and this collection.
_HINTS = (
    (
        r"name or service not known|no address associated|name resolution|nodename nor servname",
        "This machine finds no address for that name: correct the name in PROXMOX_URL or PROXMOX_HOST (api_url or "
        "api_host), write an IP address, or look at DNS.",
    ),
    (
        r"refused|does not speak HTTPS",
        "Check the port, which is 8006 unless PROXMOX_URL or PROXMOX_PORT (api_url or api_port) says otherwise, and "
        "that pveproxy runs there.",
    ),
    (
        r"no connection within|no route|network is unreachable|timed out",
        "Check the address in PROXMOX_URL or PROXMOX_HOST (api_url or api_host), and any firewall or VPN in between.",
    ),
)
# By what is said of the certificate.
_TRUST_HINTS = (
    (
        r"expired|not yet valid",
        "Compare the clocks of this machine and the node. If the certificate is that old, renew it on the node "
        "(pvecm updatecerts --force, or Node > System > Certificates).",
    ),
    (
        r"mismatch|doesn't match|not valid for",
        "Connect by a name or address that the certificate has (PROXMOX_URL or PROXMOX_HOST, api_url or api_host), or "
        "set fingerprint (PROXMOX_FINGERPRINT) to its SHA-256 fingerprint.",
    ),
)
_TRUST_HINT = (
    "Set ca_path (PROXMOX_CA_PATH) to the cluster's CA, /etc/pve/pve-root-ca.pem on a node, or fingerprint "
    "(PROXMOX_FINGERPRINT) to the certificate's SHA-256 fingerprint."
)


def unreachable_error(address: str, cause: str, proxy: Proxy | None = None) -> PveError:
    """The failure to reach the cluster at I(address), such as C(pve1:8006), through a proxy if there is one."""
    where = f"Proxmox VE at {address}"
    if proxy:
        way = f"Correct {proxy.variable}"
        if "407" in cause:
            way = f"The proxy wants a user and a password: write them before its host in {proxy.variable}"
        return PveError(
            UNREACHABLE,
            f"{where} can't be reached through {proxy}: {cause}.",
            f"{way}, or add {address.rpartition(':')[0]} to NO_PROXY to do without a proxy.",
        )
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, cause, re.IGNORECASE)), _HINT)
    return PveError(UNREACHABLE, f"{where} can't be reached: {cause}.", hint)


def no_answer_error(address: str, what: str, method: str) -> PveError:
    hint = "Raise read_timeout, or look at the node's load."
    if method != "GET":
        hint = "It may have been received all the same: read the state before sending it again."
    return PveError(TIMEOUT, f"{address} did not answer {what} in time.", hint, is_unknown=method != "GET")


def untrusted_error(
    address: str, cause: str, *, pinned: bool, proxy: Proxy | None = None, ca_path: str | None = None
) -> PveError:
    """The failure to trust a certificate; I(pinned): because its fingerprint is not the configured one.

    A I(proxy) may have put its own certificate in the place of the cluster's. I(ca_path) is the CA that did not help.
    """
    whose = f"{address}, reached through {proxy}," if proxy else address
    if pinned:
        return PveError(
            TLS_UNTRUSTED,
            f"The certificate of {whose} does not have the pinned fingerprint.",
            "Compare it on the node (Node > System > Certificates); update fingerprint only if the change is known.",
        )
    hint = next((hint for pattern, hint in _TRUST_HINTS if re.search(pattern, cause, re.IGNORECASE)), _TRUST_HINT)
    if ca_path and hint == _TRUST_HINT:
        hint = f"The CA in {ca_path} did not sign it. {hint}"
    return PveError(TLS_UNTRUSTED, f"The certificate of {whose} is not trusted: {cause}.", hint)


def find_root_cause(exc: BaseException) -> str:
    """The text of the innermost exception that requests and urllib3 have wrapped."""
    inner: Any = exc
    while True:
        nested = getattr(inner, "reason", None) or (inner.args[0] if getattr(inner, "args", None) else None)
        if isinstance(nested, BaseException):
            inner = nested
            continue
        nested = inner.__cause__ or inner.__context__ if isinstance(inner, BaseException) else None
        if nested is None or nested is exc:
            break
        inner = nested
    text = getattr(inner, "verify_message", None) or getattr(inner, "strerror", None) or inner
    return str(text).rstrip(".")
