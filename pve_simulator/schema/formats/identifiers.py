# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and numbers of things: guests, nodes, storages, tags, interfaces, times of day."""

from __future__ import annotations

import re

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats._base import Validator, accept_any_text, format_error, match_pattern
from pve_simulator.schema.formats.calendar import verify_calendar_event, verify_day_of_week
from pve_simulator.schema.perl import split_list

_DNS_LABEL = r"([a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?)"
_ID = re.compile(r"^[a-z][a-z0-9\-_.]*[a-z0-9]$", re.IGNORECASE)
_EMAIL_USER = r"[\w\+\-\~]+(\.[\w\+\-\~]+)*"
_EMAIL = rf"{_EMAIL_USER}@[a-zA-Z0-9\-]+(\.[a-zA-Z0-9\-]+)*"


def _make_id_validator(kind: str) -> Validator:
    def validate(value: str) -> None:
        if len(value) < 2:
            raise format_error(f"{kind} ID '{value}' cannot be shorter than 2 characters")
        if not _ID.search(value):
            raise format_error(f"{kind} ID '{value}' contains illegal characters")

    return validate


verify_storage_id = _make_id_validator("storage")
verify_bridge_id = match_pattern(r"^[-_.\w\d]+$", "invalid bridge ID '{}'")
verify_dns_name = match_pattern(rf"^({_DNS_LABEL}\.)*{_DNS_LABEL}$", "value does not look like a valid DNS name")


def _make_pair_validator(validate_id: Validator) -> Validator:
    def validate(value: str) -> None:
        for entry in split_list(value):
            if entry == "1":
                continue
            source, colon, target = entry.partition(":")
            parts = (source, target) if colon and source and target and ":" not in target else (entry,)
            for part in parts:
                try:
                    validate_id(part)
                except FormatError as error:
                    raise format_error(f"entry '{entry}' contains invalid ID - {error}\n") from error

    return validate


FORMATS: dict[str, Validator] = {
    "string": accept_any_text,
    "regex": accept_any_text,
    "urlencoded": match_pattern(r"^[-%a-zA-Z0-9_.!~*'()]*$", "invalid urlencoded string: {}"),
    "pve-configid": match_pattern(r"(?i)^[a-z][a-z0-9_-]+$", "invalid configuration ID '{}'"),
    "pve-storage-id": verify_storage_id,
    "acme-plugin-id": _make_id_validator("ACME plugin"),
    "pve-bridge-id": verify_bridge_id,
    "storage-pair": _make_pair_validator(verify_storage_id),
    "bridge-pair": _make_pair_validator(verify_bridge_id),
    "pve-vmid": match_pattern(r"^[1-9][0-9]{2,8}$", "value does not look like a valid VM ID"),
    "pve-node": match_pattern(rf"^{_DNS_LABEL}$", "value does not look like a valid node name"),
    "pve-iface": match_pattern(r"(?i)^[a-z][a-z0-9_]{1,20}([:.]\d+)?$", "invalid network interface name '{}'"),
    "pve-tag": match_pattern(r"(?i)^[a-z0-9_][a-z0-9_\-+.]*$", "invalid characters in tag"),
    "pve-task-status-type": match_pattern(r"(?i)^(ok|error|warning|unknown)$", "invalid status '{}'"),
    "dns-name": verify_dns_name,
    "email": match_pattern(rf"^{_EMAIL}$", "value does not look like a valid email address"),
    "email-or-username": match_pattern(
        rf"^({_EMAIL}|{_EMAIL_USER})$", "value does not look like a valid email address or user name"
    ),
    "pem-string": accept_any_text,
    "pem-certificate": accept_any_text,
    "pem-certificate-chain": accept_any_text,
    "pve-acme-domain": match_pattern(
        r"^[a-zA-Z0-9*]([a-zA-Z0-9\-.*]*[a-zA-Z0-9])?$", "value '{}' does not look like a valid ACME domain"
    ),
    "pve-acme-alias": match_pattern(rf"^_?({_DNS_LABEL}\.)*{_DNS_LABEL}$", "value does not look like a valid alias"),
    "pve-replication-job-id": match_pattern(r"^[1-9][0-9]{2,8}-\d{1,9}$", "value does not look like a valid job id"),
    "pve-command-batch": accept_any_text,
    "pve-calendar-event": verify_calendar_event,
    "pve-day-of-week": verify_day_of_week,
}
