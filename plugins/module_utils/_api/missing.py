# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task names and the cluster has not: the failure, with what there is and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .errors import NOT_FOUND, PveError

if TYPE_CHECKING:
    from .client import Client

# How many names a hint lists.
_LISTED = 12
_NO_NODE = re.compile(r"hostname lookup '(?P<node>[^']+)' failed")


def missing_error(
    kind: str, name: str, known: Iterable[str], *, where: str = "", is_hidden: bool = False, note: str = ""
) -> PveError:
    """The C(not_found) failure for the I(name) of a I(kind), such as a node, of which there are those I(known).

    I(where) follows the name, as in C( on node pve1). I(is_hidden): it may be there, but these credentials can't see
    it. I(note) ends the hint.
    """
    names = sorted(set(known))
    message = f"There is no {kind} {name}{where}"
    message += ", or these credentials can't see it." if is_hidden else "."
    return PveError(NOT_FOUND, message, " ".join(filter(None, (describe_known(kind, name, names), note))))


def name_missing_node(client: Client, error: PveError) -> PveError:
    """The failure with the nodes that there are, if it is that of a node that is not there; else the same."""
    match = _NO_NODE.search(error.message) if error.code == NOT_FOUND else None
    return missing_error("node", match["node"], read_nodes(client)) if match else error


def require_node(client: Client, node: str) -> None:
    """Raise C(not_found) for a node that the cluster has not."""
    nodes = read_nodes(client)
    if node not in nodes:
        raise missing_error("node", node, nodes)


def read_nodes(client: Client) -> list[str]:
    """The names of the cluster's nodes, which everybody may see."""
    return sorted(str(entry["node"]) for entry in client.get("/nodes"))


def describe_known(kind: str, name: str, known: Sequence[str]) -> str:
    """The sentences that say what may have been meant, and what there is."""
    near = find_near(name, known)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    if not known:
        return f"There is no {kind} that can be seen."
    shown = ", ".join(known[:_LISTED]) + (f" and {len(known) - _LISTED} more" if len(known) > _LISTED else "")
    return f"{meant}There are these: {shown}."


def find_near(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the names that may have been meant: in another case, without a domain, or misspelt."""
    names = list(dict.fromkeys(known))
    wished = name.strip().casefold()
    same = [one for one in names if one.casefold() in (wished, wished.partition(".")[0])]
    if same:
        return same[:3]
    folded = {one.casefold(): one for one in names}
    return [folded[match] for match in get_close_matches(wished, list(folded), n=3, cutoff=0.6)]
