# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall's lists, and requests that are sent only while a list is as the plan expects."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._api.errors import DIGEST_CONFLICT, PveError
from .._module.plan import Step
from .options import parse_value

if TYPE_CHECKING:
    from .._api.client import Client

# Fields that the API derives, partly from other lists.
_DERIVED = ("pos", "digest", "ipversion", "errors")
_KEYED = re.compile(r"(?:(?P<comment>.*?)\s*)?\[(?P<key>[A-Za-z0-9][A-Za-z0-9._-]*)\]", re.DOTALL)


@dataclass(frozen=True)
class Item:
    """An entry of a list: its name (for a rule its key, empty without one) and its fields.

    I(ours): this plan writes it, so only its name and position are compared to detect changes by others.
    """

    name: str
    content: dict[str, Any]
    ours: bool = False


@dataclass(frozen=True)
class Listing:
    """A list of one kind at an API path: C(rules aliases ipset entries groups options).

    I(digest) is None where the API gives none, as for an empty list. All kinds but rules are sorted by name.
    """

    path: str
    kind: str
    items: tuple[Item, ...] = ()
    digest: str | None = None


@dataclass(frozen=True)
class Write(Step):
    """A request that is sent only while a list is as I(expects); I(takes_digest): the API checks the list's digest.

    Every write changes the digest of its list, so only the first write can have the digest from the plan.
    """

    expects: Listing | None = None
    takes_digest: bool = True


def read_listing(client: Client, path: str, kind: str) -> Listing:
    return parse_listing(path, kind, client.get(path))


def parse_listing(path: str, kind: str, data: Any) -> Listing:
    """A list from the API's answer."""
    if kind == "options":
        options = {name: value for name, value in data.items() if name != "digest"}
        items = [Item(name, {"value": parse_value(name, value)}) for name, value in options.items()]
        return Listing(path, kind, _sort_items(items), data.get("digest"))
    entries = sorted(data, key=lambda entry: int(entry["pos"])) if kind == "rules" else data
    items = [_PARSERS[kind](entry) for entry in entries]
    digest = entries[0].get("digest") if entries else None
    return Listing(path, kind, tuple(items) if kind == "rules" else _sort_items(items), digest)


def prepare_write(client: Client, step: Step) -> Step:
    """The step with the digest of its list; raises C(digest_conflict) if the list is not as the plan expects."""
    if not isinstance(step, Write) or step.expects is None:
        return step
    current = read_listing(client, step.expects.path, step.expects.kind)
    if not _is_as_expected(current.items, step.expects.items):
        raise PveError(
            DIGEST_CONFLICT,
            f"{current.path} is no longer as this plan left it; the remaining requests were not sent.",
            "Somebody else changed it meanwhile; run again to plan from what is there now.",
        )
    if step.takes_digest and current.digest:
        return replace(step, params={**step.params, "digest": current.digest})
    return step


