"""The committed table says the same as the schema of the server that the recordings were made on."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from pve_simulator.schema.extract import build_table, main, read_dump, render
from pve_simulator.schema.facts import Facts

# The table is of a slightly newer 9.2 in these; each entry begins like a difference.
_NEWER = (
    # Route maps, prefix lists, WireGuard and BGP fabrics, more choices for EVPN.
    r"(\w+ )?/cluster/sdn/",
    # All DNS plugins of a full installation; the recorded one carried five.
    r"\w+ /cluster/acme/plugins\S* api: enum",
    r"\w+ /cluster/ha/resources\S* auto-rebalance",
    r"\w+ /cluster/qemu/custom-cpu-models\S* reported-model: enum",
    # Only named there, spelt out here; the meaning is the same.
    r"\w+ \S+ (location|cdrom): format",
)


def _resolved(table: dict[str, Any], number: int) -> dict[str, Any]:
    """A schema with the numbers of inner schemas replaced by them."""
    schema = dict(table["schemas"][number])
    schema.pop("default", None)
    for key in ("properties", "format"):
        if isinstance(schema.get(key), dict):
            schema[key] = {name: _resolved(table, inner) for name, inner in schema[key].items()}
    for key in ("oneOf", "allOf"):
        if key in schema:
            schema[key] = [_resolved(table, inner) for inner in schema[key]]
    for key in ("items", "type-property-schema"):
        if key in schema:
            schema[key] = _resolved(table, schema[key])
    return schema


def _differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    found = []
    for path in sorted({*ours["endpoints"], *theirs["endpoints"]}):
        here, there = ours["endpoints"].get(path, {}), theirs["endpoints"].get(path, {})
        for method in sorted({*here, *there}):
            name = f"{method} {path}"
            if method not in here or method not in there:
                found.append(f"{name} only {'ours' if method in here else 'theirs'}")
                continue
            for key in ("permissions", "protected", "proxyto", "allowtoken", "returns"):
                if here[method].get(key) != there[method].get(key):
                    found.append(f"{name}: {key} {here[method].get(key)} for {there[method].get(key)}")
            mine = _resolved(ours, here[method]["parameters"])
            other = _resolved(theirs, there[method]["parameters"])
            found += [f"{name} {text}" for text in _schema_differences(mine, other)]
    return found


def _schema_differences(mine: dict[str, Any], other: dict[str, Any]) -> list[str]:
    found = []
    my_properties, other_properties = mine.pop("properties", {}), other.pop("properties", {})
    # `type: object` is what parameters are in any case.
    if {**mine, "type": None} != {**other, "type": None}:
        found.append(f"itself: {mine} for {other}")
    for name in sorted({*my_properties, *other_properties}):
        if name not in my_properties or name not in other_properties:
            found.append(f"{name} only {'ours' if name in my_properties else 'theirs'}")
            continue
        here, there = my_properties[name], other_properties[name]
        for key in sorted({*here, *there}):
            if here.get(key) != there.get(key):
                found.append(f"{name}: {key} {here.get(key)} for {there.get(key)}")
    return found


def test_the_table_differs_from_the_recorded_server_only_where_we_say(recorded_facts: Path) -> None:
    ours = json.loads(files("pve_simulator.schema").joinpath("data", "facts.json").read_text())
    ours["endpoints"].pop("/")
    theirs = build_table((recorded_facts / "apidoc.json").read_text())
    unexpected = [text for text in _differences(ours, theirs) if not re.match("|".join(_NEWER), text)]
    assert not unexpected


_NODE = {
    "path": "/things/{id}",
    "info": {
        "PUT": {
            "method": "PUT",
            "description": "Prose.",
            "allowtoken": 0,
            "protected": 1,
            "permissions": {"check": ["perm", "/", ["Sys.Modify"]], "description": "Prose."},
            "parameters": {
                "additionalProperties": 0,
                "properties": {
                    "id": {"type": "string", "description": "Prose.", "typetext": "<string>"},
                    "net[n]": {"type": "string", "optional": 1, "format": {"bridge": {"type": "string"}}},
                },
            },
            "returns": {"type": "null", "description": "Prose."},
        }
    },
}
_CAPTURE = {"merged_endpoints": {"/things/{id}": {"methods": _NODE["info"]}}}


@pytest.mark.parametrize(
    "dump",
    [
        json.dumps([_NODE]),
        f"const apiSchema = {json.dumps([_NODE])}\n;\nvar more = 1;",
        json.dumps([{"path": "/things", "children": [_NODE]}]),
        json.dumps(_CAPTURE),
    ],
    ids=["apidoc.json", "apidoc.js", "nested", "raw_capture.json"],
)
def test_every_kind_of_dump_gives_the_same_table_without_prose(dump: str) -> None:
    table = build_table(dump)

    assert "Prose" not in render(table)
    endpoint = table["endpoints"]["/things/{id}"]["PUT"]
    assert {key: endpoint[key] for key in ("protected", "allowtoken", "returns", "permissions")} == {
        "protected": 1,
        "allowtoken": 0,
        "returns": "null",
        "permissions": {"check": ["perm", "/", ["Sys.Modify"]]},
    }
    assert _resolved(table, endpoint["parameters"]) == {
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string"},
            "net[n]": {"type": "string", "optional": 1, "format": {"bridge": {"type": "string"}}},
        },
    }


def test_a_text_that_is_no_dump_is_refused() -> None:
    with pytest.raises(ValueError, match="neither JSON nor"):
        list(read_dump("<html></html>"))


def test_corrections_complete_a_dump() -> None:
    corrections = {
        "proxied_below": ["/things"],
        "endpoints": {
            "PUT /things/{id}": {"properties": {"id": {"maxLength": 8}}},
            "GET /things/{id}": {"parameters": {"additionalProperties": 0}},
        },
    }

    endpoints = build_table(json.dumps([_NODE]), corrections)["endpoints"]["/things/{id}"]

    assert endpoints["PUT"]["proxyto"] == "node"
    assert sorted(endpoints) == ["GET", "PUT"]


def test_the_command_writes_a_table_that_can_be_loaded(tmp_path: Path) -> None:
    source, target = tmp_path / "apidoc.json", tmp_path / "facts.json"
    source.write_text(json.dumps([_NODE]))

    assert main([str(source), "-o", str(target)]) == 0

    match = Facts(json.loads(target.read_text())).find("PUT", "/things/7")
    assert match is not None
    assert match.path_params == {"id": "7"}
