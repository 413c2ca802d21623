"""Extra variables: what is supplied stays data."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mcp_bridge.executor import extra_vars

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Marked(str):
    """A string that Ansible will not template."""


class Loader(yaml.SafeLoader):
    """Reads YAML as Ansible does, as far as `!unsafe` is concerned."""


Loader.add_constructor("!unsafe", lambda loader, node: Marked(loader.construct_scalar(node)))


def unmarked(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in unmarked(item)]
    if isinstance(value, list):
        return [text for item in value for text in unmarked(item)]
    return [value] if isinstance(value, str) and not isinstance(value, Marked) else []


@given(st.dictionaries(st.text(min_size=1), PLAIN))
def test_every_string_is_marked_and_comes_back_as_it_was(variables):
    loaded = yaml.load(extra_vars.dump(variables), Loader=Loader)

    assert loaded == variables
    assert unmarked(loaded) == []


@pytest.mark.parametrize(
    "text", ["{{ 1 }}", "!vault |", "a: b", "'\"\\", "yes", "~", "1e3", "\N{GRINNING FACE}", "\0\x85"]
)
def test_text_that_means_something_to_yaml_is_only_text(text):
    assert yaml.load(extra_vars.dump({"v": [text]}), Loader=Loader) == {"v": [text]}


def test_what_is_no_plain_data_is_refused():
    with pytest.raises(TypeError):
        extra_vars.dump({"v": object()})
