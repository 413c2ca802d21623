# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's side of the gateway: kept, verified TLS connections, credentials, a limit, a circuit breaker."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import httpx2

from mcp_bridge import collection, version
from mcp_bridge.gateway.circuit_breaker import Breaker
from mcp_bridge.gateway.credentials import (
    FORM,
    LARGEST_ANSWER,
    TICKET_PATH,
    Answer,
    Login,
    LoginRefused,
    Password,
    Token,
)
from mcp_bridge.gateway.faults import Code, Fault
from mcp_bridge.gateway.tls import OtherCertificate, make_tls_context
from mcp_bridge.settings.endpoint import Credentials, Endpoint
from mcp_bridge.settings.identities import complete_otp, describe_odd_secret

if TYPE_CHECKING:
    from httpx2.websockets import AsyncWebSocketSession

# Requests in flight; pveproxy and pvedaemon have three workers each, unless configured otherwise.
IN_FLIGHT = 20
_CONNECT_SECONDS = 10.0
# The run's own read_timeout is shorter; this ends requests that nobody waits for any more.
_READ_SECONDS = 600.0
# pveproxy closes idle connections after about 5 s; no request should meet that boundary.
_IDLE_SECONDS = 4.0
# Of each service: what people call it, and its port.
_SERVICES = {"pve": ("Proxmox VE", 8006)}
# The run needs the cluster's clock, by which it finds the tasks that it has started.
_KEPT_HEADERS = ("content-type", "content-encoding", "date")

# Of one message of a WebSocket; Proxmox VE's proxy sends what it has read at once, at most 128 KiB.
_LARGEST_MESSAGE = 1024 * 1024
Body = bytes | AsyncIterable[bytes]


