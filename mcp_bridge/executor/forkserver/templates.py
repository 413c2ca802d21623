# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps compiled templates: compiling is most of what a playbook's options cost.

Ansible makes a new Jinja environment for each default of a setting and for each task, and none shares its templates.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import Environment


def share_compiled_templates() -> None:
    """Let every environment of this process, and of its forks, use what another one like it has compiled."""
    compile_anew = Environment.compile
    cache: dict[tuple[Any, ...], CodeType] = {}

    def compile_once(self: Environment, source: Any, *arguments: Any, **options: Any) -> Any:
        # How Ansible reads a backslash depends on where the template stands.
        if arguments or options or not isinstance(source, str) or "\\" in source:
            return compile_anew(self, source, *arguments, **options)
        # Every setting of the syntax has a lexer of its own.
        key = (type(self), self.lexer, *self.extensions, str(source))
        if key not in cache:
            cache[key] = compile_anew(self, source)
        return cache[key]

    Environment.compile = compile_once  # type: ignore[method-assign]
