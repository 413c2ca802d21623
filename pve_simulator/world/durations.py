# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long each kind of task takes, in units of `task_seconds`."""

from __future__ import annotations

_DEFAULT = 1.0

DURATIONS: dict[str, float] = {
    "qmstart": 1.0,
    "qmstop": 0.5,
    "qmshutdown": 2.0,
    "qmreboot": 2.0,
    "qmreset": 0.1,
    "qmpause": 0.1,
    "qmresume": 0.1,
    "qmsuspend": 2.0,
    "qmconfig": 0.2,
    "qmcreate": 1.0,
    "qmdestroy": 0.5,
    "qmclone": 3.0,
    "qmtemplate": 0.5,
    "qmsnapshot": 1.0,
    "qmdelsnapshot": 1.0,
    "qmrollback": 1.0,
    "qmmove": 3.0,
    "qmigrate": 4.0,
    "qmrestore": 4.0,
    "resize": 0.3,
    "vzstart": 1.0,
    "vzstop": 0.5,
    "vzshutdown": 1.5,
    "vzreboot": 2.0,
    "vzcreate": 2.0,
    "vzdestroy": 0.5,
    "vzclone": 3.0,
    "vzdump": 5.0,
    "imgdel": 0.1,
    "imgcopy": 1.0,
    "download": 2.0,
    "hastart": 0.2,
    "hastop": 0.2,
    "hamigrate": 0.2,
}


def nominal_duration(kind: str) -> float:
    """The length of a task of this type, in units of `task_seconds`."""
    return DURATIONS.get(kind, _DEFAULT)