class Upstream:
    """One endpoint. Wrong settings are noticed when the first request is sent, which then raises Fault."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials) -> None:
        self._endpoint = endpoint
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._breaker = Breaker(time.monotonic)
        self._login = _make_login(endpoint, credentials)
        self._client: httpx2.AsyncClient | None = None
        self._proxy: tuple[str, str] | None = None
        self.address = ""
        # What looks wrong about the secret, to be told when it was refused.
        self.odd_secret = describe_odd_secret(credentials)

    async def send(self, method: str, target: str, headers: dict[str, str], body: Body = b"") -> Answer:
        """Sign and send one request; `target` is its path and query. Raises Fault when no answer came."""
        async with self._slots:
            try:
                signature = await self._login.sign(self._exchange, method)
                answer = await self._exchange(method, target, {**headers, **signature}, body)
                # A request that was refused for its ticket was not carried out; an upload can't be read again.
                if answer.status == 401 and isinstance(body, bytes) and self._login.note_refusal(signature):
                    signature = await self._login.sign(self._exchange, method)
                    answer = await self._exchange(method, target, {**headers, **signature}, body)
            except LoginRefused as refused:
                return refused.answer
        return answer

    async def ask_ticket(self, form: Mapping[str, str]) -> Answer:
        """Let the cluster answer a log-in of somebody else, trusted as requests are. Raises Fault.

        It has a client of its own, so that nothing of it stays, such as a cookie.
        """
        body = urlencode(form).encode()
        async with self._slots, self._make_client(1) as client:
            if not self._breaker.may_connect():
                raise self._make_fault("unreachable", self._breaker.cause)
            try:
                answer = await _send_request(client, "POST", TICKET_PATH, FORM, body)
            except httpx2.RequestError as error:
                raise self._explain(error) from None
        self._breaker.record_success()
        return answer

    @asynccontextmanager
    async def open_socket(self, target: str) -> AsyncIterator[AsyncWebSocketSession]:
        """Open a WebSocket at a path and query, signed and trusted as requests are. Raises Fault.

        It is no request in flight: it has a connection of its own.
        """
        from httpx2.websockets import WebSocketUpgradeError

        async with self._make_client(1) as client:
            try:
                signature = await self._login.sign(self._exchange, "GET")
                async with client.websocket(
                    f"wss://{self.address}{target}",
                    headers=signature,
                    subprotocols=["binary"],
                    max_message_size_bytes=_LARGEST_MESSAGE,
                    keepalive_ping_interval_seconds=None,
                    timeout=_CONNECT_SECONDS,
                    extensions={"target": target.encode("ascii")},
                ) as socket:
                    yield socket
            except WebSocketUpgradeError as error:
                raise _describe_refusal(error.response) from None
            except httpx2.RequestError as error:
                # It changes nothing, so it does not matter whether it was received.
                raise self._explain(error) from None
            except LoginRefused as refused:
                raise Fault("auth_failed", _describe_answer(refused.answer.status, refused.answer.reason)) from None
            except ExceptionGroup as group:
                # What was raised while it was open comes wrapped by the library.
                raise _find_first(group) from None

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _exchange(self, method: str, target: str, headers: dict[str, str], body: Body) -> Answer:
        client = self._get_client()
        if not self._breaker.may_connect():
            raise self._make_fault("unreachable", self._breaker.cause)
        try:
            answer = await _send_request(client, method, target, headers, body)
        except httpx2.RequestError as error:
            raise self._explain(error) from error
        self._breaker.record_success()
        return answer

    def _explain(self, error: httpx2.RequestError) -> Fault:
        """Why there is no answer; failed connections count for the circuit breaker."""
        if isinstance(error, httpx2.ConnectTimeout):
            return self._record_failure(f"no connection within {_CONNECT_SECONDS:g} s")
        if isinstance(error, httpx2.TimeoutException):
            return Fault("timeout", "no answer in time", is_sent=True)
        cause = _find_innermost(error)
        if isinstance(error, httpx2.ConnectError):
            if isinstance(cause, OtherCertificate):
                return self._make_fault("other_certificate", str(cause.args[0]))
            if isinstance(cause, ssl.SSLError):
                broken = collection.load_rules("plugins/module_utils/_api/trust.py").describe_broken_tls(str(cause))
                if broken:
                    return self._record_failure(broken)
                reason = getattr(cause, "verify_message", None) or cause.reason or cause
                return self._make_fault("tls_untrusted", str(reason).rstrip("."))
            return self._record_failure(_describe_error(cause))
        if isinstance(error, httpx2.ProxyError):
            # It has passed nothing on.
            return self._make_fault("unreachable", str(error))
        return Fault("unreachable", _describe_error(cause) or "the connection broke", is_sent=True)

    def _record_failure(self, cause: str) -> Fault:
        self._breaker.record_failure(cause)
        return self._make_fault("unreachable", cause)

    def _make_fault(self, code: Code, cause: str) -> Fault:
        return Fault(code, cause, proxy=self._proxy)

    def _get_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = self._make_client(IN_FLIGHT)
        return self._client

    def _make_client(self, connections: int) -> httpx2.AsyncClient:
        """Make a client of so many connections. Raises Fault for wrong settings."""
        host, port = _parse_address(self._endpoint)
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        url = f"https://{self.address}"
        # As the collection finds it where that connects by itself.
        rules = collection.load_rules("plugins/module_utils/_api/proxies.py")
        proxy = rules.find_proxy(url)
        self._proxy = proxy and tuple(proxy.public)
        try:
            return self._build_client(url, proxy and proxy.url, connections)
        except (ImportError, ValueError, httpx2.InvalidURL) as error:
            if proxy is None:
                raise
            raise self._make_fault("unreachable", rules.NO_HTTP_PROXY) from error

    def _build_client(self, url: str, proxy: str | None, connections: int) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=url,
            verify=make_tls_context(self._endpoint.trust),
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=_IDLE_SECONDS
            ),
            timeout=httpx2.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS, pool=None),
            # What the gateway itself reads needs no compression; a run says itself what it can read.
            headers={
                "accept": "application/json",
                "accept-encoding": "identity",
                "user-agent": f"playvisor/{version()}",
            },
            follow_redirects=False,
            trust_env=False,
            proxy=proxy,
        )


async def _send_request(
    client: httpx2.AsyncClient, method: str, target: str, headers: dict[str, str], body: Body
) -> Answer:
    request = client.build_request(method, "/", headers=headers, content=body)
    if not body and method in ("GET", "DELETE"):
        request.headers.pop("content-length", None)
    # Exactly as it was judged: the client would write it in its own way.
    request.extensions = {**request.extensions, "target": target.encode("ascii")}
    response = await client.send(request, stream=True)
    try:
        parts, size = [], 0
        async for part in response.aiter_raw():
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise Fault("unreachable", f"the answer has more than {LARGEST_ANSWER} bytes", is_sent=True)
    finally:
        await response.aclose()
    kept_headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, response.extensions.get("reason_phrase", b""), kept_headers, b"".join(parts))


def _describe_refusal(response: httpx2.Response) -> Fault:
    """Why the cluster opens no console: a ticket that is not good any more, or nobody who waits at its port."""
    return Fault("unreachable", _describe_answer(response.status_code, response.extensions.get("reason_phrase", b"")))


def _describe_answer(status: int, reason: bytes) -> str:
    return f"it answered {status} {reason.decode('utf-8', 'replace')}".strip()


def _make_login(endpoint: Endpoint, credentials: Credentials) -> Login:
    if credentials.token_secret and "!" in endpoint.identity:
        return Token(endpoint.identity, credentials.token_secret.get_secret_value())
    password = credentials.password.get_secret_value() if credentials.password else ""
    otp = complete_otp(credentials.otp.get_secret_value()) if credentials.otp else None
    return Password(endpoint.identity, password, otp=otp)


def _parse_address(endpoint: Endpoint) -> tuple[str, int]:
    product, default_port = _SERVICES[endpoint.service]
    parts = urlsplit(endpoint.url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme != "https" or not host:
        raise Fault("invalid_parameter", f"not the address of a {product} API: {endpoint.url}")
    return host, port or default_port


def _describe_error(error: BaseException) -> str:
    # asyncio replaces the system's message by its own.
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return str(getattr(error, "strerror", None) or error).rstrip(".")


def _find_first(error: Exception) -> Exception:
    """The first error of a group, of groups."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _find_innermost(error: BaseException) -> BaseException:
    """The first error in the chain, below what each layer wrapped around it."""
    while True:
        group = getattr(error, "exceptions", None)
        nested = group[0] if group else error.__cause__ or error.__context__
        if nested is None:
            return error
        error = nested
