# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and ids of what a cluster has, by the formats of Proxmox VE's schema."""

from __future__ import annotations

from .kinds import DNS_PATTERN, LABEL_PATTERN, Integer, Items, Text

_REALM = r"[A-Za-z][A-Za-z0-9._-]+"
_WORD = r"[A-Za-z0-9._-]+"
_MAILBOX = r"[\w+~-]+(?:\.[\w+~-]+)*"
_MAIL = rf"{_MAILBOX}@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*"
_WHAT_WORD = "letters, digits, '.', '_' and '-'"

_ACL_PATH = "|".join(
    (
        "/",
        f"/access(?:/(?:groups|realm)(?:/{_WORD})?)?",
        f"/mapping(?:/{_WORD}(?:/{_WORD})?)?",
        f"/nodes(?:/{_WORD})?",
        f"/pool(?:/{_WORD}){{0,3}}",
        r"/sdn(?:/controllers(?:/[A-Za-z0-9_-]+)?)?",
        f"/sdn/(?:dns|ipams)(?:/[A-Za-z0-9]+)?|/sdn/fabrics(?:/{_WORD})?",
        f"/sdn/zones(?:/{_WORD}(?:/{_WORD}(?:/[1-9][0-9]{{0,3}})?)?)?",
        f"/storage(?:/{_WORD})?",
        "/vms(?:/[1-9][0-9]{2,})?",
    )
)

ACL_PATH = Text(
    pattern=_ACL_PATH,
    what="a path of the permission tree, such as /, /vms/101, /pool/web, /storage/local, /nodes/pve1 or /sdn/zones/a",
)
BRIDGE = Text(pattern=r"[-_.\w]+", what=_WHAT_WORD)
CONFIG_ID = Text(
    pattern="[A-Za-z][A-Za-z0-9_-]+", what="two or more letters, digits, '_' and '-', of which the first is a letter"
)
DNS_NAME = Text(
    pattern=DNS_PATTERN,
    what="a DNS name: letters, digits and '-', in parts with a '.' between them that neither begin nor end with '-'",
)
FIREWALL_GROUP = Text(pattern=CONFIG_ID.pattern, longest=18, what=CONFIG_ID.what)
FIREWALL_LIST = Text(pattern=CONFIG_ID.pattern, longest=64, what=CONFIG_ID.what)
GROUP = Text(pattern=_WORD, what=_WHAT_WORD)
HOSTNAME = Text(pattern=DNS_NAME.pattern, longest=255, what=DNS_NAME.what)
JOB = Text(pattern=r"\S+", longest=50, what="text without spaces")
MAIL = Text(pattern=rf"(?:{_MAIL})?", longest=254, what="a mail address")
MAIL_OR_USER = Text(pattern=rf"{_MAIL}|{_MAILBOX}", what="a mail address or the name of a user")
NODE = Text(pattern=LABEL_PATTERN, what="the name of a node: letters, digits and '-', neither first nor last a '-'")
POOL = Text(
    pattern=rf"{_WORD}(?:/{_WORD}){{0,2}}", what=f"{_WHAT_WORD}, in at most three levels with a '/' between them"
)
ROLE = GROUP
SNAPSHOT = Text(pattern=CONFIG_ID.pattern, longest=40, what=CONFIG_ID.what)
STORAGE = Text(
    pattern=r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]",
    what=f"two or more {_WHAT_WORD}, of which the first is a letter and the last a letter or digit",
)
TAG = Text(
    pattern=r"[A-Za-z0-9_][A-Za-z0-9_.+-]*",
    what="letters, digits, '_', '-', '+' and '.', of which the first is a letter, digit or '_'",
)
TOKEN = Text(pattern=_REALM, what=f"two or more {_WHAT_WORD}, of which the first is a letter")
USER = Text(pattern=rf"[^\s:/]+@{_REALM}", shortest=3, longest=64, what="a name and a realm, such as jane@pve")
USER_TOKEN = Text(pattern=rf"{USER.pattern}!{_REALM}", what="a user and a token, such as jane@pve!ci")
VMID = Integer(minimum=100, maximum=999999999)
VMIDS = Items(separator=",", item=VMID)
VOLUME = Text(
    pattern=r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]:.+", what="a storage and a volume on it, such as local:snippets/a.pl"
)
