# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PveModule, which gives every module its connection options, its failures and its client; and run_info."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._api.client import IMPORT_ERROR, Client
from .._api.connection import Connection
from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .options import check_ranges, connection_spec


class PveModule(AnsibleModule):
    """An AnsibleModule whose every failure carries C(failure)."""

    def __init__(self, argument_spec: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(
            argument_spec={**connection_spec(), **argument_spec},
            supports_check_mode=True,
            **kwargs,
        )
        if IMPORT_ERROR:
            self.fail_json(
                msg=missing_required_lib("proxmoxer and requests"),
                exception=IMPORT_ERROR,
                failure=PveError(UNSUPPORTED, "proxmoxer and requests are not installed").failure(),
            )

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        # Before a module's own code runs, only the check of its options can fail.
        hint = "`ansible-doc` shows the module's options, their types and choices."
        kwargs.setdefault("failure", PveError(INVALID_PARAMETER, msg, hint).failure())
        super().fail_json(msg, **kwargs)

    def fail(self, error: PveError, **result: Any) -> NoReturn:
        self.fail_json(msg=error.message, **{"failure": error.failure(), **result})

    def connect(self) -> Client:
        """The client for the module's connection options."""
        check_ranges(self.params)
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

    def warn_of_notices(self, client: Client) -> None:
        """Pass the client's notices on as warnings."""
        for notice in client.notices:
            self.warn(notice)


def run_info(module: PveModule, gather: Callable[[Client, dict[str, Any]], dict[str, Any]]) -> None:
    """Exit with what I(gather) read; its C(warnings), and the client's notices, become warnings."""
    client = module.connect_or_fail()
    try:
        result = gather(client, module.params)
    except PveError as error:
        module.warn_of_notices(client)
        module.fail(error)
    module.warn_of_notices(client)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(changed=False, **result)
