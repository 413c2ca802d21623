# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failure codes, and how the answers of Proxmox VE map to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

AUTH_FAILED = "auth_failed"
PERMISSION_DENIED = "permission_denied"
NOT_FOUND = "not_found"
AMBIGUOUS = "ambiguous"
INVALID_PARAMETER = "invalid_parameter"
GUEST_LOCKED = "guest_locked"
DIGEST_CONFLICT = "digest_conflict"
TASK_FAILED = "task_failed"
TIMEOUT = "timeout"
NODE_OFFLINE = "node_offline"
NO_QUORUM = "no_quorum"
TLS_UNTRUSTED = "tls_untrusted"
UNREACHABLE = "unreachable"
DRIFTED = "drifted"
PROTECTED = "protected"
UNSUPPORTED = "unsupported"
# So much of a value is shown, in characters.
_SHOWN = 100


@dataclass
class PveError(Exception):
    """A failure for users: a stable code, one sentence, and what to do next.

    I(is_unknown): what was asked for may have been done all the same, since the answer to a request that changes
    something was lost, or how its task ended can't be read. I(is_lasting): it does not pass while one waits.
    I(has_timed_out): a task gave up waiting for what it had begun, which may come about all the same.
    """

    code: str
    message: str
    hint: str | None = None
    http_status: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    task_log: list[str] = field(default_factory=list)
    is_unknown: bool = False
    is_lasting: bool = False
    has_timed_out: bool = False

    def __str__(self) -> str:
        return self.message

    def failure(self) -> dict[str, Any]:
        """The C(failure) part of a module's result."""
        return {
            "code": self.code,
            "http_status": self.http_status,
            "message": self.message,
            "fields": self.fields,
            "hint": self.hint,
            "task_log": self.task_log,
        }


def refuse_values(problems: Sequence[tuple[str, Any, str]]) -> PveError:
    """The failure for options whose values can't be: of each its name, its value and what is wrong with that."""
    names = ", ".join(name for name, _value, _problem in problems)
    return PveError(
        INVALID_PARAMETER,
        " ".join(f"{_shorten(value)} can't be a value of {name}: {problem}." for name, value, problem in problems),
        f"Correct {names}.",
        fields={name: problem for name, _value, problem in problems},
    )


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


# Of proxies in front of Proxmox VE, and of pveproxy itself while it waits for another process or node.
_LOST_STATUSES = frozenset({502, 503, 504, *range(595, 600)})


def is_lost_answer(error: PveError) -> bool:
    """Whether this answer to a request leaves open whether it was carried out."""
    if error.http_status is None:
        return False
    # What answered is not Proxmox VE, or that has waited in vain for what it had begun.
    return error.http_status in _LOST_STATUSES or error.code in (UNREACHABLE, TIMEOUT)


NO_QUORUM_HINT = (
    "Bring nodes back until more than half of them are online (pvecm status shows the votes); until then guests can be "
    "stopped but not started, and nothing can be configured."
)

