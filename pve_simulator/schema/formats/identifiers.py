# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and numbers of things: guests, nodes, storages, tags, interfaces, times of day."""

from __future__ import annotations

import re

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats._base import Validator, any_text, format_error, matching
from pve_simulator.schema.formats.calendar import verify_calendar_event, verify_day_of_week
from pve_simulator.schema.perl import split_list

_DNS_LABEL = r"([a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?)"
_ID = re.compile(r"^[a-z][a-z0-9\-_.]*[a-z0-9]$", re.IGNORECASE)
_EMAIL_USER = r"[\w\+\-\~]+(\.[\w\+\-\~]+)*"
_EMAIL = rf"{_EMAIL_USER}@[a-zA-Z0-9\-]+(\.[a-zA-Z0-9\-]+)*"


def _id_of(kind: str) -> Validator:
    def validate(value: str) -> None:
        if len(value) < 2:
            raise format_error(f"{kind} ID '{value}' cannot be shorter than 2 characters")
        if not _ID.search(value):
            raise format_error(f"{kind} ID '{value}' contains illegal characters")

    return validate


verify_storage_id = _id_of("storage")
verify_bridge_id = matching(r"^[-_.\w\d]+$", "invalid bridge ID '{}'")
verify_dns_name = matching(rf"^({_DNS_LABEL}\.)*{_DNS_LABEL}$", "value does not look like a valid DNS name")


def _pair_of(validate_id: Validator) -> Validator:
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
    "string": any_text,
    "regex": any_text,
    "urlencoded": matching(r"^[-%a-zA-Z0-9_.!~*'()]*$", "invalid urlencoded string: {}"),
    "pve-configid": matching(r"(?i)^[a-z][a-z0-9_-]+$", "invalid configuration ID '{}'"),
    "pve-storage-id": verify_storage_id,
    "acme-plugin-id": _id_of("ACME plugin"),
    "pve-bridge-id": verify_bridge_id,
    "storage-pair": _pair_of(verify_storage_id),
    "bridge-pair": _pair_of(verify_bridge_id),
    "pve-vmid": matching(r"^[1-9][0-9]{2,8}$", "value does not look like a valid VM ID"),
    "pve-node": matching(rf"^{_DNS_LABEL}$", "value does not look like a valid node name"),
    "pve-iface": matching(r"(?i)^[a-z][a-z0-9_]{1,20}([:.]\d+)?$", "invalid network interface name '{}'"),
    "pve-tag": matching(r"(?i)^[a-z0-9_][a-z0-9_\-+.]*$", "invalid characters in tag"),
    "pve-task-status-type": matching(r"(?i)^(ok|error|warning|unknown)$", "invalid status '{}'"),
    "dns-name": verify_dns_name,
    "email": matching(rf"^{_EMAIL}$", "value does not look like a valid email address"),
    "email-or-username": matching(
        rf"^({_EMAIL}|{_EMAIL_USER})$", "value does not look like a valid email address or user name"
    ),
    "pem-string": any_text,
    "pem-certificate": any_text,
    "pem-certificate-chain": any_text,
    "pve-acme-domain": matching(
        r"^[a-zA-Z0-9*]([a-zA-Z0-9\-.*]*[a-zA-Z0-9])?$", "value '{}' does not look like a valid ACME domain"
    ),
    "pve-acme-alias": matching(rf"^_?({_DNS_LABEL}\.)*{_DNS_LABEL}$", "value does not look like a valid alias"),
    "pve-replication-job-id": matching(r"^[1-9][0-9]{2,8}-\d{1,9}$", "value does not look like a valid job id"),
    "pve-command-batch": any_text,
    "pve-calendar-event": verify_calendar_event,
    "pve-day-of-week": verify_day_of_week,
}
