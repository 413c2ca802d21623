# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests through a gateway: a service on a Unix socket that holds the credentials.

It answers as the API does. The reason phrase, in which Proxmox VE puts its errors, comes percent-encoded in the
header C(x-pve-reason). C(x-gateway-hint) says what looks wrong about credentials that were refused. Faults of the
gateway itself have the header C(x-gateway-fault).
"""

from __future__ import annotations

import socket
from functools import partial
from typing import Any
from urllib.parse import unquote

from .errors import AUTH_FAILED, INVALID_PARAMETER, PERMISSION_DENIED, UNREACHABLE, PveError, error_from_response
from .proxies import Proxy
from .unreachable import no_answer_error, unreachable_error, untrusted_error

try:
    from proxmoxer.backends.https import ProxmoxHTTPAuthBase
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool
    from urllib3.exceptions import NewConnectionError
except ImportError:
    # The client says what is missing.
    HTTPAdapter = HTTPConnection = HTTPConnectionPool = ProxmoxHTTPAuthBase = object

URL = "http://gateway"


class RunKey(ProxmoxHTTPAuthBase):
    """Sends the run's key to the gateway, which adds the credentials itself."""

    def __init__(self, key: str, **kwargs: Any) -> None:
        self._key = key
        super().__init__(**kwargs)

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, socket_path: str, **kwargs: Any) -> None:
        self._socket_path = socket_path
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.timeout)
        try:
            connection.connect(self._socket_path)
        except OSError as exc:
            connection.close()
            raise NewConnectionError(self, exc.strerror or str(exc)) from exc
        return connection


class _Pool(HTTPConnectionPool):
    def __init__(self, socket_path: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionCls = partial(_Connection, socket_path=socket_path)


class SocketAdapter(HTTPAdapter):
    """Sends requests through a Unix socket; raises L(PveError) for faults of the gateway itself."""

    def __init__(self, socket_path: str, *, ca_path: str | None = None, **kwargs: Any) -> None:
        self._socket_path = socket_path
        self._ca_path = ca_path
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": partial(_Pool, self._socket_path)}

    def build_response(self, req: Any, resp: Any) -> Any:
        response = super().build_response(req, resp)
        what = f"{req.method} {req.path_url.removeprefix('/api2/json').partition('?')[0]}"
        if "x-gateway-fault" in response.headers:
            details = response.json() | {"ca_path": self._ca_path}
            raise error_from_fault(response.headers["x-gateway-fault"], details, what, req.method)
        if "x-pve-reason" in response.headers:
            response.reason = unquote(response.headers["x-pve-reason"], encoding="latin-1")
        if "x-gateway-hint" in response.headers:
            error = error_from_response(what, response.status_code, response.reason)
            error.hint = unquote(response.headers["x-gateway-hint"])
            raise error
        return response


def error_from_fault(code: str, details: dict[str, Any], what: str, method: str) -> PveError:
    """The failure for a fault of the gateway; I(details) has C(address) of the cluster and the C(cause).

    C(sent) there says whether the request may have reached the cluster, C(proxy) what is in between, and C(ca_path) the
    CA that was to be trusted.
    """
    address, cause = details["address"], details["cause"]
    proxy = Proxy(*details["proxy"]) if details.get("proxy") else None
    if code == "not_granted":
        hint = "A run may read, and send the requests of its approved plan. Nothing was sent."
        return PveError(PERMISSION_DENIED, f"Not allowed: {what}: {cause}.", hint, 403)
    if code == "not_admitted":
        return PveError(
            PERMISSION_DENIED, f"Not sent: {what}: {cause}", "Look at what was decided, and plan again.", 403
        )
    if code == "unknown_key":
        hint = "The key is valid while its run lasts; check api_gateway_key."
        return PveError(AUTH_FAILED, "The gateway does not know the key of this run.", hint, 401)
    if code == "timeout":
        return no_answer_error(address, what, method)
    if code in ("tls_untrusted", "other_certificate"):
        is_pinned = code == "other_certificate"
        return untrusted_error(address, cause, pinned=is_pinned, proxy=proxy, ca_path=details.get("ca_path"))
    if code == "auth_failed":
        hint = "Set PROXMOX_OTP to a one-time password before Playvisor is started, or use an API token instead."
        return PveError(AUTH_FAILED, cause, hint)
    if code == "invalid_parameter":
        return PveError(INVALID_PARAMETER, cause, "Correct it, or unset it, where Playvisor is started.")
    error = unreachable_error(address, cause, proxy)
    if code == "gateway_failed":
        hint = "Check free space and memory of the machine that Playvisor runs on."
        error = PveError(UNREACHABLE, f"The gateway itself failed at {what}: {cause}.", hint, is_lasting=True)
    error.is_unknown = method != "GET" and bool(details.get("sent", True))
    return error
