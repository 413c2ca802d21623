#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_storage_content
short_description: Manage ISO images, container templates and import images on storages of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Lets a node download a file from a URL or a container template from the appliance index, uploads a file, or deletes
    one.
  - A file that is there already and has the size of the source is the same. One of another size is refused, unless
    O(force=true).
  - In check mode it returns the plan, that is, the exact API requests it would send, but not the content of files.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  storage:
    description: Name of the storage.
    type: str
    required: true
  node:
    description:
      - Node whose storage it is. It is found where there is only one, and any will do for a shared storage; otherwise
        it is required.
    type: str
  content:
    description:
      - What it is, V(iso) for an ISO image, V(vztmpl) for a container template, V(import) for a disk image.
      - It is V(vztmpl) with O(template).
    type: str
    choices: [iso, vztmpl, import]
    default: iso
  state:
    description: V(present) wants one of O(url), O(src) and O(template); V(absent) wants O(filename) or O(template).
    type: str
    choices: [present, absent]
    default: present
  filename:
    description:
      - Name of the file on the storage; the last part of O(url) or O(src) when not given, without the ending of its
        O(compression).
      - Proxmox VE keeps letters, digits, C(_), C(.) and C(-) only and puts C(_) for the rest; so does this.
    type: str
  url:
    description: Where the node downloads the file from, over HTTP or HTTPS.
    type: str
  verify_url_certificates:
    description: Whether the node verifies the certificate of O(url).
    type: bool
    default: true
  compression:
    description:
      - Decompress what O(url) has, such as V(gz) or V(zst). The size of the result is not known beforehand then, and a
        file that is there counts as the same.
    type: str
  src:
    description: Path of a file on the host that this module runs on, which is uploaded.
    type: path
  template:
    description:
      - File name of a container template of the appliance index, such as V(debian-13-standard_13.1-2_amd64.tar.zst).
    type: str
  checksum:
    description:
      - Checksum that the file must have, in hex. Proxmox VE verifies it when it gets the file, and keeps no other file.
      - It may begin with its algorithm, such as C(sha512:), instead of O(checksum_algorithm).
      - The API does not return the checksum of a file that is there, so one of the same size counts as the same.
      - The checksum of O(src) is always sent and verified; when given, it must be this one.
    type: str
  checksum_algorithm:
    description: Algorithm of the checksum.
    type: str
    choices: [md5, sha1, sha224, sha256, sha384, sha512]
    default: sha256
  force:
    description:
      - With O(state=present), replace a file of another size. One that Proxmox VE would not overwrite is deleted first.
      - With O(state=absent), delete an ISO image even if a guest has it in a drive.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for each task of Proxmox VE.
      - A task that outlives it goes on running and is reported as C(failure.code=timeout) with its UPID.
    type: int
    default: 3600
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
notes:
  - An ISO image that a guest has in a drive is not deleted (C(failure.code=protected)). To find out, the configuration
    of every QEMU guest that sees the storage is read; snapshots are not looked into.
  - For O(url) the node is asked for the size of what it has, which takes C(Sys.Audit) and C(Sys.Modify) on C(/) or
    C(Sys.AccessNetwork) on the node, as the download itself does. Without an answer, a file that is there counts as
    the same, with a warning.
seealso:
  - module: playvisor.proxmox.pve_storage_info
  - module: playvisor.proxmox.pve_storage
"""

EXAMPLES = r"""
- name: Let a node download an ISO image
  playvisor.proxmox.pve_storage_content:
    storage: local
    node: pve1
    url: https://cdimage.debian.org/debian-cd/current/amd64/iso-cd/debian-13.1.0-amd64-netinst.iso
    checksum: 658b28e209b578fe788ec5867deebae57b6aac5fce3692bbb116bab9c65568b3

- name: Upload a cloud image
  playvisor.proxmox.pve_storage_content:
    storage: cephfs
    content: import
    src: images/debian-13-generic-amd64.qcow2

- name: Get a container template
  playvisor.proxmox.pve_storage_content:
    storage: local
    node: pve1
    content: vztmpl
    template: debian-13-standard_13.1-2_amd64.tar.zst

