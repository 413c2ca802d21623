# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share: those of the connection, and those of applying."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from .._api.errors import INVALID_PARAMETER, PveError

# In seconds, except for throttle, log_lines, limit and points.
RANGES = {
    "timeout": (1, 7 * 86400),
    "shutdown_timeout": (0, 86400),
    "throttle": (1, 100),
    "log_lines": (0, 50000),
    "limit": (1, 50000),
    "points": (1, 2000),
}


def variable_fallback(variable: str) -> str:
    """The value of an environment variable, without quotes and white space around it."""
    value = os.environ.get(variable, "").strip().strip("\ufeff").strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    if not value:
        raise AnsibleFallbackNotFound
    return value


def secret_fallback(variable: str) -> str:
    """The value of an environment variable, or the contents of the file that C(<variable>_FILE) names."""
    if os.environ.get(variable):
        return os.environ[variable]
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        raise AnsibleFallbackNotFound
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as handle:
            return handle.read().strip()
    except (OSError, ValueError) as exc:
        # An unreadable file must not turn into "no secret given"; the login will say which one is missing.
        raise AnsibleFallbackNotFound from exc


def _option_from_env(variable: str, **option: Any) -> dict[str, Any]:
    return {**option, "fallback": (variable_fallback, [variable])}


def _secret_from_env(variable: str) -> dict[str, Any]:
    return {"type": "str", "no_log": True, "fallback": (secret_fallback, [variable])}


def connection_spec() -> dict[str, Any]:
    """Options of doc fragment C(auth)."""
    return {
        "api_url": _option_from_env("PROXMOX_URL", type="str"),
        "api_host": _option_from_env("PROXMOX_HOST", type="str"),
        "api_port": _option_from_env("PROXMOX_PORT", type="int"),
        "api_user": _option_from_env("PROXMOX_USER", type="str"),
        "api_token_id": {**_option_from_env("PROXMOX_TOKEN_ID", type="str"), "no_log": False},
        "api_token_secret": _secret_from_env("PROXMOX_TOKEN_SECRET"),
        "api_password": _secret_from_env("PROXMOX_PASSWORD"),
        "api_otp": _secret_from_env("PROXMOX_OTP"),
        "validate_certs": _option_from_env("PROXMOX_VERIFY_SSL", type="bool", default=True, aliases=["verify_ssl"]),
        "ca_path": _option_from_env("PROXMOX_CA_PATH", type="path"),
        "fingerprint": _option_from_env("PROXMOX_FINGERPRINT", type="str"),
        "api_gateway": _option_from_env("PROXMOX_GATEWAY", type="path"),
        "api_gateway_key": _secret_from_env("PROXMOX_GATEWAY_KEY"),
        "connect_timeout": {"type": "float", "default": 10.0},
        "read_timeout": {"type": "float", "default": 60.0},
    }


def applying_spec() -> dict[str, Any]:
    """Options of doc fragment C(applying)."""
    return {
        "timeout": {"type": "int", "default": 300},
        "throttle": {"type": "int", "default": 10},
        "expect_plan": {"type": "str"},
    }


def check_ranges(params: dict[str, Any]) -> None:
    guests = params.get("guests") or []
    chosen = guests if isinstance(guests, list) else guests.get("vmids") or []
    vmids = [params.get("vmid"), params.get("newid"), *chosen]
    for vmid in vmids:
        if vmid is not None and not 100 <= vmid <= 999999999:
            raise PveError(INVALID_PARAMETER, f"{vmid} is not a vmid.", "Guest ids are 100 to 999999999.")
    for option, (least, most) in RANGES.items():
        value = params.get(option)
        if value is not None and not least <= value <= most:
            raise PveError(INVALID_PARAMETER, f"{option} is {value}.", f"It must be from {least} to {most}.")
