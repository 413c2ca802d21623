# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""PUT /access/password, which takes a login, not a token."""

from __future__ import annotations

from pve_simulator.access.passwords import check_storable, confirm_identity
from pve_simulator.errors import forbidden
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route


@route("PUT", "/access/password")
def change_password(call: Call) -> None:
    """Change one's own password, or with the privileges for it somebody else's."""
    access, userid = call.cluster.access, call.need("userid")
    confirm_identity(access, call.subject, userid, call.text("confirmation-password"), "confirmation-password")
    others = not call.subject.is_root_password_login and call.subject.userid != userid
    if others and userid.endswith("@pam"):
        raise forbidden("Permission check failed")
    check_storable(access, userid)
    access.users[userid].password = call.need("password")