- name: Delete an ISO image that no guest has in a drive
  playvisor.proxmox.pve_storage_content:
    storage: local
    node: pve1
    filename: debian-12.iso
    state: absent
"""

RETURN = r"""
volumes:
  description: The file and what happened to it.
  returned: when the storage could be looked up
  type: list
  elements: dict
  contains:
    volid:
      description: Id of the volume, as guests name it.
      type: str
      returned: always
      sample: local:iso/debian-13.1.0-amd64-netinst.iso
    storage:
      description: Storage that it is on.
      type: str
      returned: always
      sample: local
    node:
      description: Node that was asked.
      type: str
      returned: always
      sample: pve1
    before:
      description: Whether it existed, and its size in bytes.
      type: dict
      returned: always
      sample: {exists: false, size: null}
    after:
      description: The same after, read back; in check mode as it is expected, where a size of null is not known.
      type: dict
      returned: always
      sample: {exists: true, size: 821035008}
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can\'t be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings the file to the wished state.
  returned: when the storage could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order.
      type: list
      elements: dict
      returned: always
upids:
  description: All tasks of Proxmox VE that were started.
  returned: when the storage could be looked up
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import INVALID_PARAMETER, NOT_FOUND, PROTECTED, PveError, refuse_values
from ..module_utils._api.missing import require_node
from ..module_utils._checks.existing import Existing
from ..module_utils._checks.references import Reference
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import Resource
from ..module_utils._run.runner import run_plans
from ..module_utils._storage.content import (
    KINDS,
    compute_checksum,
    find_guests_using,
    find_storage,
    normalize_file_name,
)
from ..module_utils._storage.storages import storage_path

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


@dataclass(frozen=True)
class File:
    """A file that a storage has or is to have, and its source. Sizes are in bytes, None where they are not known.

    I(checksum) is that of a local source, read only when it is to be uploaded. I(users) are guests that have it in a
    drive, read only when it is to be deleted.
    """

    name: str
    content: str
    storage: str
    node: str
    exists: bool = False
    size: int | None = None
    source_size: int | None = None
    checksum: str | None = None
    users: tuple[str, ...] = ()

    @property
    def volid(self) -> str:
        return f"{self.storage}:{self.content}/{self.name}"

    @property
    def path(self) -> str:
        return storage_path(self.node, self.storage)

    @property
    def is_same(self) -> bool:
        return self.exists and self.source_size in (None, self.size)

    def describe(self) -> dict[str, Any]:
        return {"exists": self.exists, "size": self.size}


class Files(Resource[File]):
    noun = "volumes"
    shared_goal = True
    # A file that one node puts on a network storage may appear on other nodes later.
    settle_seconds = 10.0

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[File]:
        name, content = choose_file_name(params), params["content"]
        storage = _find_storage(client, params)
        bare = File(name, content, storage["storage"], storage["node"])
        state = read_file(client, bare)
        fields: dict[str, Any] = {**state}
        if params["state"] == "absent":
            if state["exists"] and content == "iso" and not params["force"]:
                fields["users"] = tuple(guest.label for guest in find_guests_using(client, storage, bare.volid))
        elif params["url"] and not params["compression"]:
            fields["source_size"] = read_url_size(client, bare, params)
        elif params["template"] and not state["exists"]:
            check_template(client.get(f"/nodes/{segment(bare.node)}/aplinfo"), params["template"])
        elif params["src"]:
            fields |= read_local_source(params, state)
        return [File(name, content, storage["storage"], storage["node"], **fields)]

    def target(self, observed: File) -> dict[str, Any]:
        return {"volid": observed.volid, "storage": observed.storage, "node": observed.node}

    def plan(self, observed: File, params: dict[str, Any]) -> Plan:
        steps = plan_removal(observed) if params["state"] == "absent" else plan_transfer(observed, params)
        after = observed.describe()
        if steps:
            present = params["state"] == "present"
            after = {"exists": present, "size": observed.source_size if present else None}
        return Plan(self.target(observed), tuple(steps), observed.describe(), after)

    def read_state(self, client: Client, observed: File, plan: Plan) -> dict[str, Any]:
        return read_file(client, observed)

    def is_reached(self, plan: Plan, state: dict[str, Any]) -> bool:
        return state["exists"] == plan.after["exists"] and plan.after["size"] in (None, state["size"])


