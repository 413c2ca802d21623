# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PveModule, which gives every module its connection options, its failures and its client; and run_info."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._api.client import IMPORT_ERROR, Client
from .._api.connection import Connection, describe_source, list_hidden
from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._api.missing import name_missing_node
from .options import check_ranges, connection_spec
from .plan import fingerprint

# What is tested. 3.10 understands fewer forms of dates; what is older can't run this code, but it can say so.
_NEEDED_PYTHON = (3, 11)
_OLDEST_PYTHON = (3, 10)


class PveModule(AnsibleModule):
    """An AnsibleModule whose every failure carries C(failure).

    Of the options in I(unkept), what is said of the module's invocation has SHA-256 and length only. C(no_log) would
    also take their values out of every text that the module returns.
    """

    def __init__(self, argument_spec: dict[str, Any], unkept: Sequence[str] = (), **kwargs: Any) -> None:
        self._unkept = unkept
        super().__init__(
            argument_spec={**connection_spec(), **argument_spec},
            supports_check_mode=True,
            **kwargs,
        )
        problem = describe_old_python(sys.version_info[:2])
        if problem is not None:
            self.fail(problem)
        # A secret may stand in an option that is shown, or be a part of what stands in its own.
        self.no_log_values.update(list_hidden(self.params))
        if IMPORT_ERROR:
            self.fail_json(
                msg=missing_required_lib("proxmoxer and requests"),
                exception=IMPORT_ERROR,
                failure=PveError(UNSUPPORTED, "proxmoxer and requests are not installed").failure(),
            )

    def exit_json(self, **kwargs: Any) -> NoReturn:
        super().exit_json(**self._describe_invocation(), **kwargs)

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        # Before a module's own code runs, only the check of its options can fail.
        hint = describe_source(msg) or "`ansible-doc` shows the module's options, their types and choices."
        kwargs.setdefault("failure", PveError(INVALID_PARAMETER, msg, hint).failure())
        super().fail_json(msg, **self._describe_invocation(), **kwargs)

    def _describe_invocation(self) -> dict[str, Any]:
        """What Ansible is to say of this invocation, where that is not everything."""
        params = getattr(self, "params", None) or {}
        hidden = {name: fingerprint(params[name]) for name in self._unkept if params.get(name) is not None}
        return {"invocation": {"module_args": {**params, **hidden}}} if hidden else {}

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


def describe_old_python(version: tuple[int, int]) -> PveError | None:
    """The failure of a Python that is too old for this collection; None for any other."""
    if version >= _OLDEST_PYTHON:
        return None
    needed, found = (".".join(map(str, numbers)) for numbers in (_NEEDED_PYTHON, version))
    return PveError(
        UNSUPPORTED,
        f"This collection needs Python {needed}, this is {found}.",
        f"Set ansible_python_interpreter to a Python {needed} or newer that has proxmoxer and requests, or delegate "
        "the task to localhost.",
    )


def run_info(module: PveModule, gather: Callable[[Client, dict[str, Any]], dict[str, Any]]) -> None:
    """Exit with what I(gather) read; its C(warnings), and the client's notices, become warnings."""
    client = module.connect_or_fail()
    try:
        result = gather(client, module.params)
    except PveError as error:
        module.warn_of_notices(client)
        module.fail(name_missing_node(client, error))
    module.warn_of_notices(client)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(changed=False, **result)
