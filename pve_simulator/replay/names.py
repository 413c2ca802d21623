# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that the server makes up (UPIDs, digests, MACs, ids): recognise, learn, translate, blank out."""

from __future__ import annotations

import re
from typing import Any

_MADE_UP = {
    "UPID": r"UPID:[A-Za-z0-9-]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s]+:[^:\s]*:[^:\s]+:",
    "TICKET": r"PVE(?:VNC)?:[^\s:]*:?[0-9A-F]{8}::[A-Za-z0-9+/=.]+",
    "CSRF": r"[0-9A-F]{8}:[A-Za-z0-9+/]{43}",
    # Made from the MAC address.
    "LINKLOCAL": r"\bfe80::[0-9a-f:]+",
    "MAC": r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}",
    "UUID": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "DIGEST": r"\b[0-9a-f]{40}\b",
}
_PATTERN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _MADE_UP.items()))
_TIMES = (
    (re.compile(r"ctime=\d+"), "ctime=0"),
    (re.compile(r"\b20\d\d[-_]\d\d[-_]\d\d(?:[-T_ ]\d\d[:_]\d\d[:_]\d\d(?:\.\d+ [+-]\d{4})?)?"), "DATE"),
    (re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 20\d\d\b"), "DATE"),
    (re.compile(r"\b1[678]\d{8}\b"), "TIME"),
    (re.compile(r"\(duration \d\d:\d\d:\d\d\)"), "(duration T)"),
    (re.compile(r"creation-qemu=[\d.]+"), "creation-qemu=V"),
    (re.compile(r"\bpc-(i440fx|q35)-\d+\.\d+\+pve\d+"), r"pc-\1-V"),
    # The configuration in an archive names QEMU's version.
    (re.compile(r"^CFG: size: \d+"), "CFG: size: N"),
    # Newer versions of the parser add what they could not parse.
    (re.compile(r"(unable to parse calendar event) - unable to parse '[^']*'"), r"\1"),
    # Which of a role's privileges is looked at first is by chance.
    (re.compile(r"(Cannot add role '[^']+') with propagation - (.* or) propagated superset"), r"\1 - \2 superset"),
    (re.compile(r"^completed saving the VM state in .*"), "completed saving the VM state"),
    (re.compile(r"^[\d.]+ (B|KiB|MiB|GiB) in \d+s$"), "SAVED"),
    (re.compile(r"^(INFO: Finished Backup of .*) \(\d\d:\d\d:\d\d\)"), r"\1"),
    (re.compile(r"^CTIME: .*"), "CTIME"),
    (re.compile(r"/proc/\d+/"), "/proc/PID/"),
    (re.compile(r"\bpveupload-[0-9a-f]+"), "UPLOAD"),
    (re.compile(r"\b(vzdumptmp|tmp_dwnl\.)\d+"), "TEMPORARY"),
    (re.compile(r"\bchecksum mismatch: got '[0-9a-f]+'"), "checksum mismatch: got CHECKSUM"),
)


class Names:
    """The recorded names that are known to stand for names of the simulated server."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}
        # Each token's secrets, the newest last.
        self.token_secrets: dict[str, list[str]] = {}

    def learn(self, recorded: Any, ours: Any) -> None:
        """Walk two answers side by side and pair what stands at the same place."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            token, value = recorded.get("full-tokenid"), ours.get("value")
            if isinstance(token, str) and isinstance(value, str):
                self.token_secrets.setdefault(token, []).append(value)
            for key in recorded.keys() & ours.keys():
                self.learn(recorded[key], ours[key])
        elif isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
            for theirs, mine in zip(recorded, ours, strict=True):
                self.learn(theirs, mine)
        elif isinstance(recorded, str) and isinstance(ours, str) and recorded != ours:
            theirs_found, ours_found = _PATTERN.findall(recorded), _PATTERN.findall(ours)
            if len(theirs_found) != len(ours_found):
                return
            for theirs, mine in zip(_PATTERN.finditer(recorded), _PATTERN.finditer(ours), strict=True):
                if theirs.lastgroup == mine.lastgroup and _may_pair(theirs.group(), mine.group()):
                    self._ours.setdefault(theirs.group(), mine.group())

    def is_known(self, ours: str) -> bool:
        """Whether one of our names stands for a recorded one."""
        return ours in self._ours.values()

    def translate(self, value: Any) -> Any:
        """A recorded value with every learnt name replaced by ours."""
        if isinstance(value, dict):
            return {key: self.translate(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translate(item) for item in value]
        if isinstance(value, str):
            return _PATTERN.sub(lambda match: self._ours.get(match.group(), match.group()), value)
        return value

    def translate_cut(self, value: str) -> str:
        """Ours for a recorded name that the recording shows only the beginning of (`…` at its end)."""
        beginning = value.rstrip(".")
        for recorded, ours in self._ours.items():
            if recorded.startswith(beginning):
                return ours
        return value


def _may_pair(recorded: str, ours: str) -> bool:
    """Whether two names can mean the same thing: tasks do when node, type, id and user agree."""
    if not recorded.startswith("UPID:"):
        return True
    theirs, mine = recorded.split(":"), ours.split(":")
    return theirs[1] == mine[1] and theirs[5:] == mine[5:]


def blank(text: str) -> str:
    """A text with made-up names and times replaced by their kind."""
    text = _PATTERN.sub(lambda match: match.lastgroup or "", text)
    for pattern, replacement in _TIMES:
        text = pattern.sub(replacement, text)
    return text


def upids_in(value: Any) -> list[str]:
    """Every UPID in an answer."""
    if isinstance(value, dict):
        return [upid for item in value.values() for upid in upids_in(item)]
    if isinstance(value, list):
        return [upid for item in value for upid in upids_in(item)]
    return re.findall(_MADE_UP["UPID"], value) if isinstance(value, str) else []
