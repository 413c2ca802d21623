# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names inside texts: UPIDs, users, volumes, property strings, addresses, and what is known from elsewhere. Pure."""

from __future__ import annotations

import re

from .pseudonyms import ADDRESSES, Pseudonyms
from .volume_names import pseudonymous_volume

# Words that may also be somebody's name for a thing; in running text they are left alone.
_WORDS_TEXT = """
    local all none any default root shared host node guest qemu lxc images rootdir iso backup vztmpl snippets import
    linux debian cloud-init cloudinit virtio scsi ide sata enabled disabled yes true false current
"""
_KINDS = ("node", "guest", "storage", "pool", "cluster", "user", "group", "tag", "snapshot")
_BUILT_IN = {"realm": frozenset({"pam", "pve"}), "user": frozenset({"root"}), "snapshot": frozenset({"current"})}
_UPID = re.compile(r"UPID:([^:\s]+):([0-9A-F]+:[0-9A-F]+:[0-9A-F]+:[^:\s]+):([^:\s]*):([^:\s]+):")
_USER = re.compile(r"(?P<user>[^\s:/,;=@]+)@(?P<realm>[A-Za-z][\w.-]+)(?:!(?P<token>[\w.-]+))?")
_ANYTHING = re.compile(rf"{_UPID.pattern}|{re.sub('P<[a-z]+>', ':', _USER.pattern)}|{ADDRESSES}|[A-Za-z0-9][\w.-]*")
_DRIVE = re.compile(r"(?:ide|sata|scsi|virtio|efidisk|tpmstate|unused|mp|rootfs)\d*")
_WORDS = frozenset(_WORDS_TEXT.split())


class TextScrubber:
    """Puts pseudonyms in place of the names inside texts."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._of = pseudonyms

    def name(self, kind: str, text: str, form: str = "{kind}-{number}") -> str:
        """The pseudonym of a name; what every server has under a name keeps it."""
        return text if text in _BUILT_IN.get(kind, ()) else self._of.name(kind, text, form)

    def users(self, text: str) -> str:
        """Every C(user@realm) and C(user@realm!token) in a text."""
        return _USER.sub(self._one_user, text)

    def upids(self, text: str) -> str:
        """Every UPID in a text."""
        return _UPID.sub(self._upid, text)

    def volume(self, text: str) -> str:
        """A volume id."""
        storage, colon, name = text.partition(":")
        if not colon:
            return self.text(text)
        return f"{self._of.name('storage', storage)}:{pseudonymous_volume(self._of, name)}"

    def property_string(self, key: str, text: str) -> str:
        """A value of several options; the first may be a volume."""
        first, *others = text.split(",")
        if _DRIVE.fullmatch(key) and "=" not in first and ":" in first:
            return ",".join([self.volume(first), *map(self._option, others)])
        return ",".join(map(self._option, [first, *others]))

    def _option(self, part: str) -> str:
        name, equals, value = part.partition("=") if "=" in part else ("", "", part)
        if name == "uuid":
            value = self._of.uuid(value)
        elif name in ("serial", "wwn", "mapping", "storage"):
            value = self._of.name(name, value)
        elif self._of.known(value.partition(":")[0], ("storage",)) and ":" in value:
            value = self.volume(value)
        else:
            value = self.text(value)
        return f"{name}{equals}{value}"

    def text(self, text: str) -> str:
        """Any text: UPIDs, users, addresses, and names that are known from elsewhere, in one go."""
        return _ANYTHING.sub(self._found, text)

    def _found(self, match: re.Match[str]) -> str:
        text = match[0]
        upid, user = _UPID.fullmatch(text), _USER.fullmatch(text)
        if upid:
            return self._upid(upid)
        if user:
            return self._one_user(user)
        other = self._of.addresses_in(text)
        return self._word(text) if other == text else other

    def _word(self, word: str) -> str:
        if word in _WORDS or word.isdecimal():
            return word
        return self._of.known(word, _KINDS) or ".".join(
            self._of.known(part, _KINDS) or part for part in word.split(".")
        )

    def _upid(self, match: re.Match[str]) -> str:
        node, middle, subject, user = match.groups()
        subject = subject if subject.isdecimal() else self._of.known(subject, _KINDS) or subject
        return f"UPID:{self._of.name('node', node)}:{middle}:{subject}:{self.users(user)}:"

    def _one_user(self, match: re.Match[str]) -> str:
        user, realm = self.name("user", match["user"]), self.name("realm", match["realm"])
        return f"{user}@{realm}" + (f"!{self._of.name('token', match['token'])}" if match["token"] else "")
