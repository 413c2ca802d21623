# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""POST /access/domains/{realm}/sync. No directory can be reached from a simulated cluster."""

from __future__ import annotations

from pve_simulator.access.realms import DIRECTORIES
from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task


@route("POST", "/access/domains/{realm}/sync")
def sync(call: Call) -> str:
    """A task that asks the directory for users and groups, and gets no answer."""
    name = call.need("realm")
    realm = call.cluster.access.realms.get(name)
    if realm is None:
        raise invalid({"realm": "Realm does not exist."})
    if realm.type not in DIRECTORIES:
        raise failure(f"Cannot sync realm type '{realm.type}'! Only LDAP/AD realms can be synced.")
    if call.text("scope") is None and "scope=" not in realm.config.get("sync-defaults-options", ""):
        raise invalid({"scope": "Not passed as parameter and not defined in realm default sync options."})
    dry_run = call.flag("dry-run")

    async def worker(task: Task) -> None:
        task.say(f"{'(dry test run) ' if dry_run else ''}starting sync for realm {name}")
        await task.work()
        raise failure(f"{realm.config.get('server1')}: no directory answers in a simulated cluster")

    return call.task("auth-realm-sync-test" if dry_run else "auth-realm-sync", name, worker)
