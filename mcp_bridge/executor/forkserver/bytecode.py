# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the bytecode of collections as Python keeps that of other modules; Ansible compiles them in every process."""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from ansible.utils.collection_loader import _collection_finder  # type: ignore[import-untyped]


def keep_bytecode() -> None:
    """Let this process and its forks read the bytecode of collections, and keep it where it is not kept yet."""
    loader = _collection_finder._AnsibleCollectionPkgLoaderBase
    compile_anew = loader.get_code

    def get_code(self: Any, fullname: str) -> CodeType | None:
        path = self._source_code_path
        if self._compiled_code is None and path and os.path.isfile(path):
            self._compiled_code = SourceFileLoader(fullname, path).get_code(fullname)
        code: CodeType | None = compile_anew(self, fullname)
        return code

    loader.get_code = get_code
