# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built browser application: files with a hash in their names are kept for ever, the page itself never."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from playvisor.web.headers import ASSET_HEADERS, TERMINAL_HEADERS

FOLDER = Path(__file__).with_name("static")
_FOREVER = "public, max-age=31536000, immutable"
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
# What the build says of the parts of others in it.
NOTICES = ("THIRD-PARTY.txt", "sbom.cdx.json")
NOT_BUILT = "The web application is not built here. In a checkout, `make web` builds it; the REST API works without."


def is_built(folder: Path = FOLDER) -> bool:
    """Whether the browser application is there."""
    return (folder / "index.html").is_file()


def find_file(folder: Path, path: str) -> Path | None:
    """The file of a path below a folder; None for one that is not there, or that leads out."""
    try:
        found = (folder / path).resolve()
        return found if found.is_relative_to(folder.resolve()) and found.is_file() else None
    except (OSError, ValueError):
        # Too long, or with what no path has.
        return None


class Assets:
    """Serves the files below a folder, as they were compressed when they were built."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder.resolve()

    async def serve_file(self, request: Request) -> Response:
        """Serve one file of `assets/`, or 404."""
        path = find_file(self._folder / "assets", request.path_params["path"])
        if path is None:
            return PlainTextResponse("There is no such file.", 404)
        return self._send(request, path, {"cache-control": _FOREVER, **ASSET_HEADERS})

    async def serve_notice(self, request: Request) -> Response:
        """Serve what the build says of the parts of others in it: their licences, and the bill of materials."""
        path = self._folder / request.url.path.lstrip("/")
        if path.name not in NOTICES or not path.is_file():
            return PlainTextResponse(NOT_BUILT, 404)
        return self._send(request, path, {"cache-control": "no-cache"})

    async def serve_page(self, request: Request) -> Response:
        """Serve the page, which shows what its address says."""
        if not is_built(self._folder):
            return PlainTextResponse(NOT_BUILT, 503)
        return self._send(request, self._folder / "index.html", {"cache-control": "no-store"})

    async def serve_terminal(self, request: Request) -> Response:
        """Serve the document of a terminal, for a frame of the page: it can reach nothing but the page."""
        if not is_built(self._folder):
            return PlainTextResponse(NOT_BUILT, 503)
        headers = {"cache-control": "no-store", **TERMINAL_HEADERS}
        return self._send(request, self._folder / "terminal.html", headers)

    def _send(self, request: Request, path: Path, own: Mapping[str, str]) -> Response:
        media, _encoding = mimetypes.guess_type(path.name)
        headers = {**own, "vary": "accept-encoding"}
        accepted = request.headers.get("accept-encoding", "")
        for encoding, ending in _ENCODINGS.items():
            packed = path.with_name(path.name + ending)
            if encoding in accepted and packed.is_file():
                return FileResponse(packed, headers={**headers, "content-encoding": encoding}, media_type=media)
        return FileResponse(path, headers=headers, media_type=media)
