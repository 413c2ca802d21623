# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks: the identity that is proven, and the name that the asking program gives itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mcp_bridge.auth.principals import Principal, Proof
from mcp_bridge.system.identity import local_user
from mcp_bridge.text.plain import one_line

Kind = Literal["person", "client"]

NOBODY = "anonymous"
"""The identity of a client that proved none."""
_LONGEST = 128


@dataclass(frozen=True)
class Caller:
    """Who asks: a `person` at the command line, or a `client` such as an AI's, with any further roles.

    Policies, plans and approvals know the caller by `identity`, which `proof` proves: a user of this machine
    (`alice`), `token:NAME`, `oauth:SUBJECT`, `realm:USER@REALM`, or `anonymous`. `label` and `version` are the name and
    version that the asking program gives itself: they prove nothing. `local_user` is the user that this process runs
    as. Who `sees_files` is at the command line, and can look at the files of this machine without Playvisor.
    """

    identity: str
    kind: Kind = "client"
    roles: tuple[str, ...] = ()
    proof: Proof = "uid"
    label: str = ""
    version: str | None = None
    local_user: str = ""
    sees_files: bool = False


def make_person(label: str, version: str | None = None) -> Caller:
    """Make the caller for the person who runs this process, at the command line."""
    user = local_user()
    return Caller(user, "person", (), "uid", label, version, user, sees_files=True)


def make_local_client(label: str, version: str | None = None) -> Caller:
    """Make the caller for a client that started this process, and so has its user id."""
    user = local_user()
    return Caller(user, "client", (), "uid", *_clean_label(label, version), user)


def make_remote_client(principal: Principal | None, label: str, version: str | None = None) -> Caller:
    """Make the caller for a client that came over the network, with the identity that its token proves, if any."""
    (label, version), user = _clean_label(label, version), local_user()
    if principal is None:
        return Caller(NOBODY, "client", (), "none", label, version, user)
    return Caller(principal.name, "client", principal.roles, principal.proof, label, version, user)


def make_remote_person(
    identity: str, roles: tuple[str, ...], proof: Proof, label: str, version: str | None = None
) -> Caller:
    """Make the caller for a person who came over the network, with the identity that is proven."""
    return Caller(identity, "person", roles, proof, label, version, local_user())


def _clean_label(label: str, version: str | None) -> tuple[str, str | None]:
    """The name and version that a program gives itself, as they can be shown and kept."""
    return one_line(label)[:_LONGEST], one_line(version)[:_LONGEST] if version else None
