"""Extra variables: what is supplied stays data, as Ansible itself reads it."""

from __future__ import annotations

import inspect
import tempfile
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_bridge.executor import extra_vars

pytestmark = pytest.mark.every_core

# Ansible-core 2.18 trusts all that it reads.
TRUSTED = (
    {"trusted_as_template": True}
    if "trusted_as_template" in inspect.signature(DataLoader.load_from_file).parameters
    else {}
)
# YAML has no half surrogates, and Ansible reads no other numbers as ours do.
NUMBERS = st.builds(str.__add__, st.sampled_from(["", "-", "+"]), st.text("0123456789_.:", min_size=1))
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | NUMBERS
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)
TEMPLATES = ["{{ 1 }}", "{% raw %}", "!vault |", "a: b", "'\"\\", "\N{GRINNING FACE}", "\0\x85"]
NO_STRINGS_WITHOUT_QUOTES = [
    "*",
    "&",
    "!",
    "=",
    "<<",
    "-",
    "yes",
    "null",
    "~",
    "1e3",
    "012",
    "0x10",
    "1_000",
    "1:30",
    "2026-01-01",
    ".inf",
    "",
]


def read(variables: dict[str, Any]) -> Any:
    """What a playbook finds in its variables, and what it makes of them when it uses them."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".yml") as file:
        file.write(extra_vars.dump(variables))
        file.flush()
        loader = DataLoader()
        loaded = loader.load_from_file(file.name, **TRUSTED)
    return Templar(loader, variables=loaded).template(loaded)


@settings(deadline=None)
@given(st.dictionaries(TEXT.filter(bool), PLAIN))
def test_everything_comes_back_as_it_was(variables):
    assert read(variables) == variables


@pytest.mark.parametrize("text", [*TEMPLATES, *NO_STRINGS_WITHOUT_QUOTES])
def test_text_that_means_something_to_yaml_or_ansible_is_only_text(text):
    found = read({"v": text, "list": [text], "map": {"key": text}})

    assert found == {"v": text, "list": [text], "map": {"key": text}}
    assert all(isinstance(value, str) for value in (found["v"], *found["list"], *found["map"].values()))


def test_what_is_no_plain_data_is_refused():
    with pytest.raises(TypeError):
        extra_vars.dump({"v": object()})
