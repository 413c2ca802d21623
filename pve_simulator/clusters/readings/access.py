# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, groups, roles and rights from readings. Credentials are never read: tokens get new secrets."""

from __future__ import annotations

from pve_simulator.clusters.readings.answers import Answers
from pve_simulator.state.access import AclEntry, Group, Realm, Role, Token, User
from pve_simulator.state.cluster import Cluster

_TEXTS = ("firstname", "lastname", "email", "comment", "keys")


def load(cluster: Cluster, answers: Answers) -> None:
    """Everything of access control that was read."""
    access = cluster.access
    for entry in answers.entries("/access/domains"):
        access.realms[entry["realm"]] = Realm(entry["type"], entry.get("comment"))
    for entry in answers.entries("/access/groups"):
        access.groups[entry["groupid"]] = Group(entry.get("comment"))
    for entry in answers.entries("/access/roles"):
        privileges = sorted(item for item in (entry.get("privs") or "").split(",") if item)
        access.roles[entry["roleid"]] = Role(privileges, bool(entry.get("special")))
    for entry in answers.entries("/access/users"):
        user = access.users.setdefault(entry["userid"], User())
        user.enable, user.expire = bool(entry.get("enable", 1)), int(entry.get("expire", 0))
        user.groups = [group for group in (entry.get("groups") or "").split(",") if group]
        for name in _TEXTS:
            if entry.get(name):
                setattr(user, name, entry[name])
        for token in entry.get("tokens") or ():
            user.tokens[token["tokenid"]] = Token(
                privsep=bool(token.get("privsep", 1)),
                expire=int(token.get("expire", 0)),
                comment=token.get("comment"),
            )
    access.acl = [
        AclEntry(entry["path"], entry["type"], entry["ugid"], entry["roleid"], bool(entry.get("propagate", 1)))
        for entry in answers.entries("/access/acl")
    ]
