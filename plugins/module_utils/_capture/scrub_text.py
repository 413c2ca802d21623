# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace names inside texts: UPIDs, users, volumes, property strings, addresses and collected names. Pure."""

from __future__ import annotations

import re

from .pseudonyms import ADDRESSES, Pseudonyms
from .volume_names import replace_volume_name

# Words that are kept in texts, though something may have such a name.
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
    """Replaces the names inside texts by pseudonyms."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def replace_name(self, kind: str, text: str, form: str = "{kind}-{number}") -> str:
        """The pseudonym of a name; names that every server has are kept."""
        return text if text in _BUILT_IN.get(kind, ()) else self._pseudonyms.replace_name(kind, text, form)

    def replace_users(self, text: str) -> str:
        """Replace every C(user@realm) and C(user@realm!token) in a text."""
        return _USER.sub(self._replace_user, text)

    def replace_upids(self, text: str) -> str:
        """Replace every UPID in a text."""
        return _UPID.sub(self._replace_upid, text)

    def replace_volume(self, text: str) -> str:
        """Replace the names in a volume id."""
        storage, colon, name = text.partition(":")
        if not colon:
            return self.scrub_text(text)
        return f"{self._pseudonyms.replace_name('storage', storage)}:{replace_volume_name(self._pseudonyms, name)}"

    def scrub_properties(self, key: str, text: str) -> str:
        """Replace the names in a property string, whose first part may be a volume."""
        first, *others = text.split(",")
        if _DRIVE.fullmatch(key) and "=" not in first and ":" in first:
            return ",".join([self.replace_volume(first), *map(self._scrub_option, others)])
        return ",".join(map(self._scrub_option, [first, *others]))

    def _scrub_option(self, part: str) -> str:
        name, equals, value = part.partition("=") if "=" in part else ("", "", part)
        if name == "uuid":
            value = self._pseudonyms.replace_uuid(value)
        elif name in ("serial", "wwn", "mapping", "storage"):
            value = self._pseudonyms.replace_name(name, value)
        elif self._pseudonyms.find_name(value.partition(":")[0], ("storage",)) and ":" in value:
            value = self.replace_volume(value)
        else:
            value = self.scrub_text(value)
        return f"{name}{equals}{value}"

    def scrub_text(self, text: str) -> str:
        """Replace UPIDs, users, addresses and names that were collected elsewhere in any text."""
        return _ANYTHING.sub(self._replace_match, text)

    def _replace_match(self, match: re.Match[str]) -> str:
        text = match[0]
        upid, user = _UPID.fullmatch(text), _USER.fullmatch(text)
        if upid:
            return self._replace_upid(upid)
        if user:
            return self._replace_user(user)
        replaced = self._pseudonyms.replace_addresses(text)
        return self._replace_word(text) if replaced == text else replaced

    def _replace_word(self, word: str) -> str:
        if word in _WORDS or word.isdecimal():
            return word
        return self._pseudonyms.find_name(word, _KINDS) or ".".join(
            self._pseudonyms.find_name(part, _KINDS) or part for part in word.split(".")
        )

    def _replace_upid(self, match: re.Match[str]) -> str:
        node, middle, subject, user = match.groups()
        subject = subject if subject.isdecimal() else self._pseudonyms.find_name(subject, _KINDS) or subject
        return f"UPID:{self._pseudonyms.replace_name('node', node)}:{middle}:{subject}:{self.replace_users(user)}:"

    def _replace_user(self, match: re.Match[str]) -> str:
        user, realm = self.replace_name("user", match["user"]), self.replace_name("realm", match["realm"])
        return f"{user}@{realm}" + (
            f"!{self._pseudonyms.replace_name('token', match['token'])}" if match["token"] else ""
        )
