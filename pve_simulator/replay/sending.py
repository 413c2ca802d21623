# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recorded requests as requests to the simulated server."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from pve_simulator.http.message import Request
from pve_simulator.replay.names import Names
from pve_simulator.replay.recording import Exchange
from pve_simulator.replay.seeding import RECORDED_LOGIN
from pve_simulator.replay.transfers import StandIn, build_stand_in
from pve_simulator.state.access import ROOT

_ROOT_TOKEN = f"PVEAPIToken={ROOT}!{RECORDED_LOGIN['token']}={RECORDED_LOGIN['secret']}"
_FORM = "application/x-www-form-urlencoded"
_BOUNDARY = "recorded-upload"


def build_request(item: Exchange, names: Names, later: Sequence[Exchange] = ()) -> Request:
    """The request with every learnt name translated, and its authentication; `later` is what was recorded next."""
    headers = _build_headers(item, names)
    query = names.translate(item.query)
    params = names.translate(item.params)
    body = b""
    if "__raw__" in params:
        body = str(params["__raw__"]).encode()
        headers.setdefault("content-type", _FORM)
    elif item.method == "POST" and item.path.endswith("/upload"):
        headers["content-type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        body = _build_form(build_stand_in(item, later, params))
    elif item.method in ("POST", "PUT"):
        if params:
            headers["content-type"] = _FORM
            body = urlencode(params, doseq=True).encode()
    elif params:
        query = "&".join(part for part in (query, urlencode(params, doseq=True)) if part)
    path = quote(names.translate(item.path), safe="/:!@%")
    return Request.from_target(item.method, f"/api2/json{path}?{query}".rstrip("?"), headers, body)


def _build_headers(item: Exchange, names: Names) -> dict[str, str]:
    headers = {name.lower(): names.translate(value) for name, value in (item.headers or {}).items()}
    if item.cookies:
        headers["cookie"] = "; ".join(
            f"{name}={quote(names.translate_cut(value))}" for name, value in item.cookies.items()
        )
    if item.auth is not None:
        token = item.auth.removeprefix("token ")
        headers["authorization"] = f"PVEAPIToken={token}={_choose_secret(item, names, token)}"
    elif item.cookies is None and "authorization" not in headers:
        headers["authorization"] = _ROOT_TOKEN
    return headers


def _choose_secret(item: Exchange, names: Names, token: str) -> str:
    """The token's newest secret; one before it where the recorded server refused it."""
    secrets = names.token_secrets.get(token) or [RECORDED_LOGIN["secret"]]
    return secrets[0] if item.status == 401 else secrets[-1]


def _build_form(file: StandIn) -> bytes:
    """A form in the order of the recorded one, the file last."""
    fields = [f'name="{key}"\r\n\r\n{value}'.encode() for key, value in file.params.items()]
    fields.append(f'name="filename"; filename="{file.filename}"\r\n\r\n'.encode() + file.content)
    mark = f"--{_BOUNDARY}".encode()
    head = b"\r\nContent-Disposition: form-data; "
    return b"".join(mark + head + field + b"\r\n" for field in fields) + mark + b"--\r\n"
