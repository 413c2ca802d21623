"""The built files: what is served of them, and how it may be kept."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from playvisor.web.assets import NOTICES, Assets


@pytest.fixture
def client(tmp_path):
    (tmp_path / "index.html").write_text("<title>Playvisor</title>")
    (tmp_path / "THIRD-PARTY.txt").write_text("react, MIT")
    assets = Assets(tmp_path)
    notices = [Route(f"/{name}", assets.serve_notice) for name in NOTICES]
    return TestClient(Starlette(routes=[*notices, Route("/{path:path}", assets.serve_page)]))


def test_licences_of_others_are_text_of_their_own(client):
    answer = client.get("/THIRD-PARTY.txt")
    assert (answer.status_code, answer.text) == (200, "react, MIT")
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_notice_that_was_not_built_is_not_the_page(client):
    answer = client.get("/sbom.cdx.json")
    assert answer.status_code == 404
    assert "make web" in answer.text


def test_any_other_address_is_the_page(client):
    assert "Playvisor" in client.get("/guests/101").text
