# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall's options: their types, which level has which, and which of them to change."""

from __future__ import annotations

from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError
from .._values.kinds import Flag, Integer, Items, Lower, Text
from .._values.properties import Properties

LOG_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog")
_POLICY = {"type": "str", "choices": ["ACCEPT", "REJECT", "DROP"]}
_LOG = {"type": "str", "choices": list(LOG_LEVELS)}
_BOOL, _INT, _STR = {"type": "bool"}, {"type": "int"}, {"type": "str"}

_RATE_LIMIT = Properties(
    table={
        "burst": Integer("5", minimum=0),
        "enable": Flag("1"),
        "rate": Text("1/second", pattern="[1-9][0-9]*/(second|minute|hour|day)"),
    },
    first="enable",
)

HELPERS = Items(separator=",", item=Lower(), has_order=False)

SPEC: dict[str, dict[str, Any]] = {
    "dhcp": _BOOL,
    "ebtables": _BOOL,
    "enable": _BOOL,
    "ipfilter": _BOOL,
    "log_level_forward": _LOG,
    "log_level_in": _LOG,
    "log_level_out": _LOG,
    "log_nf_conntrack": _BOOL,
    "log_ratelimit": _STR,
    "macfilter": _BOOL,
    "ndp": _BOOL,
    "nf_conntrack_allow_invalid": _BOOL,
    "nf_conntrack_helpers": _STR,
    "nf_conntrack_max": _INT,
    "nf_conntrack_tcp_timeout_established": _INT,
    "nf_conntrack_tcp_timeout_syn_recv": _INT,
    "nftables": _BOOL,
    "nosmurfs": _BOOL,
    "policy_forward": {"type": "str", "choices": ["ACCEPT", "DROP"]},
    "policy_in": _POLICY,
    "policy_out": _POLICY,
    "protection_synflood": _BOOL,
    "protection_synflood_burst": _INT,
    "protection_synflood_rate": _INT,
    "radv": _BOOL,
    "smurf_log_level": _LOG,
    "tcp_flags_log_level": _LOG,
    "tcpflags": _BOOL,
}

LEVELS: dict[str, set[str]] = {
    "cluster": {
        "ebtables",
        "enable",
        "log_ratelimit",
        "policy_forward",
        "policy_in",
        "policy_out",
    },
    "node": {
        "enable",
        "log_level_forward",
        "log_level_in",
        "log_level_out",
        "log_nf_conntrack",
        "ndp",
        "nf_conntrack_allow_invalid",
        "nf_conntrack_helpers",
        "nf_conntrack_max",
        "nf_conntrack_tcp_timeout_established",
        "nf_conntrack_tcp_timeout_syn_recv",
        "nftables",
        "nosmurfs",
        "protection_synflood",
        "protection_synflood_burst",
        "protection_synflood_rate",
        "smurf_log_level",
        "tcp_flags_log_level",
        "tcpflags",
    },
    "guest": {
        "dhcp",
        "enable",
        "ipfilter",
        "log_level_in",
        "log_level_out",
        "macfilter",
        "ndp",
        "policy_in",
        "policy_out",
        "radv",
    },
    "group": set(),
}


def parse_value(name: str, value: Any) -> Any:
    """The value of an option, from the API's answer. C(enable) of a cluster is a time while it is only tried out."""
    if name in ("log_ratelimit", "nf_conntrack_helpers"):
        return normalize_value(name, value)
    kind = SPEC.get(name, _STR)["type"]
    if kind == "bool" and str(value) in ("0", "1"):
        return str(value) == "1"
    return int(value) if kind in ("bool", "int") and str(value).isdecimal() else value


def normalize_value(name: str, value: Any) -> Any:
    """A value in the one form in which it is shown, compared and sent."""
    if name == "nf_conntrack_helpers":
        return HELPERS.render(HELPERS.read(value))
    if name != "log_ratelimit":
        return value
    limit = {"enable": "1", **_RATE_LIMIT.read(value)}
    return _RATE_LIMIT.render(dict(sorted(_RATE_LIMIT.reduce(limit).items())))


def check_options(level: str, options: dict[str, Any], reset: list[str]) -> None:
    """Raise C(invalid_parameter) for options that a level does not have, and for both setting and resetting one."""
    unknown = sorted({*options, *reset} - LEVELS[level])
    if unknown:
        known = ", ".join(sorted(LEVELS[level])) or "none"
        raise PveError(
            INVALID_PARAMETER,
            f"The firewall of a {level} has no option {', '.join(unknown)}.",
            f"It has these: {known}.",
        )
    try:
        _RATE_LIMIT.check(options.get("log_ratelimit") or "1")
    except ValueError as error:
        raise PveError(
            INVALID_PARAMETER,
            f"log_ratelimit can't be so: {error}.",
            "It is like 1,burst=5,rate=1/second.",
            fields={"log_ratelimit": str(error)},
        ) from error
    both = sorted(options.keys() & set(reset))
    if both:
        raise PveError(
            INVALID_PARAMETER, f"options sets {', '.join(both)}, and reset_options resets it.", "Give one of the two."
        )


def find_changes(
    present: dict[str, Any], options: dict[str, Any], reset: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """The options to set, and the names of those to unset."""
    changed = {name: value for name, value in options.items() if not _is_same(present.get(name), value)}
    return changed, sorted(set(reset) & present.keys())


def is_loosening(name: str, value: Any) -> bool:
    """Whether a new value makes the firewall let more through; it is set before rules are removed."""
    if name.startswith("policy_"):
        return bool(value == "ACCEPT")
    return name in ("enable", "macfilter", "ipfilter") and value is False


def _is_same(present: Any, desired: Any) -> bool:
    # Types too, for True == 1, but a cluster whose firewall is only tried out has a time here.
    return type(present) is type(desired) and present == desired