# The first match wins. The texts are those of qemu-server, pve-container, pve-storage and pve-cluster 9.
_ERROR_TEXTS: tuple[tuple[re.Pattern[str], str, str | None], ...] = (
    (
        # Without quorum the cluster's files can be read and not written.
        re.compile(r"\bno quorum\b|unable to open file '/etc/pve/[^']*\.tmp\.\d+' - Permission denied"),
        NO_QUORUM,
        NO_QUORUM_HINT,
    ),
    (
        re.compile(r"^Configuration file '.*' does not exist|^unable to find configuration file for (VM|CT) \d+"),
        NOT_FOUND,
        "The guest was removed or moved since it was looked up; list the guests again.",
    ),
    (
        re.compile(r"config file already exists|(VM|CT) \d+ already exists on node"),
        AMBIGUOUS,
        "Another guest has the id, or took it meanwhile; run again, or choose another one.",
    ),
    (
        re.compile(r"VM is locked \(suspended\)"),
        GUEST_LOCKED,
        "It is hibernated, which does not pass by itself: start it first, to resume it.",
    ),
    (
        re.compile(r"(VM|CT) is locked \((?P<lock>[\w-]+)\)|can't lock file '.*' - got timeout"),
        GUEST_LOCKED,
        "Another operation holds the guest; wait for it (see the node's task list) or raise timeout.",
    ),
    (
        re.compile(r"^snapshot '[^']*' does not exist"),
        NOT_FOUND,
        "The guest has no such snapshot; list its snapshots.",
    ),
    (
        # The rest of what can be named and not be there; some of it comes as a refusal with 403.
        re.compile(
            r"(?:^|[:(] ?| - )(?:storage|pool|parent|volume|disk image|user|group|role|resource|authentication domain|"
            r"auth domain|domain|HA rule) '[^']*'(?: of pool '[^']*')? does not exist"
            r"|\bno such (?:user|group|token|role|alias|ipset|security group|vzdump job|job|replication job)\b"
            r"|non-existant node",
            re.IGNORECASE,
        ),
        NOT_FOUND,
        "It is gone, or was never there; list what there is, and correct the name.",
    ),
    (
        re.compile(r"checksum mismatch|detected modified configuration"),
        DIGEST_CONFLICT,
        "Somebody else changed the configuration meanwhile; run again to plan from what is there now.",
    ),
    (
        re.compile(r"protection mode enabled|cannot remove protected volume"),
        PROTECTED,
        "A protection flag forbids this; clear it first if that is really meant.",
    ),
    (
        re.compile(r"^hostname lookup '(?P<node>[^']*)' failed|^no such cluster node '[^']*'"),
        NOT_FOUND,
        "The cluster has no such node; list the nodes.",
    ),
    (
        re.compile(r"^only root can|^Only root "),
        PERMISSION_DENIED,
        "Proxmox VE reserves this for root@pam logged in with a password; an API token can't do it.",
    ),
    (
        re.compile(r"QEMU guest agent is not running|No QEMU guest agent configured"),
        UNSUPPORTED,
        "Install qemu-guest-agent in the guest and start it, enable it in the guest's options (agent: 1), and switch "
        "the guest off and on.",
    ),
    (
        re.compile(r"VM quit/powerdown failed - got timeout|container did not stop|received timeout"),
        TASK_FAILED,
        "The guest did not react to the shutdown in time; raise shutdown_timeout, or set force to stop it hard.",
    ),
    (
        re.compile(r"got timeout|Connection timed out"),
        TIMEOUT,
        "Proxmox VE gave up waiting; look at the node's load and its task list, then try again.",
    ),
)

_GENERIC_HINT = "The reason is in Proxmox VE's own words; the node's task list and journal may say more."

# A user that must be, or that an API token is not.
_FOR_ANOTHER_USER = re.compile(r"user !=|root@pam|\bonly root\b|API token|proper ticket", re.IGNORECASE)
_DENIED = re.compile(r"Permission check failed \((?P<path>/[^,]*), (?P<privileges>[^)]+)\)")


_NESTED = re.compile(r"\b400 [^\n]+\n(?P<fields>.+)", re.DOTALL)
_FIELD = re.compile(r"[\w./-]+")


def parse_nested_errors(message: str) -> dict[str, str]:
    """Parameter errors from a message: those raised under a lock come as plain text, in an answer 500.

    C(POST /cluster/backup) says C(400 Parameter verification failed.\\nvmid: property is missing), and
    C(POST /cluster/ha/rules) C(create ha rule failed: 400 Rule 'x' is invalid.\\nresources: ...).
    """
    match = _NESTED.search(message)
    fields = (line.partition(": ") for line in match["fields"].splitlines()) if match else ()
    return {name.strip(): text.strip() for name, colon, text in fields if colon and _FIELD.fullmatch(name.strip())}


def classify(text: str) -> tuple[str, str | None]:
    """The failure code and hint for the error text of an API answer or of a task."""
    for pattern, code, hint in _ERROR_TEXTS:
        if pattern.search(text):
            return code, hint
    return TASK_FAILED, None