def complete_options(params: dict[str, Any]) -> dict[str, Any]:
    """The options with what they amount to; raises C(invalid_parameter) for a checksum that can't be one."""
    content = "vztmpl" if params["template"] and params["content"] == "iso" else params["content"]
    prefix, colon, rest = (params["checksum"] or "").strip().lower().partition(":")
    algorithm, checksum = (prefix, rest) if colon and prefix in ALGORITHMS else (params["checksum_algorithm"], prefix)
    digits = hashlib.new(algorithm, usedforsecurity=False).digest_size * 2
    if params["checksum"] and not re.fullmatch(f"[0-9a-f]{{{digits}}}", checksum):
        problem = f"it must be {digits} hexadecimal digits for {algorithm}; leave it out for none"
        raise refuse_values([("checksum", params["checksum"], problem)])
    return {**params, "content": content, "checksum": checksum or None, "checksum_algorithm": algorithm}


def choose_file_name(params: dict[str, Any]) -> str:
    """The file's name on the storage, from the options."""
    if params["template"] and params["content"] != "vztmpl":
        hint = "Set content to vztmpl."
        raise PveError(INVALID_PARAMETER, f"A template of the index is not of content {params['content']}.", hint)
    guessed = params["template"] or params["filename"] or params["src"]
    if not guessed:
        guessed = unquote(urlsplit(params["url"] or "").path)
        # What it is once it is decompressed.
        guessed = guessed.removesuffix(f".{params['compression']}") if params["compression"] else guessed
    return normalize_file_name(params["content"], guessed)


def read_file(client: Client, file: File) -> dict[str, Any]:
    """Whether the file is on the storage, and its size."""
    for entry in client.get(f"{file.path}/content", content=file.content):
        if entry["volid"] == file.volid:
            return {"exists": True, "size": entry.get("size")}
    return {"exists": False, "size": None}


def read_url_size(client: Client, file: File, params: dict[str, Any]) -> int | None:
    """The size of the URL's content, None if the node can't read it."""
    trust = {} if params["verify_url_certificates"] else {"verify-certificates": 0}
    try:
        answer = client.get(f"/nodes/{segment(file.node)}/query-url-metadata", url=params["url"], **trust)
    except PveError as error:
        client.notices.append(f"The size of what the URL has is not known: {error.message}")
        return None
    return answer.get("size")


def check_template(index: list[dict[str, Any]], template: str) -> None:
    """Raise C(not_found) for a template that is not in the appliance index."""
    names = sorted(str(entry["template"]) for entry in index)
    if template in names:
        return
    similar = [name for name in names if name.split("_")[0] == template.split("_")[0]] or names
    hint = f"It has these: {', '.join(similar[:10])}." if similar else "It is empty; run `pveam update` on the node."
    raise PveError(NOT_FOUND, f"The appliance index has no template {template}.", hint)


