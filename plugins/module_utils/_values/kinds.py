# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds of values in the API's configurations: each brings what users write to the form that Proxmox VE returns.

A value has two forms: the text that the API has for it, and the value that results show and comparisons use.
"""

from __future__ import annotations

import ipaddress
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

_LEAST_WEIGHT, _GREATEST_WEIGHT = 1, 10000
_TRUE, _FALSE = ("1", "on", "yes", "true"), ("0", "off", "no", "false")
_ENCODED = re.compile(r"(?:[A-Za-z0-9_.!~*'()-]|%[0-9A-Fa-f]{2})*")
_MAC = re.compile(r"[0-9A-F][02468ACE](?::[0-9A-F]{2}){5}")
LABEL_PATTERN = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
DNS_PATTERN = rf"(?:{LABEL_PATTERN}\.)*{LABEL_PATTERN}"
# The shortest prefix that the network of a guest's address may have.
_PREFIX_LENGTH = 8
_INTERFACES = (ipaddress.IPv4Interface, ipaddress.IPv6Interface)
_SEPARATORS = re.compile(r"[,;\s\0]+")


@dataclass(frozen=True)
class Value(ABC):
    """One kind of value. I(default) is the text that stands for a value that is not set, if there is one."""

    default: str | None = None

    @abstractmethod
    def check_text(self, value: Any) -> str:
        """The text that the API has for a value; empty for one that is not to be set.

        Raises ValueError, which says what is wrong, where Proxmox VE would refuse the value.
        """

    def parse(self, text: str) -> Any:
        """The value of a text by L(check_text)."""
        return text

    def check(self, value: Any) -> Any:
        """The value of what a user has written; raises ValueError as L(check_text) does."""
        return self.parse(self.check_text(value))

    def read(self, value: Any) -> Any:
        """The value of what the API returned, which is not judged."""
        try:
            return self.check(value)
        except ValueError:
            return str(value)

    def render(self, value: Any) -> Any:
        """A value by L(check) or L(read), as the API takes it."""
        return value


@dataclass(frozen=True)
class Text(Value):
    """Text. I(longest) and I(shortest) are in characters; I(what) says in words what the pattern asks for."""

    pattern: str | None = None
    longest: int | None = None
    shortest: int = 0
    what: str = ""

    def check_text(self, value: Any) -> str:
        text = to_text(value)
        if self.longest is not None and len(text) > self.longest:
            raise ValueError(f"it has {len(text)} characters, and may have {self.longest}")
        if len(text) < self.shortest:
            raise ValueError(f"it has {len(text)} characters, and must have at least {self.shortest}")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise ValueError(f"it must be {self.what}" if self.what else f"it must match {self.pattern}")
        return text


@dataclass(frozen=True)
class Range(Text):
    """A number, or two of them with C(-) between."""

    def check_text(self, value: Any) -> str:
        text = Text.check_text(self, value)
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
        if match is None or (match[2] and int(match[1]) > int(match[2])):
            raise ValueError("it must be a number or a range of numbers, such as 0-3")
        return text


@dataclass(frozen=True)
class Lower(Text):
    """Text in lower case."""

    def check_text(self, value: Any) -> str:
        return Text.check_text(self, to_text(value).lower())


@dataclass(frozen=True)
class Line(Text):
    """Text of one line, without the white space around it."""

    def check_text(self, value: Any) -> str:
        text = Text.check_text(self, to_text(value).strip())
        if re.search(r"[\r\n]", text):
            raise ValueError("it must be one line")
        return text


@dataclass(frozen=True)
class Variables(Line):
    """Variables and their values, C(NAME=value), with NUL between them; users may write a mapping or a list."""

    def check_text(self, value: Any) -> str:
        if isinstance(value, Mapping):
            value = [f"{name}={to_text(item)}" for name, item in value.items()]
        texts = value if isinstance(value, list | tuple) else [value]
        return Line.check_text(self, "\0".join(map(to_text, texts)))


@dataclass(frozen=True)
class Lines(Text):
    """Text of several lines. Machines lose the white space at its end, and containers end it with a line break."""

    def check_text(self, value: Any) -> str:
        return Text.check_text(self, value).rstrip()


@dataclass(frozen=True)
class Encoded(Text):
    """Text that is percent-encoded, which it may be already."""

    def check_text(self, value: Any) -> str:
        text = to_text(value)
        return Text.check_text(self, text if _ENCODED.fullmatch(text) else quote(text, safe="!~*'()"))


@dataclass(frozen=True)
class Flag(Value):
    def check_text(self, value: Any) -> str:
        word = to_text(value).strip().lower()
        if word not in _TRUE + _FALSE:
            raise ValueError("it must be true or false")
        return "1" if word in _TRUE else "0"

    def parse(self, text: str) -> Any:
        return text == "1"

    def render(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else value


@dataclass(frozen=True)
class Number(Value):
    """A number from I(minimum) to I(maximum). I(none) is one that is written for a value that is not to be set."""

    minimum: float | None = None
    maximum: float | None = None
    none: float | None = None

    def check_text(self, value: Any) -> str:
        number = self._to_number(value)
        if number == self.none:
            return ""
        if self.minimum is not None and number < self.minimum:
            raise ValueError(f"it must be at least {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise ValueError(f"it must be at most {self.maximum}")
        return str(number)

    def parse(self, text: str) -> Any:
        number = float(text) if text else None
        return int(text) if number is not None and number.is_integer() else number

    def _to_number(self, value: Any) -> int | float:
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", text.lower()):
            raise ValueError("it must be a number")
        try:
            return int(text)
        except ValueError:
            number = float(text)
            return int(number) if number.is_integer() else number


@dataclass(frozen=True)
class Integer(Number):
    def _to_number(self, value: Any) -> int | float:
        number = Number._to_number(self, value)
        if not isinstance(number, int):
            raise ValueError("it must be a whole number")
        return number


@dataclass(frozen=True)
class Weight(Integer):
    """A weight of control groups. Proxmox VE brings one that the kernel does not take to the least or greatest."""

    def check_text(self, value: Any) -> str:
        return str(min(max(int(Integer.check_text(self, value)), _LEAST_WEIGHT), _GREATEST_WEIGHT))


@dataclass(frozen=True)
class Memory(Integer):
    """A number of MiB, which machines may have as the property C(current)."""

    def _to_number(self, value: Any) -> int | float:
        return Integer._to_number(self, value.removeprefix("current=") if isinstance(value, str) else value)


@dataclass(frozen=True)
class Choice(Value):
    """One of some words; YAML's booleans are the words that it takes for them, such as C(off). I(off): what false
    is otherwise.
    """

    choices: tuple[str, ...] = ()
    off: str | None = None

    def check_text(self, value: Any) -> str:
        words = [to_text(value).strip()]
        if isinstance(value, bool):
            words = [*_TRUE] if value else [*_FALSE, *filter(None, [self.off])]
        by_lower = {choice.lower(): choice for choice in self.choices}
        for word in words:
            if word in self.choices:
                return word
            if word.lower() in by_lower:
                return by_lower[word.lower()]
        raise ValueError(f"it must be one of {', '.join(self.choices)}")


@dataclass(frozen=True)
class Switch(Value):
    """C(yes), C(no), or something else, such as a path."""

    def check_text(self, value: Any) -> str:
        text = to_text(value).strip()
        word = text.lower()
        return "yes" if word in _TRUE else "no" if word in _FALSE else text


@dataclass(frozen=True)
class Address(Value):
    """An address of IP I(version) 4, 6 or either (0), with I(has_prefix) and its length; or one of I(words)."""

    version: int = 0
    has_prefix: bool = False
    words: tuple[str, ...] = ()
    # Whether a name may stand for the address, and whether C(%) and a network device may follow it.
    may_be_name: bool = False
    may_have_scope: bool = False

    def check_text(self, value: Any) -> str:
        text = to_text(value).strip()
        if not text or text.lower() in self.words:
            return text.lower()
        try:
            address = ipaddress.ip_interface(text) if self.has_prefix else ipaddress.ip_address(text)
        except ValueError:
            if self.may_be_name and re.fullmatch(DNS_PATTERN, text):
                return text
            raise ValueError(f"it must be {self._describe()}") from None
        is_scoped = "%" in text and not self.may_have_scope
        if self.version not in (0, address.version) or (self.has_prefix and "/" not in text) or is_scoped:
            raise ValueError(f"it must be {self._describe()}")
        if isinstance(address, _INTERFACES) and address.network.prefixlen < _PREFIX_LENGTH:
            raise ValueError(f"the length of its prefix must be at least {_PREFIX_LENGTH}")
        return str(address)

    def _describe(self) -> str:
        name = f"an IPv{self.version} address" if self.version else "an IP address"
        name += " or a DNS name" if self.may_be_name else ""
        prefix = " with the length of its prefix, such as /24," if self.has_prefix and self.version != 6 else ""
        prefix = prefix or (" with the length of its prefix, such as /64," if self.has_prefix else "")
        return f"{name}{prefix}{' or ' if self.words else ''}{' or '.join(self.words)}".rstrip(",")


@dataclass(frozen=True)
class Mac(Value):
    """A MAC address, in capitals."""

    def check_text(self, value: Any) -> str:
        text = to_text(value).strip().upper().replace("-", ":")
        if text and not _MAC.fullmatch(text):
            raise ValueError("it must be a MAC address of one device, such as BC:24:11:00:00:01")
        return text


@dataclass(frozen=True)
class MountPath(Value):
    """A path in a container, which Proxmox VE writes without needless slashes."""

    def check_text(self, value: Any) -> str:
        parts = [part for part in to_text(value).split("/") if part not in ("", ".")]
        if ".." in parts or not parts:
            raise ValueError("it must be a path below /, without ..")
        return "/" + "/".join(parts)


@dataclass(frozen=True)
class Items(Value):
    """A list of I(item), joined by I(separator). I(words) are whole values that stand for others.

    I(has_order) false: it is sorted, and has each item once.
    """

    separator: str = " "
    item: Value = field(default_factory=Text)
    has_order: bool = True
    words: Mapping[str, str] = field(default_factory=dict)

    def check_text(self, value: Any) -> str:
        if isinstance(value, bool | int) or (isinstance(value, str) and value.strip().lower() in self.words):
            value = self.words.get(to_text(value).strip().lower(), to_text(value))
        items = value if isinstance(value, list | tuple) else [value]
        texts = [text for item in items for text in _SEPARATORS.split(to_text(item)) if text]
        checked = [checked for text in texts if (checked := self._check_item(text, len(texts) > 1))]
        return self.separator.join(checked if self.has_order else sorted(set(checked)))

    def _check_item(self, text: str, is_one_of_many: bool) -> str:
        try:
            return self.item.check_text(text)
        except ValueError as error:
            raise ValueError(f"{text} is not right, {error}" if is_one_of_many else str(error)) from error

    def parse(self, text: str) -> Any:
        return text.split(self.separator) if text else []

    def read(self, value: Any) -> Any:
        texts = [text for text in _SEPARATORS.split(str(value)) if text]
        if str(value) in self.words:
            return self.parse(self.words[str(value)])
        items = [str(self.item.read(text)) for text in texts]
        return items if self.has_order else sorted(set(items))

    def render(self, value: Any) -> Any:
        return value if isinstance(value, str) else self.separator.join(map(str, value))


def to_text(value: Any) -> str:
    """A scalar as text; raises ValueError for what is none."""
    if isinstance(value, Mapping | list | tuple | set):
        raise ValueError(f"it must be text, not a {'mapping' if isinstance(value, Mapping) else 'list'}")
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text, as choices."""
    return tuple(text.split())
