"""What a real server returned of guests and storages is what the collection takes it for, and may be wished so."""

from __future__ import annotations

import json
import re

from ansible_collections.playvisor.proxmox.plugins.module_utils._guest import disks, nics
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.guests import merge_pending
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.drives import NICS, find_drive
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.guests import find_option
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.requests import find_problems
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.storages import OPTIONS

CONFIG = re.compile(r"/nodes/[^/]+/(qemu|lxc)/\d+/config")
# What is no option, and secrets.
NO_OPTIONS = {
    *("digest", "meta", "lock", "parent", "cipassword", "sshkeys", "vmstate", "runningmachine", "runningcpu", "lxc"),
    *("running-nets-host-mtu", "snapstate", "snaptime"),
}
NO_PROPERTIES = {"format", "import-from", "media", "size"}


def list_values(kind, config):
    """Each value of a configuration, with its kind of value."""
    for key in config.keys() - NO_OPTIONS:
        if key.startswith("unused"):
            continue
        if disks.is_slot(kind, key):
            properties, drive = disks.read_disk(config, key).properties, find_drive(key)
            yield from ((drive.table[name], text) for name, text in properties.items() if name not in NO_PROPERTIES)
        elif nics.is_slot(key):
            properties = nics.read_nic(kind, config, key)
            yield from ((NICS[kind].table[name], text) for name, text in properties.items())
        else:
            yield find_option(kind, key), config[key]


def test_every_value_that_was_returned_could_be_wished(recordings):
    values = []
    for recording in sorted((recordings / "traces").glob("*.json")):
        for exchange in json.loads(recording.read_text()):
            request, response = exchange["request"], exchange["response"]
            if request["method"] != "GET" or response["status_code"] != 200 or not isinstance(response["body"], dict):
                continue
            data, guest = response["body"]["data"], CONFIG.fullmatch(request["path"])
            if guest:
                values += list_values(guest[1], data)
            if request["path"] == "/storage":
                values += [(OPTIONS[key], entry[key]) for entry in data for key in entry.keys() & OPTIONS.keys()]

    assert len(values) > 500
    for kind, value in values:
        assert kind.check(value) == kind.read(value)
        assert kind.check(kind.render(kind.check(value))) == kind.check(value)


def test_no_request_that_a_real_server_took_would_be_refused(recordings):
    refused, taken = [], 0
    for recording in sorted([*recordings.glob("traces/*.json"), *recordings.glob("fresh/*.json")]):
        for exchange in json.loads(recording.read_text()):
            if not isinstance(exchange, dict) or "request" not in exchange:
                continue
            request, response = exchange["request"], exchange["response"]
            params = request.get("params") or {}
            if request["method"] in ("POST", "PUT") and response["status_code"] == 200 and "__raw__" not in params:
                taken += 1
                found = find_problems(request["path"].removeprefix("/api2/json"), params)
                refused += [(recording.name, request["path"], *problem) for problem in found]

    assert taken > 400
    assert refused == []


def test_a_configuration_is_what_its_list_of_pending_changes_says(recordings):
    compared = 0
    for recording in sorted([*recordings.glob("traces/*.json"), *recordings.glob("fresh/*.json")]):
        read = {}
        for exchange in json.loads(recording.read_text()):
            request, response = exchange["request"], exchange["response"]
            if request["method"] != "GET":
                # Anything may be another way afterwards.
                read = {}
            elif response["status_code"] == 200 and not request.get("params"):
                read[request["path"]] = response["body"]["data"] if isinstance(response["body"], dict) else None
                guest, _slash, part = request["path"].rpartition("/")
                config, pending = read.get(f"{guest}/config"), read.get(f"{guest}/pending")
                if part in ("config", "pending") and config and pending:
                    assert merge_pending(pending) == config
                    compared += 1

    assert compared