def error_from_response(what: str, status: int, reason: str, errors: Any = None) -> PveError:
    """The failure for an HTTP answer of 400 or above.

    I(what) names the request, such as C(POST /nodes/pve1/qemu/101/status/start). I(reason) is the
    reason phrase, in which Proxmox VE puts the first line of its error. I(errors) is the C(errors)
    map of its body (parameter name to text), or what L(parse_nested_errors) finds there, if any.
    """
    fields = {str(k): str(v).strip() for k, v in errors.items()} if isinstance(errors, dict) else {}
    text = reason.strip() or f"HTTP {status}"
    if status == 401 and text == "No ticket":
        return PveError(
            AUTH_FAILED,
            f"Proxmox VE refused the login: {text}",
            "The server saw no credentials that it knows: a proxy may keep the Authorization header, or this is no "
            "Proxmox VE (Proxmox Mail Gateway has no API tokens).",
            status,
        )
    if status == 401:
        return PveError(
            AUTH_FAILED,
            f"Proxmox VE refused the login: {text}",
            "Check user and realm, token id (user@realm!name), secret, and one-time password if there is one, and that "
            "neither user nor token is disabled or expired.",
            status,
        )
    if status == 403:
        return _permission_error(what, text)
    if status in (400, 500) and fields:
        problems = "; ".join(f"{name}: {problem}" for name, problem in sorted(fields.items()))
        return PveError(
            INVALID_PARAMETER, f"Proxmox VE rejected {what}: {problems}", "Correct what is named.", status, fields
        )
    if status in (501, 405):
        return PveError(
            UNSUPPORTED, f"This Proxmox VE does not offer {what}: {text}", "It may be too old; update it.", status
        )
    if status == 595:
        return PveError(
            NODE_OFFLINE,
            f"The node that should answer {what} can't be reached: {text}",
            "Check that the node is up and in the cluster's quorum.",
            status,
        )
    if status in (502, 503, 504, 599):
        return PveError(
            UNREACHABLE,
            f"{what} got no answer from Proxmox VE: {status} {text}",
            "Look at pveproxy on the node, and at any proxy in between.",
            status,
        )
    if status == 596 and text == "Broken pipe" and what.endswith("/agent/exec"):
        # pveproxy fails to send an error text that is not Latin-1, and an agent quotes the name of a missing program.
        return PveError(
            TASK_FAILED,
            "The guest's agent did not run the command, mostly because there is no such program, or what it answered "
            "was lost on the way.",
            "command is a list of the program and each of its arguments. If there is such a program, look in the guest "
            "whether it ran.",
            status,
        )
    code, hint = classify(text)
    if status == 596 and code == TASK_FAILED:
        code, hint = TIMEOUT, "The node took too long to answer; look at its load and try again."
    return PveError(code, f"Proxmox VE refused {what}: {text}", hint or _GENERIC_HINT, status)


def _permission_error(what: str, text: str) -> PveError:
    match = _DENIED.search(text)
    if not match:
        code, hint = classify(text)
        if code == NOT_FOUND:
            return PveError(NOT_FOUND, f"Proxmox VE refused {what}: {text}", hint, 403)
        if not _FOR_ANOTHER_USER.search(text):
            hint = "Proxmox VE names no privilege that is missing; the reason is in its own words."
            return PveError(PERMISSION_DENIED, f"Not allowed: {what}: {text}", hint, 403)
        return PveError(
            PERMISSION_DENIED, f"Not allowed: {what}: {text}", "Proxmox VE reserves this for another user.", 403
        )
    path, privileges = match["path"], match["privileges"].replace("|", " or ")
    return PveError(
        PERMISSION_DENIED,
        f"Not allowed: {what} needs {privileges} on {path}.",
        f"Give the user or token a role with {privileges} on {path} (Datacenter > Permissions). With "
        "privilege separation both the user and the token need it.",
        403,
    )
