# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that never change: index pages, hardware that all nodes share, and what is not installed.

They are data: `data/indexes.json` (path template: the key that entries use, and their names),
`data/answers.json` (the whole answer), `data/failures.json` (method and template: the text of a 500).
"""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route


def _load(name: str) -> dict[str, Any]:
    text = (files("pve_simulator.api") / "data" / name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _make_handler(answer: Any) -> Handler:
    def read(call: Call) -> Any:
        return copy.deepcopy(answer)

    return read


def _make_failing_handler(text: str) -> Handler:
    def fail(call: Call) -> Any:
        raise failure(text)

    return fail


for _template, (_key, _names) in _load("indexes.json").items():
    route("GET", _template)(_make_handler([{_key: name} for name in _names.split()]))
_ANSWERS = _load("answers.json")
# The PCI devices of every node.
HARDWARE: list[dict[str, Any]] = _ANSWERS["/nodes/{node}/hardware/pci"]
for _template, _answer in _ANSWERS.items():
    route("GET", _template)(_make_handler(_answer))
for _endpoint, _text in _load("failures.json").items():
    route(*_endpoint.split(" "))(_make_failing_handler(_text))
