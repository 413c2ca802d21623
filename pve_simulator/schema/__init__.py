# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of the Proxmox VE API: endpoints, their parameters and permissions, from schema facts."""

from __future__ import annotations

from pve_simulator.schema.config import config_schema
from pve_simulator.schema.errors import ParameterError, PermissionCheckError, PermissionDenied
from pve_simulator.schema.facts import Facts, load_facts
from pve_simulator.schema.model import Endpoint, Match, Schema
from pve_simulator.schema.permissions import Subject, check_permissions, check_token_allowed, normalize_path
from pve_simulator.schema.privileges import PRIVILEGES, ROLES
from pve_simulator.schema.property_string import (
    format_of,
    format_size,
    parse_property_string,
    parse_size,
    print_property_string,
    typed_properties,
)
from pve_simulator.schema.verify import merge_params, verify

__all__ = [
    "PRIVILEGES",
    "ROLES",
    "Endpoint",
    "Facts",
    "Match",
    "ParameterError",
    "PermissionCheckError",
    "PermissionDenied",
    "Schema",
    "Subject",
    "check_permissions",
    "check_token_allowed",
    "config_schema",
    "format_of",
    "format_size",
    "load_facts",
    "merge_params",
    "normalize_path",
    "parse_property_string",
    "parse_size",
    "print_property_string",
    "typed_properties",
    "verify",
]
