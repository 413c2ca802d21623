# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schemas and endpoints as the rest of this package uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.schema.perl import compile_pattern


@dataclass(slots=True)
class Schema:
    """What one value must be. `format` is a name, or the schemas of a property string by their keys."""

    type: str | None = None
    optional: bool = False
    default: Any = None
    enum: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | Mapping[str, Schema] | None = None
    requires: str | None = None
    default_key: bool = False
    alias: str | None = None
    key_alias: str | None = None
    items: Schema | None = None
    properties: Mapping[str, Schema] | None = None
    additional_properties: bool = True
    instance_type: str | None = None
    instance_types: tuple[str, ...] | None = None
    type_property: str | None = None
    type_property_schema: Schema | None = None
    one_of: tuple[Schema, ...] = ()
    all_of: tuple[Schema, ...] = ()
    required: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self.required = tuple(
            name
            for name, schema in (self.properties or {}).items()
            if not schema.optional and not schema.alias and schema.type != "null"
        )

    @property
    def regex(self) -> re.Pattern[str] | None:
        """The pattern, compiled on first use."""
        return compile_pattern(self.pattern) if self.pattern else None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path of the API, as its schema describes it."""

    method: str
    path_template: str
    parameters: Schema
    permissions: Mapping[str, Any] | None
    protected: bool
    proxyto: str | None
    allow_token: bool
    returns: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """The endpoint that serves a request, and the parameters that its path carries."""

    endpoint: Endpoint
    path_params: dict[str, str]