class Draft:
    """The requests of a plan so far, and the lists as they will be after them, by name."""

    def __init__(self, listings: dict[str, Listing]) -> None:
        self.steps: list[Step] = []
        self._listings = dict(listings)
        self._touched: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._listings

    def items(self, name: str) -> tuple[Item, ...]:
        return self._listings[name].items

    def path(self, name: str) -> str:
        return self._listings[name].path

    @property
    def listings(self) -> dict[str, Listing]:
        return self._listings

    def open(self, name: str, path: str, kind: str) -> None:
        """Add an empty list, for something that the plan creates."""
        self._listings[name] = Listing(path, kind)
        self._touched.add(name)

    def close(self, name: str) -> None:
        """Drop a list, of something that the plan removes."""
        self._listings.pop(name, None)

    def replace_items(self, name: str, items: Sequence[Item]) -> None:
        """Set the items of a list to what they will be after the requests so far."""
        listing = self._listings[name]
        self._listings[name] = replace(listing, items=tuple(items) if listing.kind == "rules" else _sort_items(items))

    def put_item(self, name: str, item: Item) -> None:
        """Add an item to a list, or replace the item of the same name."""
        self.replace_items(name, [*(present for present in self.items(name) if present.name != item.name), item])

    def remove_item(self, name: str, item_name: str) -> None:
        """Remove an item from a list, by its name."""
        self.replace_items(name, [item for item in self.items(name) if item.name != item_name])

    def create(self, name: str, why: str, params: dict[str, Any]) -> None:
        """Add a request that creates something named. It takes no digest: the API refuses a name that exists."""
        self.steps.append(Step("POST", self.path(name), why, params, task=False))
        self._touched.add(name)

    def write(
        self, name: str, method: str, path: str, why: str, params: dict[str, Any], *, takes_digest: bool = True
    ) -> None:
        """Add a request that changes a list.

        Where the API takes no digest (I(takes_digest) is False), the list is read and compared before it is sent.
        """
        listing = self._listings[name]
        if takes_digest and name not in self._touched:
            digest = {"digest": listing.digest} if listing.digest else {}
            self.steps.append(Write(method=method, path=path, why=why, params={**params, **digest}, task=False))
        else:
            self.steps.append(
                Write(
                    method=method,
                    path=path,
                    why=why,
                    params=params,
                    task=False,
                    expects=listing,
                    takes_digest=takes_digest,
                )
            )
        self.touch(name)

    def touch(self, name: str) -> None:
        """Mark a list as changed, so that the digest that was read is not used again."""
        self._touched.add(name)


def split_comment(text: str) -> tuple[str, str]:
    """Comment and key of a rule, which the API keeps as C(comment [key]); the key is empty if there is none."""
    match = _KEYED.fullmatch(text.strip())
    return (match["comment"] or "", match["key"]) if match else (text.strip(), "")


def join_comment(comment: str, key: str) -> str:
    return f"{comment} [{key}]" if comment else f"[{key}]"


def normalize_address(text: str) -> str:
    """An address or network (host bits kept) in its shortest form; raises ValueError for what is neither."""
    interface = ipaddress.ip_interface(text)
    if "%" in text:
        raise ValueError("Proxmox VE takes no scope")
    return str(interface).removesuffix(f"/{interface.max_prefixlen}")


def normalize_entry(text: str) -> str:
    """As L(normalize_address) but without host bits, as IP sets keep it; an alias becomes its name in lower case."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return text.lower()
    return str(network).removesuffix(f"/{network.max_prefixlen}")


def _read_comment(entry: dict[str, Any]) -> str:
    return str(entry.get("comment") or "").strip()


def _parse_rule(entry: dict[str, Any]) -> Item:
    content = {field: str(value) for field, value in entry.items() if field not in _DERIVED and value is not None}
    content["enable"] = int(entry.get("enable") or 0)
    return Item(split_comment(content.get("comment", ""))[1], content)


def _parse_alias(entry: dict[str, Any]) -> Item:
    try:
        cidr = normalize_address(entry["cidr"])
    except ValueError:
        cidr = entry["cidr"]
    return Item(entry["name"].lower(), {"name": entry["name"], "cidr": cidr, "comment": _read_comment(entry)})


def _parse_entry(entry: dict[str, Any]) -> Item:
    nomatch = bool(int(entry.get("nomatch") or 0))
    return Item(
        normalize_entry(entry["cidr"]), {"cidr": entry["cidr"], "nomatch": nomatch, "comment": _read_comment(entry)}
    )


_PARSERS = {
    "rules": _parse_rule,
    "aliases": _parse_alias,
    "ipset": lambda entry: Item(entry["name"], {"comment": _read_comment(entry)}),
    "entries": _parse_entry,
    "groups": lambda entry: Item(entry["group"], {"comment": _read_comment(entry)}),
}


def _sort_items(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: item.name))


def _is_as_expected(current: Sequence[Item], expected: Sequence[Item]) -> bool:
    return len(current) == len(expected) and all(
        item.name == expected_item.name and (expected_item.ours or item.content == expected_item.content)
        for item, expected_item in zip(current, expected, strict=True)
    )