def _find_storage(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    entries = client.get("/cluster/resources", type="storage")
    try:
        return find_storage(entries, params["storage"], params["node"], params["content"])
    except PveError as error:
        if error.code == NOT_FOUND and params["node"]:
            require_node(client, params["node"])
        # It may be that these credentials can't see it.
        reference = Reference("storage", params["storage"], params["node"], params["content"])
        raise (Existing(client).find_problem(reference) if error.code == NOT_FOUND else None) or error from error


def read_local_source(params: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """Size of the file to upload, and its checksum if it will be uploaded."""
    try:
        size = os.stat(params["src"]).st_size
        is_sent = not state["exists"] or (size != state["size"] and params["force"])
        checksum = compute_checksum(params["src"], params["checksum_algorithm"]) if is_sent else None
    except OSError as exc:
        hint = "src is a path on the host that the module runs on."
        raise PveError(INVALID_PARAMETER, f"src can't be read: {exc}", hint) from exc
    return {"source_size": size, "checksum": checksum}


def plan_removal(file: File) -> list[Step]:
    """The request that deletes the file; raises C(protected) while guests use it."""
    if not file.exists:
        return []
    if file.users:
        raise PveError(
            PROTECTED,
            f"{file.volid} is in a drive of {', '.join(file.users)}.",
            "Take it out of the drive first, or set force to delete it all the same.",
        )
    return [_build_delete_step(file, "it exists, and absent is asked for")]


def plan_transfer(file: File, params: dict[str, Any]) -> list[Step]:
    """The requests that put the file on the storage; raises C(protected) if a different file has its name."""
    if file.is_same:
        return []
    if file.exists and not params["force"]:
        raise PveError(
            PROTECTED,
            f"{file.volid} exists and has {file.size} bytes; the source has {file.source_size}.",
            "Set force to replace it, or give another filename.",
        )
    why = f"it has another size than the source's {file.source_size} bytes" if file.exists else "there is no such file"
    if params["template"]:
        options = {"storage": file.storage, "template": params["template"]}
        return [Step("POST", f"/nodes/{segment(file.node)}/aplinfo", why, options)]
    if params["src"]:
        return [_build_upload_step(file, params, why)]
    options = {"content": file.content, "filename": file.name, "url": params["url"]}
    if params["checksum"]:
        options |= {"checksum": params["checksum"], "checksum-algorithm": params["checksum_algorithm"]}
    if params["compression"]:
        options["compression"] = params["compression"]
    if not params["verify_url_certificates"]:
        options["verify-certificates"] = 0
    # A download overwrites a file only when a checksum shows that it differs.
    overwrites = file.exists and not params["checksum"]
    steps = [_build_delete_step(file, "a download does not overwrite it")] if overwrites else []
    return [*steps, Step("POST", f"{file.path}/download-url", why, options)]


def _build_upload_step(file: File, params: dict[str, Any], why: str) -> Step:
    algorithm, wanted = params["checksum_algorithm"], params["checksum"]
    if wanted and wanted.lower() != file.checksum:
        raise PveError(
            INVALID_PARAMETER,
            f"The {algorithm} checksum of {params['src']} is {file.checksum}, not {wanted}.",
            "Give the file or the checksum that belongs to the other.",
        )
    # pveproxy takes the parts of an upload in this order only.
    options = {
        "content": file.content,
        "checksum-algorithm": algorithm,
        "checksum": file.checksum,
        "filename": file.name,
    }
    return Step("POST", f"{file.path}/upload", f"{why}; {file.source_size} bytes", options, file=params["src"])


def _build_delete_step(file: File, why: str) -> Step:
    # The storage exists and the name is normalized, so nothing in them has to be quoted.
    return Step("DELETE", f"{file.path}/content/{file.volid}", why)


def main() -> None:
    module = PveModule(
        argument_spec={
            "storage": {"type": "str", "required": True},
            "node": {"type": "str"},
            "content": {"type": "str", "choices": list(KINDS), "default": "iso"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "filename": {"type": "str"},
            "url": {"type": "str"},
            "verify_url_certificates": {"type": "bool", "default": True},
            "compression": {"type": "str"},
            "src": {"type": "path"},
            "template": {"type": "str"},
            "checksum": {"type": "str"},
            "checksum_algorithm": {
                "type": "str",
                "choices": list(ALGORITHMS),
                "default": "sha256",
            },
            "force": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 3600},
            "expect_plan": {"type": "str"},
        },
        mutually_exclusive=[("url", "src", "template"), ("filename", "template")],
        required_if=[
            ("state", "present", ["url", "src", "template"], True),
            ("state", "absent", ["filename", "template"], True),
        ],
    )
    try:
        module.params.update(complete_options(module.params))
    except PveError as error:
        module.fail(error)
    run_plans(module, Files())


if __name__ == "__main__":
    main()
