# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and writing YAML fast: with libyaml where PyYAML has it."""

from __future__ import annotations

from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _UnmarkingLoader(_Loader):  # type: ignore[misc]
    """Reads what Ansible marks as data, `!unsafe`, as if it had no mark."""

    def construct_marked(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        return self.construct_scalar(node)


_UnmarkingLoader.add_constructor("!unsafe", _UnmarkingLoader.construct_marked)


def load_yaml(text: str, *, marked: bool = False) -> Any:
    """The data of one YAML document; one that is `marked` has Ansible's marks of data in it."""
    loader = (_UnmarkingLoader if marked else _Loader)(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def dump_yaml(data: Any, *, allow_unicode: bool, width: int) -> str:
    """One YAML document of this data, with keys in their order."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=allow_unicode, width=width)
    return text
