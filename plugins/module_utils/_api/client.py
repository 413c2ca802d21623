# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only code that sends HTTP requests to Proxmox VE: trust, credentials, retries, errors."""

from __future__ import annotations

import os
import ssl
import threading
import time
import traceback
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import gateway
from .connection import Connection, require_usable_ca
from .errors import (
    AUTH_FAILED,
    INVALID_PARAMETER,
    UNREACHABLE,
    PveError,
    error_from_response,
    is_lost_answer,
    parse_nested_errors,
)
from .multipart import FileForm
from .pasted import complete_otp, describe_odd_secret
from .proxies import NO_HTTP_PROXY, find_proxy, is_loopback
from .task_lists import TaskLists
from .trust import describe_broken_tls, describe_other_product
from .unreachable import find_root_cause, no_answer_error, unreachable_error, untrusted_error

try:
    import requests
    from proxmoxer.backends.https import ProxmoxHTTPApiTokenAuth, ProxmoxHTTPAuth, ProxmoxHttpSession
    from proxmoxer.core import ProxmoxResource, ResourceException
    from requests.adapters import HTTPAdapter
    from requests.exceptions import ConnectTimeout, InvalidSchema, InvalidURL, ProxyError
    from urllib3.connectionpool import HTTPSConnectionPool
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
    from urllib3.util.ssl_ import create_urllib3_context

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()
    HTTPAdapter = HTTPSConnectionPool = ProxmoxHTTPAuth = object

if TYPE_CHECKING:
    from .._guest.inventory import Inventory

# pveproxy closes idle connections after about 5 s; no request may be sent at that moment.
_IDLE_SECONDS = 4.0
# More tasks than run at once on a node.
_ALL_TASKS = 10000
_RETRY_DELAYS = (0.1, 0.4, 1.0)


class _FreshPool(HTTPSConnectionPool):
    """A pool that reopens a connection before pveproxy closes it as idle."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if time.monotonic() - getattr(connection, "idle_since", float("inf")) > _IDLE_SECONDS:
            connection.close()
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _PinningAdapter(HTTPAdapter):
    """Trusts only the certificate with this SHA-256 fingerprint, where there is one."""

    def __init__(self, fingerprint: str | None, **kwargs: Any) -> None:
        self._pinning: dict[str, Any] = {"assert_fingerprint": fingerprint}
        if fingerprint:
            # Without one of ours, urllib3 reads all CAs of the system for each connection, and asks none of them.
            self._pinning["ssl_context"] = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **self._pinning, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _FreshPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        # Without, what is behind a proxy would not be compared with the fingerprint at all.
        manager = super().proxy_manager_for(proxy, **self._pinning, **kwargs)
        if proxy.startswith("http"):
            manager.pool_classes_by_scheme = {"https": _FreshPool}
        return manager


class _TicketAuth(ProxmoxHTTPAuth):
    """Password login that gets its ticket with the same TLS settings as every other request."""

    def __init__(self, login: Any, **kwargs: Any) -> None:
        self._login = login
        super().__init__(**kwargs)

    def _get_new_tokens(self, password: str | None = None, otp: str | None = None, otptype: str | None = None) -> None:
        answer = self._login(self.username, password or self.pve_auth_ticket)
        self.birth_time = time.monotonic()
        self.pve_auth_ticket = answer["ticket"]
        self.csrf_prevention_token = answer["CSRFPreventionToken"]


class _Serializer:
    """Returns C(data) of an answer; raises L(PveError) for what is not an answer of the API."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_accept_types(self) -> str:
        return "application/json"

    def loads(self, response: Any) -> Any:
        try:
            return response.json()["data"]
        except (ValueError, KeyError, TypeError) as exc:
            raise _foreign_answer_error(self._address, response) from exc

    def loads_errors(self, response: Any) -> Any:
        try:
            body = response.json()
        except ValueError:
            return None
        if not isinstance(body, dict):
            return None
        return body.get("errors") or parse_nested_errors(str(body.get("message") or "")) or None


