# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy of the environment leads to a cluster.

The bridge loads this file by its path for its gateway, so it imports nothing of the collection.
"""

from __future__ import annotations

import ipaddress
import os
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

# In the order in which they are looked at; Python prefers those in lower case.
_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


NO_HTTP_PROXY = "it is not an HTTP proxy"
"""Why one can't be used, such as a SOCKS proxy where the library for those is not installed."""


class Proxy(NamedTuple):
    """A proxy, and what sets it: a variable, or the system. The URL may hold a password."""

    url: str
    variable: str

    @property
    def public(self) -> Proxy:
        """The same without credentials."""
        parts = urlsplit(self.url)
        return Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", self.variable)

    def __str__(self) -> str:
        """The proxy as people are told of it."""
        return f"the proxy {self.public.url} of {self.variable}"


def find_proxy(url: str) -> Proxy | None:
    """The proxy that leads to this URL by the variables of the environment; none leads to this machine."""
    proxies = getproxies()
    if not (proxies.get("https") or proxies.get("all")) or is_loopback(urlsplit(url).hostname or ""):
        return None
    # Whose rules for NO_PROXY they are.
    from requests.utils import get_environ_proxies, select_proxy

    found = select_proxy(url, get_environ_proxies(url))
    if not found:
        return None
    variable = next((name for name in _VARIABLES if os.environ.get(name) == found), "the system")
    return Proxy(found if "://" in found else f"http://{found}", variable)


def is_loopback(host: str) -> bool:
    """Whether this is the machine itself, to which no proxy leads."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
