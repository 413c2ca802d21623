"""Fleets over REST: files written only over what was read, problems, plans while typing, drift, the way back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from web_client import Web

from mcp_bridge.run import Request
from playvisor.web.fleets.sources import Fleets

pytestmark = pytest.mark.flow

FLEET = """\
fleet: shop
profiles:
  web: {memory: "{{ web.memory }}"}
guests:
  web-{01..02}:
    profiles: [web]
    description: Shop
pools:
  shop: {comment: The shop}
"""
VALUES = "web:\n  memory: 1024\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "shop"
    (folder / "values").mkdir(parents=True)
    (folder / "fleet.yml").write_text("fleet: shop\npools:\n  shop: {comment: The shop}\n")
    (folder / "guests.yml").write_text('profiles:\n  base: {description: "{{ about }}"}\n')
    (folder / "values.yml").write_text("about: From values\n")
    (folder / "values" / "staging.yml").write_text("about: From staging\n")
    return folder


@pytest.fixture
def web(lab, folder):
    """The web application with one fleet, and somebody signed in."""
    web = Web(lab.bridge, fleets=Fleets([folder]))
    web.sign_in()
    return web


def read(web, path):
    answer = web.call("GET", f"/fleets/shop/files/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()["text"], answer.headers["etag"]


def adopt(web, name="web-01"):
    """A file that declares a guest of the cluster as it is, apart from its description."""
    guest = web.call("POST", "/tools/list_guests", {}).json()["guests"][0]
    return (
        guest,
        f"guests:\n  {guest['name']}:\n    profiles: [base]\n    type: {guest['type']}\n    vmid: {guest['vmid']}\n",
    )


def test_a_fleet_is_edited_planned_applied_looked_at_for_drift_and_rolled_back(web, folder, lab):
    assert [(row["name"], row["applied"], row["counts"]) for row in web.get("/fleets")["fleets"]] == [
        ("shop", None, {"pools": 1})
    ]
    guest, text = adopt(web)
    draft = {"guests.yml": (folder / "guests.yml").read_text() + text}
    path = f"guests.{guest['name']}"

    typed = web.call("POST", "/fleets/shop/plan", {"files": draft, "keep": False}).json()
    shown = {row["path"]: row for row in typed["objects"]}
    assert shown.keys() == {path, "pools.shop"}
    assert (shown[path]["file"], shown[path]["line"]) == ("guests.yml", 4)
    assert typed["plan"].get("id") is None
    assert web.get("/plans?state=all")["plans"] == []
    assert (folder / "guests.yml").read_text() != draft["guests.yml"]

    _text, etag = read(web, "guests.yml")
    saved = web.call("PUT", "/fleets/shop/files/guests.yml", {"text": draft["guests.yml"]}, if_match=etag)
    assert (saved.status_code, saved.headers["etag"]) == (200, read(web, "guests.yml")[1])
    planned = web.call("POST", "/fleets/shop/plan", {}).json()
    assert (planned["plan"]["digest"], planned["plan_state"]) == (typed["plan"]["digest"], "ready")
    applied = web.call("POST", "/fleets/shop/apply", {"plan_id": planned["plan"]["id"]})
    assert (applied.status_code, applied.json()["changed"]) == (200, True)
    (row,) = web.get("/fleets")["fleets"]
    assert (row["applied"]["revision"], row["applied"]["marked"]) == (1, 2)

    assert web.get("/fleets/shop/drift")["objects"] == []
    lab.bridge.call(
        Request("configure_guest", {"vmid": guest["vmid"], "description": "Other"}, "apply"), print, threading.Event()
    )
    (drifted,) = web.get("/fleets/shop/drift")["objects"]
    (change,) = drifted["changes"]
    assert (change["path"], change["after"], change["file"]) == (f"{path}.description", "Other", "guests.yml")
    assert web.get("/fleets")["fleets"][0]["drift"]["fields"] == 1
    accepted = web.call("POST", "/fleets/shop/accept", {}).json()
    assert "description: Other" in accepted["files"]["guests.yml"]
    assert accepted["edits"][0]["file"] == "guests.yml"
    assert "Other" not in (folder / "guests.yml").read_text(), "nothing is saved by looking"

    _text, etag = read(web, "guests.yml")
    web.call("PUT", "/fleets/shop/files/guests.yml", {"text": accepted["files"]["guests.yml"]}, if_match=etag)
    second = web.call("POST", "/fleets/shop/plan", {}).json()
    assert second["objects"] == []
    noted = web.call("POST", "/fleets/shop/apply", {"digest": second["plan"]["digest"]}).json()
    assert (noted["status"], noted["changed"]) == ("ok", False)
    versions = web.get("/fleets/shop/versions")["versions"]
    assert [one["revision"] for one in versions] == [2, 1]
    (declared,) = web.get("/fleets/shop/versions/2/diff")["objects"]
    assert (declared["before"]["description"], declared["after"]["description"]) == ("From values", "Other")
    assert web.get("/fleets/shop/versions/2/diff?against=files")["objects"] == []
    assert "fleet: shop" in web.get("/fleets/shop/versions/1")["text"]

    back = web.call("POST", "/fleets/shop/versions/1/plan", {}).json()
    assert [one["path"] for one in back["objects"]] == [path]
    done = web.call("POST", "/fleets/shop/apply", {"plan_id": back["plan"]["id"], "version": 1, "wait": False})
    assert (done.status_code, done.headers["location"][:13]) == (202, "/api/v1/runs/")


def test_files_are_written_only_over_what_was_read_and_it_is_recorded(web, folder):
    (folder / "fleet.yml").chmod(0o640)
    text, etag = read(web, "fleet.yml")
    new = text.replace("The shop", "Our shop")
    assert web.call("PUT", "/fleets/shop/files/fleet.yml", {"text": new}).status_code == 428
    assert web.call("PUT", "/fleets/shop/files/fleet.yml", {"text": new}, if_match=etag).status_code == 200
    assert ((folder / "fleet.yml").read_text(), (folder / "fleet.yml").stat().st_mode & 0o777) == (new, 0o640)
    late = web.call("PUT", "/fleets/shop/files/fleet.yml", {"text": text}, if_match=etag)
    assert (late.status_code, late.json()["etag"]) == (412, read(web, "fleet.yml")[1])
    taken = web.call("PUT", "/fleets/shop/files/fleet.yml", {"text": text}, if_none_match="*")
    assert taken.status_code == 412

    made = web.call("PUT", "/fleets/shop/files/sites/paris.yml", {"text": "pools: {}\n"}, if_none_match="*")
    assert made.status_code == 201
    assert "sites/paris.yml" in {row["path"] for row in web.get("/fleets/shop/files")["files"]}
    assert web.call("DELETE", "/fleets/shop/files/sites/paris.yml").status_code == 428
    assert web.call("DELETE", "/fleets/shop/files/sites/paris.yml", if_match='"x"').status_code == 412
    gone = web.call("DELETE", "/fleets/shop/files/sites/paris.yml", if_match=made.headers["etag"])
    assert (gone.status_code, (folder / "sites" / "paris.yml").exists()) == (200, False)

    runs = web.get("/runs")["runs"]
    assert [run["tool"] for run in runs] == ["delete_fleet_file", "save_fleet_file", "save_fleet_file"]
    assert runs[-1]["arguments"]["path"] == "fleet.yml"
    assert runs[-1]["arguments"]["before"] == etag.strip('"')


def test_no_path_leads_out_of_the_folder(web, folder, tmp_path):
    (tmp_path / "secret.yml").write_text("secret: yes\n")
    (folder / "out.yml").symlink_to(tmp_path / "secret.yml")
    (folder / "up").symlink_to(tmp_path)
    (folder / ".git").mkdir()
    (folder / ".git" / "config.yml").write_text("a: b\n")
    (folder / "hidden.yml").symlink_to(folder / ".git" / "config.yml")
    (folder / "script.sh").write_text("exit 0\n")
    os.mkfifo(folder / "pipe.yml")
    wrong = ("../secret.yml", "%2e%2e/secret.yml", "a/../../secret.yml", "out.yml", "up/secret.yml", "hidden.yml")
    wrong += (
        ".git/config.yml",
        "script.sh",
        "%2fetc%2fpasswd.yml",
        "a%5cb.yml",
        "a%00.yml",
        "pipe.yml",
        "x" * 400 + ".yml",
        "x" * 280 + ".yml",
        "values.schema.json/x.yml",
    )

    for path in wrong:
        for method, body, condition in (("GET", None, {}), ("PUT", {"text": "x: y\n"}, {"if_none_match": "*"})):
            answer = web.call(method, f"/fleets/shop/files/{path}", body, **condition)
            assert answer.status_code in (404, 405, 422), (method, path, answer.text)
            assert "secret: yes" not in answer.text
        draft = web.call("POST", "/fleets/shop/lint", {"files": {unquote(path): "x: y\n"}})
        assert draft.status_code == 422, path
    assert (tmp_path / "secret.yml").read_text() == "secret: yes\n"
    assert {row["path"] for row in web.get("/fleets/shop/files")["files"]} == {
        *("fleet.yml", "guests.yml", "values.yml", "values/staging.yml")
    }


def test_problems_have_places_below_the_folder_and_drafts_count(web, folder):
    draft = {"files": {"guests.yml": "guests:\n  web-01: {coers: 2}\n  db-01: {memory: lots}\n"}}

    problems = web.call("POST", "/fleets/shop/lint", draft).json()["problems"]

    assert [(one["level"], one["file"], one["line"], one["column"]) for one in problems] == [
        ("error", "guests.yml", 2, 12),
        ("error", "guests.yml", 3, 19),
    ]
    assert problems[0]["hint"] == "Do you mean cores or clone?"
    refused = web.call("POST", "/fleets/shop/plan", draft)
    assert (refused.status_code, len(refused.json()["problems"])) == (422, 2)
    assert str(folder) not in refused.text
    (warning,) = web.call("POST", "/fleets/shop/lint", {}).json()["problems"]
    assert (warning["level"], warning["message"]) == ("warning", "No guest has the profile base.")


def test_a_value_is_explained_by_its_path_or_by_a_line(web):
    draft = {
        "guests.yml": 'profiles:\n  base: {description: "{{ about }}"}\nguests:\n  web-{01..02}: {profiles: [base]}\n'
    }

    (value,) = web.call(
        "POST", "/fleets/shop/explain", {"path": "web-01.description", "environment": "staging", "files": draft}
    ).json()["values"]
    assert (value["value"], value["from"], value["file"], value["line"]) == (
        "From staging",
        "profile base",
        "guests.yml",
        2,
    )
    (named,) = value["values"]
    assert (named["file"], named["overrides"][0]["file"]) == ("values/staging.yml", "values.yml")
    found = web.call("POST", "/fleets/shop/explain", {"file": "values.yml", "line": 1, "files": draft}).json()["values"]
    assert [one["path"] for one in found] == ["guests.web-01.description", "guests.web-02.description"]
    entry = web.call("POST", "/fleets/shop/explain", {"file": "guests.yml", "line": 4, "files": draft}).json()["values"]
    assert entry


def test_secrets_are_for_who_may_operate_and_never_for_clients(web, lab, folder):
    secret = "guests:\n  web-01:\n    type: qemu\n    cloudinit: {password: hunter22}\n"
    (folder / "guests.yml").write_text(secret)
    assert "hunter22" in read(web, "guests.yml")[0]
    assert "hunter22" not in web.call("POST", "/fleets/shop/render", {}).text
    assert "hunter22" not in web.call("POST", "/fleets/shop/explain", {"path": "web-01"}).text

    web.browser.cookies.clear()
    web.csrf = ""
    _token, bearer = lab.bridge.create_token(Request("create_token", {}, "apply"), "ci", [], None)
    client = {"authorization": f"Bearer {bearer}"}
    assert web.call("GET", "/fleets", **client).status_code == 200
    assert web.call("GET", "/fleets/shop/files/guests.yml", **client).status_code == 403
    assert web.call("POST", "/fleets/shop/lint", {"files": {"guests.yml": "{}"}}, **client).status_code == 403
    saved = web.call("PUT", "/fleets/shop/files/x.yml", {"text": ""}, if_none_match="*", **client)
    assert saved.status_code == 403


def test_of_plans_while_typing_only_the_newest_goes_on(web):
    (session,) = web.context.sessions.list_all()
    body = {"files": {"fleet.yml": "fleet: shop\npools:\n  typed: {}\n"}}

    with web.context.fleets.underway.replace((session.id, "shop")) as earlier:
        web.call("POST", "/fleets/shop/plan", body)
        assert not earlier.is_set(), "a plan that is kept is none of those while typing"
        typed = web.call("POST", "/fleets/shop/plan", {**body, "keep": False})

    assert [row["path"] for row in typed.json()["objects"]] == ["pools.typed"]
    assert earlier.is_set()


def test_a_fleet_that_was_applied_from_elsewhere_has_its_versions(web, lab):
    planned = lab.bridge.call(
        Request("plan_fleet", {"fleet": {"fleet": "other", "pools": {"p": {}}}}, "apply"), print, threading.Event()
    )
    lab.bridge.call(Request("apply_plan", {"plan_id": planned.plan.id}, "apply"), print, threading.Event())

    rows = {row["name"]: row for row in web.get("/fleets")["fleets"]}
    assert (rows["other"]["has_files"], rows["other"]["applied"]["revision"]) == (False, 1)
    assert web.get("/fleets/other")["files"] == []
    assert [one["revision"] for one in web.get("/fleets/other/versions")["versions"]] == [1]
    assert web.get("/fleets/other/drift")["objects"] == []
    assert web.call("GET", "/fleets/other/files").status_code == 404


def test_git_says_what_was_not_committed(web, folder):
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q", "-b", "trunk"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    (folder / "values.yml").write_text("about: Changed\n")
    (folder / "new.yml").write_text("pools: {}\n")

    found = web.get("/fleets/shop")["git"]

    assert (found["branch"], found["changed"]) == ("trunk", {"values.yml": "changed", "new.yml": "new"})


_BAD = [
    ("GET", "/fleets/nothing", None, 404),
    ("GET", "/fleets/nothing/files", None, 404),
    ("GET", "/fleets/shop/files/nothing.yml", None, 404),
    ("GET", "/fleets/shop?environment=nothing", None, 200),
    ("POST", "/fleets/shop/render", {"path": "guests.nothing"}, 404),
    ("POST", "/fleets/shop/render", {"environment": "nothing"}, 422),
    ("POST", "/fleets/shop/explain", {}, 422),
    ("POST", "/fleets/shop/explain", {"path": "nothing"}, 422),
    ("POST", "/fleets/shop/lint", {"files": {"a.yml": 1}}, 422),
    ("POST", "/fleets/shop/lint", {"files": {"values.schema.json": "{}"}}, 422),
    ("POST", "/fleets/shop/lint", {"colour": "red"}, 422),
    ("POST", "/fleets/shop/plan", {"only": []}, 422),
    ("POST", "/fleets/shop/apply", {"plan_id": "ffffffff"}, 404),
    ("POST", "/fleets/shop/apply", {"digest": "ffffffff"}, 409),
    ("POST", "/fleets/shop/apply", {}, 422),
    ("GET", "/fleets/shop/versions/1", None, 404),
    ("GET", "/fleets/shop/versions/x", None, 404),
    ("GET", "/fleets/shop/versions/99999999999999999999/diff", None, 404),
    ("POST", "/fleets/shop/versions/1/plan", {}, 404),
    ("PATCH", "/fleets/shop/files/fleet.yml", {}, 405),
]


def test_bad_input_gets_a_problem(web):
    for method, path, body, status in _BAD:
        answer = web.call(method, path, body)

        assert answer.status_code == status, (method, path, answer.text)
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
    half = web.browser.post(
        "/api/v1/fleets/shop/lint",
        content=json.dumps({"files": {"a.yml": "\ud800"}}),
        headers={"content-type": "application/json", "x-csrf-token": web.csrf},
    )
    assert half.status_code == 422, half.text


def test_a_server_in_mode_read_writes_nothing(lab, folder):
    web = Web(lab.bridge, "read", fleets=Fleets([folder]))
    web.sign_in()
    _text, etag = read(web, "fleet.yml")

    assert web.call("PUT", "/fleets/shop/files/fleet.yml", {"text": "x"}, if_match=etag).status_code == 403
    assert web.call("POST", "/fleets/shop/plan", {}).status_code == 403
    assert web.call("GET", "/fleets/shop/drift").status_code == 200


def test_a_plan_that_is_held_is_applied_with_its_secrets_once_it_is_approved(lab, folder, tmp_path):
    policy = tmp_path / "asking.cedar"
    policy.write_text("permit(principal, action, resource) when { context.approved };")
    web = Web(lab.make_bridge(policy=policy), fleets=Fleets([folder]))
    web.sign_in()
    guest = next(one for one in web.call("POST", "/tools/list_guests", {}).json()["guests"] if one["type"] == "qemu")
    options = f"type: qemu, vmid: {guest['vmid']}, cloudinit: {{password: hunter22, drive_storage: local-lvm}}"
    (folder / "guests.yml").write_text(f"guests:\n  {guest['name']}: {{{options}}}\n")

    planned = web.call("POST", "/fleets/shop/plan", {})
    assert planned.json().get("plan_state") == "held", planned.text
    assert "hunter22" not in planned.text
    plan_id = planned.json()["plan"]["id"]
    assert web.call("POST", "/fleets/shop/apply", {"plan_id": plan_id}).status_code in (202, 403)
    decision = {"approve": True, "seal": web.get(f"/plans/{plan_id}")["seal"]}
    assert web.call("POST", f"/plans/{plan_id}/decision", decision).json()["state"] == "approved"
    assert web.call("POST", "/tools/apply_plan", {"plan_id": plan_id}).status_code == 403, "no plan keeps a secret"
    assert web.call("POST", "/fleets/shop/plan", {}).json()["plan_state"] == "approved"

    applied = web.call("POST", "/fleets/shop/apply", {"plan_id": plan_id})

    assert (applied.status_code, applied.json()["changed"]) == (200, True), applied.text