def _foreign_answer_error(address: str, response: Any) -> PveError:
    kind = response.headers.get("Content-Type", "no content type")
    what = "a redirection" if 300 <= response.status_code < 400 else kind
    hint = "Check the address and port, and whether a proxy or login page stands in between."
    if address.endswith(":8007"):
        hint = "8007 is the port of Proxmox Backup Server; Proxmox VE has 8006."
    return PveError(
        UNREACHABLE,
        f"{address} answered {response.status_code} with {what}, which is not an answer of the Proxmox VE API.",
        hint,
        response.status_code,
    )


def _is_refusal(response: Any) -> bool:
    """Whether the body of an error is one of the API: C(data) with what else it says, or nothing."""
    if not response.content:
        return True
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "data" in body


class Client:
    """A connection to one cluster. Safe to share between threads.

    C(GET) is retried when the connection breaks or a proxy answers 502 to 504, 595 or 599. Other methods are
    sent once: nobody can know whether a broken request was received, so callers read the state again instead.
    Every method returns the C(data) of the answer and raises L(PveError), whose C(is_unknown) says that such a request
    may have been carried out.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        # What users should know although nothing failed; modules show it as warnings.
        self.notices: list[str] = []
        # Whether a list that was read showed every node of the cluster online; then it has quorum.
        self.has_seen_all_nodes_online = False
        # The latest list of everything in the cluster (C(GET /cluster/resources)) that was read, if any.
        self.resources: list[dict[str, Any]] | None = None
        # A list of everything, and its entries by their types.
        self._sorted_resources: tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]] | None = None
        # Seconds that the quickest task of each type took; the next one is not looked at much earlier.
        self.quickest_seconds: dict[str, float] = {}
        self.task_lists = TaskLists(self._active_tasks)
        # The tasks that requests of this client have started, and are known to have.
        self.known_upids: set[str] = set()
        # The date of the latest answer, in seconds since the epoch, and when it came.
        self._server_date: tuple[float, float] | None = None
        self._session = ProxmoxHttpSession()
        self._session.hooks["response"] += [self._note_date, self._require_api]
        self._session.headers["accept"] = "application/json"
        verify: bool | str = connection.validate_certs
        if connection.gateway:
            self._base_url = f"{gateway.URL}/api2/json"
            adapter = gateway.SocketAdapter(
                connection.gateway, ca_path=connection.ca_path, pool_maxsize=connection.pool_size
            )
            self._session.mount("http://", adapter)
            # There is no proxy in front of a socket of this machine.
            self._session.trust_env = False
        else:
            self._base_url = f"{connection.url}/api2/json"
            if is_loopback(connection.host):
                # No proxy leads to this machine.
                self._session.trust_env = False
            adapter = _PinningAdapter(connection.fingerprint, pool_maxsize=connection.pool_size)
            self._session.mount("https://", adapter)
            if connection.fingerprint:
                verify = False
            elif verify and connection.ca_path:
                require_usable_ca(connection)
                verify = connection.ca_path
        # Passed with every request: requests lets REQUESTS_CA_BUNDLE override what only the session has.
        self._options: dict[str, Any] = {
            "verify_ssl": verify,
            "timeout": (connection.connect_timeout, connection.read_timeout),
        }
        self._api: Any = None
        self._connect_lock = threading.Lock()

    @property
    def inventory(self) -> Inventory | None:
        """The guests as everything that this client is used for is to see them; None: each looks itself."""
        return None

    @property
    def server_time(self) -> float:
        """The time by the server's clock, in seconds since the epoch: right, or up to a second early."""
        if self._server_date is None:
            return time.time()
        date, came_at = self._server_date
        return date + time.monotonic() - came_at

    def list_resources(self, kind: str) -> list[dict[str, Any]]:
        """The entries of one type in the latest list of everything in the cluster, none if it was not read."""
        entries = self.resources or []
        if self._sorted_resources is None or self._sorted_resources[0] is not entries:
            by_type: dict[str, list[dict[str, Any]]] = {}
            for entry in entries:
                by_type.setdefault(entry["type"], []).append(entry)
            self._sorted_resources = (entries, by_type)
        return self._sorted_resources[1].get(kind, [])

    def read_time(self) -> float:
        """As L(server_time), for which the server is asked if it has not answered anything yet."""
        if self._server_date is None:
            self.get("/version")
        return self.server_time

    def _note_date(self, response: Any, **dummy: Any) -> None:
        try:
            self._server_date = parsedate_to_datetime(response.headers["date"]).timestamp(), time.monotonic()
        except (KeyError, TypeError, ValueError):
            # A proxy's answer, say.
            return

    def _require_api(self, response: Any, **dummy: Any) -> None:
        """Raise for what the API never answers: a redirection, or a refusal whose body is not its own."""
        if 300 <= response.status_code < 400 or (400 <= response.status_code < 500 and not _is_refusal(response)):
            raise _foreign_answer_error(self.connection.address, response)

    def _active_tasks(self, node: str) -> list[dict[str, Any]]:
        active: list[dict[str, Any]] = self.get(f"/nodes/{segment(node)}/tasks", source="active", limit=_ALL_TASKS)
        return active

    def get(self, path: str, **params: Any) -> Any:
        return self.request("GET", path, params)

    def request(self, method: str, path: str, params: dict[str, Any] | None = None, file: str | None = None) -> Any:
        """Send one request; I(path) starts below C(/api2/json), such as C(/nodes/pve1/qemu).

        The content of I(file), a local path, is sent as the parameter C(filename) after the others, in their order.
        """
        what = f"{method} {path}"
        attempt = 0
        while True:
            try:
                if file is not None:
                    return self._upload(path, dict(params or {}), file)
                return self._send(method, path, dict(params or {}))
            except PveError as error:
                if error.code == AUTH_FAILED and error.http_status == 401:
                    self._explain_refusal(error)
                if method != "GET":
                    error.is_unknown = error.is_unknown or is_lost_answer(error)
                    raise
                if not _may_retry(error, attempt):
                    raise
            except requests.exceptions.RequestException as exc:
                error = self._connection_error(what, method, exc)
                if method != "GET" or not _may_retry(error, attempt):
                    raise error from exc
            time.sleep(_RETRY_DELAYS[attempt])
            attempt += 1

    def _ensure_connected(self) -> Any:
        with self._connect_lock:
            if self._api is None:
                self._api = self._connect()
        return self._api

    def _upload(self, path: str, params: dict[str, Any], file: str) -> Any:
        self._ensure_connected()
        filename = params.pop("filename", os.path.basename(file))
        try:
            form = FileForm(params, "filename", filename, file)
            # proxmoxer's own session would treat the form as a map of fields.
            response = requests.Session.request(
                self._session,
                "POST",
                f"{self._base_url}{path}",
                data=form,
                headers={"Content-Type": form.content_type},
                cookies=self._session.auth.get_cookies(),
                verify=self._options["verify_ssl"],
                timeout=self._options["timeout"],
            )
        except requests.exceptions.RequestException:
            raise
        except (OSError, ValueError) as exc:
            raise PveError(
                INVALID_PARAMETER, f"The file can't be sent: {exc}", "Give a file that can be read."
            ) from exc
        if response.status_code >= 400:
            errors = _Serializer(self.connection.address).loads_errors(response)
            raise error_from_response(f"POST {path}", response.status_code, response.reason or "", errors)
        return _Serializer(self.connection.address).loads(response)

    def _send(self, method: str, path: str, params: dict[str, Any]) -> Any:
        api = self._ensure_connected()
        try:
            return getattr(api(path.lstrip("/")), method.lower())(**params)
        except ResourceException as exc:
            raise error_from_response(f"{method} {path}", exc.status_code, exc.content, exc.errors) from exc

    def _connect(self) -> Any:
        connection = self.connection
        auth: Any
        if connection.gateway:
            auth = gateway.RunKey(connection.gateway_key, **self._options)
        elif connection.token_id:
            auth = ProxmoxHTTPApiTokenAuth(
                connection.user, connection.token_id, connection.token_secret, **self._options
            )
        else:
            auth = _TicketAuth(self._login, username=connection.user, password=connection.password, **self._options)
        self._session.auth = auth
        return ProxmoxResource(
            base_url=self._base_url, session=self._session, serializer=_Serializer(connection.address)
        )

    def _login(self, username: str, password: str) -> dict[str, Any]:
        session = requests.Session()
        session.trust_env = self._session.trust_env
        session.hooks = self._session.hooks
        session.mount("https://", self._session.get_adapter("https://"))
        form = {"username": username, "password": password}
        # A ticket in place of the password is renewed without.
        if self.connection.otp and not password.startswith("PVE:"):
            form["otp"] = complete_otp(self.connection.otp)
        response = session.post(
            f"{self._base_url}/access/ticket",
            data=form,
            verify=self._options["verify_ssl"],
            timeout=self._options["timeout"],
        )
        if response.status_code >= 400:
            raise error_from_response("POST /access/ticket", response.status_code, response.reason)
        answer = _Serializer(self.connection.address).loads(response)
        other = describe_other_product(str(answer.get("ticket")))
        if other:
            raise unreachable_error(self.connection.address, other)
        if answer.get("NeedTFA"):
            raise PveError(
                AUTH_FAILED,
                f"{username} needs a second factor to log in.",
                "Set api_otp (PROXMOX_OTP) to a one-time password, or use an API token instead of the password.",
            )
        return answer

    def _explain_refusal(self, error: PveError) -> None:
        """Say who was refused, and what looks wrong about the secret; a gateway, which has that, says so itself."""
        connection = self.connection
        if connection.user:
            error.message = error.message.replace("the login:", f"the login of {connection.identity}:", 1)
        if not connection.gateway:
            error.hint = describe_odd_secret(connection.token_secret, connection.password) or error.hint

    def _connection_error(self, what: str, method: str, exc: Exception) -> PveError:
        connection = self.connection
        proxy = None if connection.gateway else find_proxy(connection.url)
        broken_tls = isinstance(exc, requests.exceptions.SSLError) and describe_broken_tls(str(exc))
        if isinstance(exc, requests.exceptions.SSLError) and not broken_tls:
            pinned = bool(connection.fingerprint) and "ingerprint" in str(exc)
            error = untrusted_error(
                connection.address, find_root_cause(exc), pinned=pinned, proxy=proxy, ca_path=connection.ca_path
            )
            # Any other fault of TLS may come after the request was sent.
            error.is_unknown = method != "GET" and not pinned and "CERTIFICATE_VERIFY_FAILED" not in str(exc)
            return error
        if isinstance(exc, requests.exceptions.ReadTimeout):
            return no_answer_error(connection.address, what, method)
        is_lost = method != "GET" and not _has_not_connected(exc)
        if isinstance(exc, ConnectTimeout):
            cause = f"no connection within {connection.connect_timeout:g} s"
        elif proxy and isinstance(exc, (InvalidSchema, InvalidURL)):
            cause = NO_HTTP_PROXY
        else:
            cause = broken_tls or find_root_cause(exc)
        if connection.gateway:
            error = PveError(
                UNREACHABLE,
                f"The gateway {connection.gateway} can't be reached: {cause}.",
                "Check that the gateway runs and that api_gateway is its socket; it ends with what started it.",
            )
        else:
            error = unreachable_error(connection.address, cause, proxy)
        error.is_unknown = is_lost
        return error


def _has_not_connected(exc: Exception) -> bool:
    """Whether there was no connection on which a request could have been sent; a failing proxy has passed on none."""
    cause = getattr(exc.args[0] if exc.args else None, "reason", None)
    unsent = (ConnectTimeout, ProxyError, InvalidSchema, InvalidURL)
    return isinstance(exc, unsent) or isinstance(cause, (NewConnectionError, ConnectTimeoutError))


def segment(value: Any) -> str:
    """A value quoted as one segment of an API path, so that nothing in it can lead to another path."""
    return quote(str(value), safe="@!:")


def _may_retry(error: PveError, attempt: int) -> bool:
    if error.http_status is None:
        # No answer at all. A server that is not the API has a status.
        return error.code == UNREACHABLE and attempt < len(_RETRY_DELAYS) - 1
    return error.http_status in (502, 503, 504, 595, 599) and attempt < len(_RETRY_DELAYS)
