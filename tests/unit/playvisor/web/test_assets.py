"""The built files, the notices beside them, and the document of a terminal, which has no origin."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from playvisor.web.assets import NOTICES, Assets
from playvisor.web.headers import POLICY, HeadersMiddleware


@pytest.fixture
def browser(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/x-1.js").write_text("export {}")
    for name in ("index.html", "terminal.html"):
        (tmp_path / name).write_text(name)
    (tmp_path / "THIRD-PARTY.txt").write_text("react, MIT")
    assets = Assets(tmp_path)
    routes = [
        Route("/assets/{path:path}", assets.serve_file),
        Route("/terminal.html", assets.serve_terminal),
        *(Route(f"/{name}", assets.serve_notice) for name in NOTICES),
        Route("/{path:path}", assets.serve_page),
    ]
    return TestClient(HeadersMiddleware(Starlette(routes=routes), is_secure=False))


def test_a_terminal_is_in_a_sandbox_that_only_our_page_frames_and_that_reaches_nothing(browser):
    answer = browser.get("/terminal.html")
    policy = dict(part.partition(" ")[::2] for part in answer.headers["content-security-policy"].split("; "))
    assert answer.text == "terminal.html"
    assert policy["sandbox"] == "allow-scripts"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["default-src"] == "'none'"
    assert not {"connect-src", "img-src", "frame-src"} & set(policy)
    assert "unsafe" not in policy["script-src"]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_the_page_itself_allows_no_style_of_its_own_and_no_frame_around_it(browser):
    answer = browser.get("/console?guest=101")
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert answer.headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in answer.headers


def test_built_files_are_for_a_document_without_an_origin_too(browser):
    answer = browser.get("/assets/x-1.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "immutable" in answer.headers["cache-control"]


def test_licences_of_others_are_text_of_their_own(browser):
    answer = browser.get("/THIRD-PARTY.txt")
    assert (answer.status_code, answer.text) == (200, "react, MIT")
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_notice_that_was_not_built_is_not_the_page(browser):
    answer = browser.get("/sbom.cdx.json")
    assert answer.status_code == 404
    assert "make web" in answer.text
