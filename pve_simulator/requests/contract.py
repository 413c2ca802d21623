# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API's own contract: finds the endpoint of a path, and checks its permissions and parameters.

The rules live in `pve_simulator.schema`; here they meet this package's errors and subjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pve_simulator import schema
from pve_simulator.errors import failure, forbidden, invalid
from pve_simulator.requests.auth import Subject
from pve_simulator.schema.permissions import check_token_allowed


@cache
def _get_facts() -> schema.Facts:
    return schema.load_facts()


def find_endpoint(method: str, path: str) -> schema.Match | None:
    """The endpoint that serves a path, with the path's parameters."""
    return _get_facts().find(method, path)


def admit(match: schema.Match, path: str, params: Mapping[str, Any], subject: Subject) -> None:
    """Raise 403 unless the endpoint lets this subject in (400 for parameters that contradict the path)."""
    try:
        merged = schema.merge_params(params, match.path_params)
        check_token_allowed(match.endpoint, path, subject)
        schema.check_permissions(match.endpoint, merged, subject)
    except schema.ParameterError as error:
        raise invalid(error.errors) from error
    except schema.PermissionDenied as error:
        raise forbidden(error.message) from error
    except schema.PermissionCheckError as error:
        raise failure(str(error)) from error


def verify(match: schema.Match, params: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters, typed; raises 400 with the real server's text for each bad one."""
    try:
        return schema.verify(match.endpoint, params, match.path_params)
    except schema.ParameterError as error:
        raise invalid(error.errors) from error
