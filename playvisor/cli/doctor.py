# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor doctor`: check one by one what has to be right."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from mcp_bridge import catalogue, collection
from mcp_bridge.catalogue import privileges
from mcp_bridge.catalogue.privileges import Holder, Usability
from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, Result
from mcp_bridge.run import Bridge
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings, load_settings, profiles
from playvisor.cli import console
from playvisor.cli.call import get_exit_status, make_request, run_interruptibly
from playvisor.cli.output import Output, print_document, print_table
from playvisor.cli.rendering.tables import Table
from playvisor.cli.speech import name_command

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "red")}
_COMMANDS = Table("", "command=command:text usable missing", title="Commands that lack privileges")
_TRUST = {"ca_path": ("verified against", "PROXMOX_CA_PATH"), "fingerprint": ("pinned by", "PROXMOX_FINGERPRINT")}


@dataclass(frozen=True)
class Check:
    """One thing that was checked: its state, what was found, and how to fix it."""

    name: str
    state: Literal["ok", "warning", "failed"]
    found: str
    fix: list[str]


def examine(*, output: Output) -> int:
    """Check everything and print what was found; returns the exit status."""
    settings = load_settings()
    checks = [_check_ansible(), _check_collection(), _check_state_dir(settings), _check_ledger(settings)]
    checks += [_check_policy(settings)] if settings.policy else []
    try:
        bridge = make_bridge(settings)
    except UsageError as error:
        checks.append(_make_failed_check("cluster", error))
        _print_checks(checks, [], output=output)
        return EXIT_USAGE
    try:
        result = _connect(bridge, settings, quiet=output.is_quiet)
    except PlayvisorError as error:
        checks.append(_make_failed_check("cluster", error))
        _print_checks(checks, [], output=output)
        return error.exit_status
    if result.failure:
        checks.append(Check("cluster", "failed", result.failure.message, [result.failure.hint or ""]))
        _print_checks(checks, [], output=output)
        return get_exit_status(result)
    holder = _describe_holder(result.data)
    standings = [privileges.check_usability(tool, holder.permissions) for tool in catalogue.list_offered()]
    checks += [*_check_connection(result), _check_privileges(standings, holder)]
    _print_checks(checks, standings, output=output)
    return EXIT_FAILED if any(check.state == "failed" for check in checks) else EXIT_DONE


def _connect(bridge: Bridge, settings: Settings, *, quiet: bool) -> Result:
    request = make_request(settings, "check_connection", {}, mode=settings.mode or "read", internal=True)
    return run_interruptibly(bridge, request, quiet=quiet)


def _check_ansible() -> Check:
    program = shutil.which("ansible-playbook", path=os.pathsep.join((str(Path(sys.executable).parent), os.defpath)))
    if program is None:
        return Check("ansible", "failed", "ansible-playbook was not found.", ["Install playvisor again."])
    versions = f"ansible-core {installed('ansible-core')}, ansible-runner {installed('ansible-runner')}"
    return Check("ansible", "ok", f"{versions} ({program})", [])


def _check_collection() -> Check:
    try:
        return Check("collection", "ok", f"{collection.NAME} {collection.version()} ({collection.root()})", [])
    except (PlayvisorError, OSError) as error:
        return _make_failed_check("collection", error)


def _check_state_dir(settings: Settings) -> Check:
    path = settings.state_dir
    if not path.exists():
        return Check("state", "ok", f"{path} will be created by the first run", [])
    if not os.access(path, os.W_OK | os.X_OK):
        return Check("state", "failed", f"{path} can't be written to.", ["Set PLAYVISOR_STATE_DIR to another folder."])
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Check("state", "warning", f"{path} can be read by others (mode {mode:03o}).", [f"chmod 700 {path}"])
    return Check("state", "ok", str(path), [])


def _check_ledger(settings: Settings) -> Check:
    from mcp_bridge.run.factory import make_authority
    from mcp_bridge.run.recovery.interrupted import close_interrupted

    try:
        authority = make_authority(settings)
        closed = close_interrupted(authority)
        newest = authority.ledger.recent(1)
    except PlayvisorError as error:
        return _make_failed_check("ledger", error)
    where = _describe_place(settings.ledger_url) if settings.ledger_url else str(settings.state_dir / "ledger.db")
    found = f"{where}, newest run {newest[0].opened_at}" if newest else f"{where}, no runs yet"
    if closed:
        return Check("ledger", "warning", f"{found}; {len(closed)} interrupted runs closed.", ["playvisor runs list"])
    return Check("ledger", "ok", found, [])


def _check_policy(settings: Settings) -> Check:
    from mcp_bridge.policy import Policy
    from mcp_bridge.system.identity import is_user

    try:
        policy = Policy.load(settings.policy)
    except PlayvisorError as error:
        return _make_failed_check("policy", error)
    warnings = policy.find_warnings(is_user)
    count = len(policy.rules)
    found = f"{policy.source}, {count} rule{'' if count == 1 else 's'}"
    if warnings:
        more = f" and {len(warnings) - 1} more" if len(warnings) > 1 else ""
        return Check("policy", "warning", f"{found}; {warnings[0]}{more}", ["playvisor policy check"])
    return Check("policy", "ok", found, [])


