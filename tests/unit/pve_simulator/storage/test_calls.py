"""Storages through the API."""

from __future__ import annotations

import pytest

from pve_simulator.http.message import Request
from pve_simulator.state.appliances import Appliance, Appliances
from pve_simulator.state.web import Web, WebFile

LOCAL = "/nodes/pve1/storage/local"


def delete(api, path, **params):
    return api.run(api.driver.call("DELETE", path, **params))


def put(api, path, **params):
    return api.run(api.driver.call("PUT", path, **params))


def upload(api, *parts, content=b"data"):
    """Upload with form fields in the given order, the file named by the last."""
    fields = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in parts[:-1]]
    fields.append(f'name="filename"; filename="{parts[-1]}"\r\n\r\n'.encode() + content)
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + field + b"\r\n" for field in fields) + b"--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x", "authorization": api.driver._token()}
    return api.run(api.driver.send(Request.from_target("POST", f"/api2/json{LOCAL}/upload", headers, body)))


@pytest.fixture
def api(api):
    api.driver.world.cluster.storages["local"].config["content"] = "images,iso,vztmpl,backup,snippets,import"
    return api


def test_a_storage_comes_changes_and_goes(api):
    made = api.post("/storage", storage="extra", type="dir", content="iso;images")
    assert made[:2] == (500, "missing value for required option 'path'")

    cluster = api.driver.world.cluster
    status = api.run(
        api.driver.send(_form(api, "POST", "/storage", "storage=extra&type=dir&path=/x&content=iso"))
    ).status
    assert (status, cluster.storages["extra"].content) == (200, ["iso"])

    assert put(api, "/storage/extra", nodes="pve2")[0] == 200
    assert api.get("/nodes/pve1/storage/extra/content")[1] == "storage 'extra' is not available on node 'pve1'"
    assert put(api, "/storage/extra", delete="nodes", digest="0" * 40)[1].startswith("update storage failed: detected")
    assert delete(api, "/storage/extra")[0] == 200
    assert api.get("/storage/extra")[:2] == (500, "storage 'extra' does not exist")


def _form(api, method, path, body):
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": api.driver._token()}
    return Request.from_target(method, f"/api2/json{path}", headers, body.encode())


def test_a_storage_whose_server_is_gone_is_there_but_not_active(api):
    assert api.post("/storage", storage="nfs1", type="nfs", server="10.0.0.9", export="/e")[0] == 200
    api.driver.world.cluster.part(Web).unreachable.append("10.0.0.9")

    status = api.data("/nodes/pve1/storage/nfs1/status")

    assert (status["active"], status["enabled"], status["total"]) == (0, 1, 0)
    assert api.get("/nodes/pve1/storage/nfs1/content")[:2] == (500, "storage 'nfs1' is not online")
    made = api.post("/storage", storage="nfs2", type="nfs", server="10.0.0.9", export="/e")
    assert made[:2] == (500, "create storage failed: storage 'nfs2' is not online")


def test_an_uploaded_file_is_on_the_storage_when_its_task_is_done(api):
    response = upload(api, ("content", "iso"), "my file.iso", content=b"abc")
    assert response.status == 200

    upid = response.body.decode().split('"')[3]
    assert api.run(api.driver.finish(upid)) == "OK"
    assert [entry["size"] for entry in api.data(f"{LOCAL}/content", content="iso")][-1] == 3
    assert api.data(f"{LOCAL}/content/local:iso/my_file.iso")["size"] == 512


def test_form_fields_of_an_upload_come_in_order(api):
    sums = (("checksum", "a" * 64), ("checksum-algorithm", "sha256"))

    response = upload(api, ("content", "iso"), *sums, "a.iso")

    assert (response.status, response.reason) == (400, "Bad Request")


def test_a_download_that_finds_the_right_file_there_is_done_at_once(api):
    params = {"url": "http://x/a.iso", "content": "iso", "filename": "a.iso"}
    sums = {"checksum": "ab", "checksum_algorithm": "md5"}
    api.driver.world.cluster.part(Web).files["http://x/a.iso"] = WebFile(10, checksums={"md5": "ab"})

    assert api.task(f"{LOCAL}/download-url", **params) == "OK"
    assert api.task(f"{LOCAL}/download-url", **params) == (
        "refusing to override existing file '/var/lib/vz/template/iso/a.iso'"
    )
    assert api.task(f"{LOCAL}/download-url", **params, **sums) == "OK"
    wrong = api.task(f"{LOCAL}/download-url", **params, **{**sums, "checksum": "cd"})
    assert wrong == "checksum mismatch: got 'ab' != expect 'cd'"


def test_a_container_template_comes_from_the_list_of_appliances(api):
    name = "debian-13-standard_13.1-1_amd64.tar.zst"
    appliance = Appliance(f"http://templates/{name}", "debian-13-standard", "13.1-1", sha512sum="ab")
    api.driver.world.cluster.part(Appliances).templates[name] = appliance

    assert [entry["template"] for entry in api.data("/nodes/pve1/aplinfo")] == [name]
    assert api.task("/nodes/pve1/aplinfo", storage="local", template=name) == "OK"
    assert api.data(f"{LOCAL}/content", content="vztmpl")[0]["volid"] == f"local:vztmpl/{name}"
    refused = api.post("/nodes/pve1/aplinfo", storage="local", template="x.tar.gz")
    assert refused[2]["errors"] == {"template": "no such template"}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"filename": "disk", "size": "1G"}, "unable to parse volume filename 'disk'"),
        ({"filename": "a/b.raw", "size": "1G"}, "unable to parse volume filename 'a/b.raw'"),
        ({"filename": "x.raw", "size": "1G", "format": "qcow2"}, "Parameter verification failed."),
    ],
)
def test_names_that_no_image_can_have(api, params, message):
    assert api.post(f"{LOCAL}/content", vmid=777, **params)[1] == message


def test_deleting_answers_with_a_task_or_with_nothing_when_quick(api):
    for name in ("a", "b"):
        assert api.post(f"{LOCAL}/content", vmid=777, filename=f"{name}.raw", size="1M")[0] == 200

    upid = delete(api, f"{LOCAL}/content/local:777/a.raw")[2]["data"]

    assert upid.split(":")[5:7] == ["imgdel", "777@local"]
    assert delete(api, f"{LOCAL}/content/local:777/b.raw", delay=5)[2]["data"] is None
    assert api.run(api.driver.finish(upid)) == "OK"
    assert api.data(f"{LOCAL}/content", vmid=777) == []


def test_only_backups_have_notes_and_protection(api):
    api.post(f"{LOCAL}/content", vmid=777, filename="a.raw", size="1M")
    path = f"{LOCAL}/content/local:777/a.raw"

    assert put(api, path, notes="x")[1] == "only backups can have notes"
    assert put(api, path, protected=1)[1] == "only backups support attribute 'protected'"
