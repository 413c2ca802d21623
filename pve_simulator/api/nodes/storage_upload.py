# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/storage/{storage}/upload and download-url; /nodes/{node}/query-url-metadata."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any
from urllib.parse import unquote, urlsplit

from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.web import Web
from pve_simulator.storage.fetching import Download, store_file, verify_checksum
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.storage.uploads import (
    TEMPORARY,
    Destination,
    check_image,
    check_takes_files,
    find_destination,
    image_format_of,
    normalize_name,
)
from pve_simulator.world.tasks import Task


@route("POST", "/nodes/{node}/storage/{storage}/upload")
def upload(call: Call) -> str:
    """Store an uploaded file; one of the same name is overwritten."""
    storage = enabled_storage(call.cluster, call.need("storage"), call.node)
    check_takes_files(storage, "")
    if call.upload is None:
        raise failure("missing temporary file name")
    content = call.need("content")
    file = call.upload.content
    target = find_destination(storage, content, call.need("filename"))
    if content not in storage.content:
        raise failure(f"storage '{storage.id}' does not support '{content}' content")
    source = f"{TEMPORARY}/pveupload-{secrets.token_hex(16)}"

    async def worker(task: Task) -> None:
        task.say(f"starting file import from: {source}")
        algorithm = call.text("checksum-algorithm")
        if algorithm is not None:
            verify_checksum(
                task, hashlib.new(algorithm, file, usedforsecurity=False).hexdigest(), call.need("checksum")
            )
        if content == "import":
            check_image(source, target.format, image_format_of(file))
        task.say(f"target node: {call.node}")
        task.say(f"target file: {target.path}")
        task.say(f"file size is: {len(file)}")
        task.say(f"command: {_copy_command(call, source, target)}")
        await task.work()
        store_file(call.world, call.node, storage, content, target, len(file))
        task.say("finished file import successfully")

    return call.task("imgcopy", "", worker, node=call.cluster.local_node)


@route("POST", "/nodes/{node}/storage/{storage}/download-url")
def download(call: Call) -> str:
    """Let the node download a file; one of the same name is kept."""
    storage = enabled_storage(call.cluster, call.need("storage"), call.node)
    check_takes_files(storage, ", not a file based storage!")
    content, url = call.need("content"), call.need("url")
    if content not in storage.content:
        raise failure(f"storage '{storage.id}' is not configured for content-type '{content}'")
    target = find_destination(storage, content, call.need("filename"))

    job = Download(
        call.world,
        call.node,
        url,
        storage,
        content,
        target,
        call.text("checksum-algorithm"),
        call.text("checksum"),
        decompress=call.text("compression") is not None,
    )
    return call.task("download", target.path.rpartition("/")[2], job.run)


@route("GET", "/nodes/{node}/query-url-metadata")
def query_url(call: Call) -> dict[str, Any]:
    """Name, size and type of the file behind a URL."""
    url = call.need("url")
    web = call.cluster.part(Web).fetch(url)
    if not web.status:
        address = urlsplit(url).netloc
        raise failure(f"invalid server response: '500 Can't connect to {address} ({web.reason})'")
    if web.status != 200:
        raise failure(f"invalid server response: '{web.status} {web.reason}'")
    metadata: dict[str, Any] = {"size": web.size, "mimetype": web.mimetype}
    name = normalize_name(unquote(urlsplit(url).path))
    return {**metadata, "filename": name} if name else metadata


def _copy_command(call: Call, source: str, target: Destination) -> str:
    if call.node == call.cluster.local_node:
        return f"cp -- {source} {target.path}"
    address = call.cluster.nodes[call.node].ip
    options = (
        f"-o BatchMode=yes -o HostKeyAlias={call.node} -o UserKnownHostsFile=/etc/pve/nodes/{call.node}/ssh_known_hosts"
    )
    return f"/usr/bin/scp {options} -o GlobalKnownHostsFile=none -p -- {source} [{address}]:{target.path}"