def _describe_place(url: str) -> str:
    """A database's host and name, without who logs in to it and how."""
    address = urlsplit(url)
    return f"{address.netloc.split('@')[-1]}{address.path}"


def _check_connection(result: Result) -> list[Check]:
    link = result.data["connection"]
    who = f"{link['user']}!{link['token_id']}" if link["token_id"] else link["user"]
    cluster = Check("cluster", "ok", f"{link['url']}, Proxmox VE {link['version']}", [])
    login = Check("login", "ok", f"{who}, by {link['auth']}", [])
    if link["tls"] in _TRUST:
        how, variable = _TRUST[link["tls"]]
        return [cluster, login, Check("tls", "ok", f"{how} {profiles.name_setting(variable)}", [])]
    if link["tls"] == "verified":
        return [cluster, login, Check("tls", "ok", "verified against the system's CAs", [])]
    fix = ["Set PROXMOX_CA_PATH or PROXMOX_FINGERPRINT, and unset PROXMOX_VERIFY_SSL."]
    return [cluster, login, Check("tls", "warning", "The certificate is not verified.", fix)]


def _describe_holder(found: dict[str, Any]) -> Holder:
    link = found["connection"]
    users = found["user_permissions"]
    return Holder(
        user=link["user"],
        token=link["token_id"],
        permissions=privileges.make_permissions(found["permissions"], found["unpropagated"]),
        is_separated=found["is_separated"],
        user_permissions=None if users is None else privileges.make_permissions(users, found["user_unpropagated"]),
        roles=found["roles"],
    )


def _check_privileges(standings: list[Usability], holder: Holder) -> Check:
    """What the everyday tools lack. The fix never suggests to give a token more privileges than these need."""
    everyday = [entry for entry in standings if entry.tool in catalogue.list_everyday()]
    lacking = [entry.tool for entry in everyday if entry.usable != "yes"]
    if not lacking:
        all_usable = all(entry.usable == "yes" for entry in standings)
        return Check("privileges", "ok", f"enough for {'every tool' if all_usable else 'the everyday tools'}", [])
    fix = privileges.make_grant_commands([catalogue.load()[entry.tool] for entry in everyday], holder)
    if holder.permissions:
        return Check("privileges", "warning", f"not enough, or not everywhere, for {', '.join(lacking)}", fix)
    return Check("privileges", "warning", _describe_nothing(holder), fix)


def _describe_nothing(holder: Holder) -> str:
    """Why somebody sees nothing at all on the cluster."""
    if not holder.token or holder.is_separated is False:
        return f"none at all: {holder.user} sees nothing of the cluster"
    return (
        f"none at all: the token sees nothing of the cluster. A token with privilege separation has no rights of its"
        f" user {holder.user} until it is given them itself"
    )


def _make_failed_check(name: str, error: Exception) -> Check:
    hint = error.hint if isinstance(error, PlayvisorError) else None
    return Check(name, "failed", str(error), [hint] if hint else [])


def _print_checks(checks: list[Check], standings: list[Usability], *, output: Output) -> None:
    if output.is_document:
        healthy = all(check.state != "failed" for check in checks)
        tools = [asdict(entry) for entry in standings]
        print_document({"healthy": healthy, "checks": [asdict(check) for check in checks], "tools": tools}, output)
        return
    from rich.text import Text

    for check in checks:
        mark, style = _MARKS[check.state]
        console.get_stdout().print(Text.assemble((f"{mark} ", style), (f"{check.name:<11}", "bold"), check.found))
        for line in check.fix:
            console.get_stdout().print(Text(f"    → {line}"), soft_wrap=True)
    if standings:
        _print_standings(standings, output)
    _print_summary(checks)


def _print_standings(standings: list[Usability], output: Output) -> None:
    """Print the commands that can't be used everywhere, and how many can."""
    rows = [
        {"command": name_command(entry.tool), "usable": entry.usable, "missing": _describe_missing(entry)}
        for entry in standings
        if output.is_wide or entry.usable != "yes"
    ]
    if rows:
        print_table(rows, _COMMANDS, output)


def _print_summary(checks: list[Check]) -> None:
    """Print how many checks are fine, and what to do first."""
    to_do = [check for check in sorted(checks, key=lambda check: check.state != "failed") if check.state != "ok"]
    text = f"{len(checks) - len(to_do)} of {len(checks)} checks are fine"
    if not to_do:
        console.get_stdout().print(f"\n{text}: nothing to do.")
        return
    first = to_do[0]
    what = f"{first.name}: {first.fix[0] if first.fix and first.fix[0] else first.found}"
    rest = f" {len(to_do) - 1} more after that." if len(to_do) > 1 else ""
    console.get_stdout().print(f"\n{text}, {len(to_do)} to do. First, {what}{rest}", soft_wrap=True)


def _describe_missing(entry: Usability) -> str:
    return "; ".join(f"{' '.join(names)} on {path}" for path, names in entry.missing.items())
