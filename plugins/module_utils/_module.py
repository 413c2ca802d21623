# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module shares: its options, its failures, and its way to a client."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from . import _client
from ._client import Client
from ._connection import Connection
from ._errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from ._guests import TYPES

# Seconds, but for throttle and log_lines.
RANGES = {
    "timeout": (1, 7 * 86400),
    "shutdown_timeout": (0, 86400),
    "throttle": (1, 100),
    "log_lines": (0, 50000),
    "limit": (1, 50000),
}


def secret_fallback(variable: str) -> str:
    """The value of an environment variable, or the contents of the file that C(<variable>_FILE) names."""
    if os.environ.get(variable):
        return os.environ[variable]
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        raise AnsibleFallbackNotFound
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read().strip()
    except OSError as exc:
        # An unreadable file must not turn into "no secret given"; the login will say which one is missing.
        raise AnsibleFallbackNotFound from exc


def _env(variable: str, **option: Any) -> dict[str, Any]:
    return {**option, "fallback": (env_fallback, [variable])}


def _secret(variable: str) -> dict[str, Any]:
    return {"type": "str", "no_log": True, "fallback": (secret_fallback, [variable])}


def connection_spec() -> dict[str, Any]:
    """Options of doc fragment C(auth)."""
    return {
        "api_url": _env("PROXMOX_URL", type="str"),
        "api_host": _env("PROXMOX_HOST", type="str"),
        "api_port": _env("PROXMOX_PORT", type="int"),
        "api_user": _env("PROXMOX_USER", type="str"),
        "api_token_id": {**_env("PROXMOX_TOKEN_ID", type="str"), "no_log": False},
        "api_token_secret": _secret("PROXMOX_TOKEN_SECRET"),
        "api_password": _secret("PROXMOX_PASSWORD"),
        "validate_certs": _env("PROXMOX_VERIFY_SSL", type="bool", default=True, aliases=["verify_ssl"]),
        "ca_path": _env("PROXMOX_CA_PATH", type="path"),
        "fingerprint": _env("PROXMOX_FINGERPRINT", type="str"),
        "api_gateway": _env("PROXMOX_GATEWAY", type="path"),
        "api_gateway_key": _secret("PROXMOX_GATEWAY_KEY"),
        "connect_timeout": {"type": "float", "default": 10.0},
        "read_timeout": {"type": "float", "default": 60.0},
    }


def guests_spec() -> dict[str, Any]:
    """Options of doc fragment C(guests)."""
    return {
        "vmid": {"type": "int"},
        "name": {"type": "str"},
        "node": {"type": "str"},
        "guests": {
            "type": "dict",
            "options": {
                "vmids": {"type": "list", "elements": "int"},
                "names": {"type": "list", "elements": "str"},
                "tags": {"type": "list", "elements": "str"},
                "pool": {"type": "str"},
                "node": {"type": "str"},
                "type": {"type": "str", "choices": list(TYPES)},
                "status": {"type": "str", "choices": ["running", "stopped", "unknown"]},
                "templates": {"type": "bool"},
            },
        },
    }


def applying_spec() -> dict[str, Any]:
    """Options of doc fragment C(applying)."""
    return {
        "timeout": {"type": "int", "default": 300},
        "throttle": {"type": "int", "default": 10},
        "expect_plan": {"type": "str"},
    }


class PveModule(AnsibleModule):
    """An AnsibleModule whose every failure carries C(failure)."""

    def __init__(self, argument_spec: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(
            argument_spec={**connection_spec(), **argument_spec},
            supports_check_mode=True,
            **kwargs,
        )
        if _client.IMPORT_ERROR:
            self.fail_json(
                msg=missing_required_lib("proxmoxer and requests"),
                exception=_client.IMPORT_ERROR,
                failure=PveError(UNSUPPORTED, "proxmoxer and requests are not installed").failure(),
            )

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        # Until a module's own code runs, only the check of its options can fail.
        hint = "`ansible-doc` shows the module's options, their types and choices."
        kwargs.setdefault("failure", PveError(INVALID_PARAMETER, msg, hint).failure())
        super().fail_json(msg, **kwargs)

    def fail(self, error: PveError, **result: Any) -> NoReturn:
        self.fail_json(msg=error.message, **{"failure": error.failure(), **result})

    def connect(self) -> Client:
        """The client for the module's connection options."""
        _check_ranges(self.params)
        connection = Connection.from_params(self.params)
        if connection.trust == "unverified":
            self.warn(
                f"The certificate of {connection.url} is not verified: anybody in between can read the credentials. "
                "Set ca_path or fingerprint instead of validate_certs=false."
            )
        return Client(connection)

    def connect_or_fail(self) -> Client:
        try:
            return self.connect()
        except PveError as error:
            self.fail(error)

    def warn_of(self, client: Client) -> None:
        """Warn of what the client has noticed, though it did not fail."""
        for notice in client.notices:
            self.warn(notice)


def _check_ranges(params: dict[str, Any]) -> None:
    vmids = [params.get("vmid"), params.get("newid"), *((params.get("guests") or {}).get("vmids") or [])]
    for vmid in vmids:
        if vmid is not None and not 100 <= vmid <= 999999999:
            raise PveError(INVALID_PARAMETER, f"{vmid} is not a vmid.", "Guest ids are 100 to 999999999.")
    for option, (least, most) in RANGES.items():
        value = params.get(option)
        if value is not None and not least <= value <= most:
            raise PveError(INVALID_PARAMETER, f"{option} is {value}.", f"It must be from {least} to {most}.")


def run_info(module: PveModule, gather: Callable[[Client, dict[str, Any]], dict[str, Any]]) -> None:
    """Exit with what I(gather) read; its C(warnings), and the client's notices, become warnings."""
    client = module.connect_or_fail()
    try:
        result = gather(client, module.params)
    except PveError as error:
        module.warn_of(client)
        module.fail(error)
    module.warn_of(client)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(changed=False, **result)
